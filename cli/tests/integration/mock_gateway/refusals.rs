//! The requests that the stand-in refuses, and its reasons.

use super::{Gateway, SDK_PROXY, openssl_signs, openssl_verifies};
use crate::serve::client::{Client, Response};
use crate::serve::daemon::Directory;

const BODY: &str =
    r#"{"sdkRequestHeader":"h","sdkRequestData":"d","customerId":"planted-customer"}"#;
const TIME: &str = "2026-11-21T09:30:00+08:00";

/// A valid request, which tests can change.
struct Request {
    line: String,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Request {
    /// Signs a request with the client's key; `content`, if given, is signed instead of the
    /// request.
    fn signed(directory: &Directory, gateway: &Gateway, body: &str, content: Option<&str>) -> Self {
        let content = content.map_or_else(
            || format!("POST {SDK_PROXY}\nMOCK_CLIENT.{TIME}.{body}"),
            str::to_owned,
        );
        let key = gateway.directory.join("client-private-key.pem");
        Self {
            line: format!("POST {SDK_PROXY}"),
            headers: vec![
                ("Content-Type", "application/json; charset=UTF-8".to_owned()),
                ("Client-Id", "MOCK_CLIENT".to_owned()),
                ("Request-Time", TIME.to_owned()),
                ("Signature", openssl_signs(directory, &key, &content)),
            ],
            body: body.to_owned(),
        }
    }

    fn with(mut self, name: &str, change: impl Fn(&str) -> Option<String>) -> Self {
        self.headers.retain_mut(|(header, value)| {
            if *header != name {
                return true;
            }
            match change(value) {
                Some(changed) => *value = changed,
                None => return false,
            }
            true
        });
        self
    }

    fn send(&self, client: &mut Client) -> Response {
        let mut text = format!("{} HTTP/1.1\r\nHost: h\r\n", self.line);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!(
            "Content-Length: {}\r\n\r\n{}",
            self.body.len(),
            self.body
        ));
        client.send(text);
        client.receive()
    }
}

#[test]
fn each_violation_is_named() {
    let directory = Directory::new();
    let gateway = Gateway::start(&directory, &[]);
    let mut client = Client::tls(gateway.port, gateway.roots()).unwrap();
    let good = || Request::signed(&directory, &gateway, BODY, None);
    let with_body = |body: &str| Request::signed(&directory, &gateway, body, None);
    let signed = |content: &str| Request::signed(&directory, &gateway, BODY, Some(content));
    let to = |line: String| Request { line, ..good() };
    let mismatch = "the signature does not match the message; sign";
    let table = [
        (good(), 200, "SUCCESS", "a stand-in for Alipay+"),
        (
            good().with("Client-Id", |_| None),
            200,
            "INVALID_CLIENT",
            "the header client-id is missing",
        ),
        (
            good().with("Client-Id", |_| Some("OTHER".to_owned())),
            200,
            "INVALID_CLIENT",
            "the header Client-Id is not MOCK_CLIENT",
        ),
        (
            good().with("Content-Type", |_| Some("text/plain".to_owned())),
            200,
            "MEDIA_TYPE_NOT_ACCEPTABLE",
            "the header Content-Type is not",
        ),
        (
            good().with("Request-Time", |_| None),
            200,
            "PARAM_ILLEGAL",
            "the header request-time is missing",
        ),
        (
            good().with("Request-Time", |_| Some("1795224600".to_owned())),
            200,
            "PARAM_ILLEGAL",
            "the header Request-Time is not of the form",
        ),
        (
            good().with("Request-Time", |time| Some(time.replace("30", "31"))),
            200,
            "INVALID_SIGNATURE",
            mismatch,
        ),
        (
            good().with("Signature", |_| None),
            200,
            "INVALID_SIGNATURE",
            "the header signature is missing",
        ),
        (
            good().with("Signature", |value| Some(value.replace("RSA256", "RSA512"))),
            200,
            "INVALID_SIGNATURE",
            "the signature's algorithm is not RSA256",
        ),
        (
            good().with("Signature", |value| {
                Some(value.replace("keyVersion=1", "keyVersion=2"))
            }),
            200,
            "KEY_NOT_FOUND",
            "no public key has the version 2",
        ),
        (
            Request {
                body: BODY.replace('d', "e"),
                ..good()
            },
            200,
            "INVALID_SIGNATURE",
            mismatch,
        ),
        (
            signed(&format!("POST /v1/other\nMOCK_CLIENT.{TIME}.{BODY}")),
            200,
            "INVALID_SIGNATURE",
            mismatch,
        ),
        (
            with_body("{}"),
            200,
            "PARAM_ILLEGAL",
            "the body has no sdkRequestHeader",
        ),
        (
            with_body("x"),
            200,
            "PARAM_ILLEGAL",
            "the body is not a JSON object",
        ),
        (
            to(format!("PUT {SDK_PROXY}")),
            405,
            "METHOD_NOT_SUPPORTED",
            "the method is not POST",
        ),
        (
            to("POST /x".to_owned()),
            404,
            "INVALID_API",
            "the only path is /aps/",
        ),
        (
            to(format!("POST {SDK_PROXY}?x")),
            404,
            "INVALID_API",
            "the only path is /aps/",
        ),
        (good(), 200, "SUCCESS", "a stand-in for Alipay+"),
    ];
    let key = gateway.directory.join("gateway-public-key.pem");
    for (index, (request, status, code, why)) in table.iter().enumerate() {
        let answer = request.send(&mut client);
        assert_eq!(
            (answer.status, &*answer.result_code()),
            (*status, *code),
            "{index}: {why}"
        );
        let body = answer.json();
        let line = gateway.wait_for_line(" byte");
        let is_good = *code == "SUCCESS";
        assert!(
            line.contains(if is_good { "valid" } else { why }),
            "{index}: {line}"
        );
        assert!(!line.contains("planted"), "{line}");
        if ["INVALID_CLIENT", "KEY_NOT_FOUND"].contains(code) {
            // As Alipay+, it cannot sign for a client or a key that it does not know.
            assert!(line.contains("not signed"), "{index}: {line}");
            assert_eq!(answer.header("signature"), None, "{index}: {why}");
            assert_eq!(body.as_object().unwrap().len(), 1, "{index}: {body}");
            continue;
        }
        assert!(
            body["mockGateway"].as_str().unwrap().contains(why),
            "{index}: {body}"
        );
        // Other refusals are signed, too.
        let content = format!(
            "POST {SDK_PROXY}\nMOCK_CLIENT.{}.{}",
            answer.header("response-time").unwrap(),
            String::from_utf8(answer.body.clone()).unwrap()
        );
        let signature = answer.header("signature").unwrap();
        assert!(
            openssl_verifies(&directory, &key, &content, signature),
            "{index}: {why}"
        );
    }
}

#[test]
fn a_client_without_tls_is_reported() {
    let directory = Directory::new();
    let gateway = Gateway::start(&directory, &[]);
    let mut client = Client::tcp(gateway.port);
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    assert!(!client.rest().starts_with(b"HTTP"));
    gateway.wait_for_line("TLS handshake with a client failed: ");
}

#[test]
fn a_request_without_one_valid_host_is_400() {
    let directory = Directory::new();
    let gateway = Gateway::start(&directory, &[]);
    for host in ["", "Host: h\r\nHost: h\r\n", "Host: u@h\r\n"] {
        let mut client = Client::tls(gateway.port, gateway.roots()).unwrap();
        client.send(format!(
            "POST {SDK_PROXY} HTTP/1.1\r\n{host}Content-Length: 2\r\n\r\n{{}}"
        ));
        assert_eq!(client.receive().status, 400, "{host}");
        gateway.wait_for_line("refused: the request does not have one valid Host");
    }
}
