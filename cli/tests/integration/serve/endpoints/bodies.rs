//! Bodies that are not JSON, have another media type, or come in pieces.

use super::super::client::body;
use super::super::daemon::Daemon;
use super::{ILLEGAL, SDK_PROXY, clients};

#[test]
fn a_body_that_is_not_a_request_is_400_and_the_connection_stays_open() {
    let daemon = Daemon::start();
    let bodies: &[&[u8]] = &[
        b"",
        b"x",
        b"null",
        b"[]",
        b"\"28\"",
        b"{\"codeValue\":\"28\",\"openId\":\"user-42\"} x",
        b"{\"codeValue\":\"28\",\"openId\":\"user-42\"",
        b"{\"codeValue\":\"\xff\",\"openId\":\"user-42\"}",
        b"{\"codeValue\":\"\xed\xa0\x80\",\"openId\":\"user-42\"}",
        br#"{"codeValue":"28","codeValue":"28","openId":"user-42"}"#,
        br#"{"codeValue":"28","openId":"user-42","x":{"a":[{"b":1,"b":1}]}}"#,
        br#"{"codeValue":"28","openId":"user-42","x":1,"\u0078":1}"#,
        br#"{"codeValue":"\ud800","openId":"user-42"}"#,
        br#"{"codeValue":"28","openId":"user-42","x":"\udc00"}"#,
        br#"{"codeValue":"28","openId":"user-42","\ud800":1}"#,
    ];
    for mut client in clients(&daemon) {
        for body in bodies {
            let response = client.post("/v1/identifyCode", body);
            let shown = String::from_utf8_lossy(body);
            assert_eq!(response.status, 400, "{shown}");
            assert_eq!(response.result_code(), "PARAM_ILLEGAL", "{shown}");
            assert_eq!(response.json()["result"]["resultMessage"], ILLEGAL);
            assert!(
                response.json()["detail"].as_str().unwrap().ends_with('.'),
                "{shown}"
            );
            assert_eq!(response.header("x-codeid-rule"), None);
        }
        let deep = format!("{{\"x\":{}{}}}", "[".repeat(60_000), "]".repeat(60_000));
        assert_eq!(client.post("/v1/identifyCode", deep).status, 400);
        // Unknown fields are ignored, whatever they are.
        let response = client.post(
            "/v1/identifyCode",
            r#"{"a":1e999,"b":{"codeValue":[null]},"codeValue":"28100104x","openId":"user-42"}"#,
        );
        assert_eq!(response.header("x-codeid-rule"), Some("order"));
    }
}

#[test]
fn a_body_without_json_gets_a_detail_that_names_what_it_has_instead() {
    let daemon = Daemon::start();
    let mark = "The body begins with a byte order mark of ";
    for mut client in clients(&daemon) {
        for path in ["/v1/identifyCode", "/v1/identifyCodes"] {
            for (body, detail) in [
                (&b""[..], "The body is empty.".to_owned()),
                (b" \r\n", "The body has only white space.".to_owned()),
                (
                    b"\xef\xbb\xbf{}",
                    format!("{mark}UTF-8; it must be UTF-8 without one."),
                ),
                (
                    b"\xff\xfe{\0}\0",
                    format!("{mark}UTF-16; it must be UTF-8 without one."),
                ),
            ] {
                let response = client.post(path, body);
                assert_eq!(response.status, 400);
                assert_eq!(response.json()["detail"], detail);
            }
        }
        let batch = client.post("/v1/identifyCodes", "[{}, {\"codeValue\": \"28\"}]");
        let missing = "openId must be a string of 3 to 256 characters but is missing.";
        let both =
            format!("codeValue must be a string of 1 to 8192 characters but is missing; {missing}");
        assert_eq!(batch.json()[0]["detail"], both);
        assert_eq!(batch.json()[1]["detail"], missing);
    }
    daemon.stop();
}

#[test]
fn a_media_type_and_a_content_encoding_that_are_not_taken_are_named() {
    let daemon = Daemon::start();
    let long = format!("Content-Type: {}\r\n", "x".repeat(1000));
    let long_detail = format!(
        "Content-Type must be application/json, not {}….",
        "x".repeat(64)
    );
    let json = "Content-Type: application/json\r\n";
    let encoded = |lines: &str| format!("{json}{lines}");
    let table = [
        (
            String::new(),
            "Content-Type is missing; it must be application/json.",
        ),
        (
            "Content-Type: \r\n".to_owned(),
            "Content-Type is empty; it must be application/json.",
        ),
        (
            "Content-Type: text/plain; charset=\"x\"\r\n".to_owned(),
            "Content-Type must be application/json, not text/plain; charset=\"x\".",
        ),
        (
            "Content-Type: té\txt\r\n".to_owned(),
            "Content-Type must be application/json, not t???xt.",
        ),
        (long, &long_detail),
        (
            format!("{json}{json}"),
            "Content-Type is given more than once; it must be application/json, once.",
        ),
        (
            encoded("Content-Encoding: gzip\r\n"),
            "The body has the Content-Encoding gzip; it must have none.",
        ),
        (
            encoded("Content-Encoding: identity\r\ncontent-encoding: identity, BR\r\n"),
            "The body has the Content-Encoding identity, BR; it must have none.",
        ),
        (
            "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n".to_owned(),
            "Content-Type must be application/json, not text/plain. The body has the Content-Encoding gzip; it \
             must have none.",
        ),
    ];
    for mut client in clients(&daemon) {
        for path in ["/v1/identifyCode", "/v1/identifyCodes", SDK_PROXY] {
            let mut post = |lines: &str| {
                client.send(format!(
                    "POST {path} HTTP/1.1\r\nHost: h\r\n{lines}Content-Length: 2\r\n\r\n[]"
                ));
                client.receive()
            };
            for (lines, detail) in &table {
                let response = post(lines);
                let accepted = match detail.starts_with("Content-Type") {
                    true => ("accept", "application/json"),
                    false => ("accept-encoding", "identity"),
                };
                assert_eq!(
                    (response.status, response.header(accepted.0)),
                    (415, Some(accepted.1)),
                    "{lines}"
                );
                if path == SDK_PROXY {
                    assert_eq!(response.result_code(), "MEDIA_TYPE_NOT_ACCEPTABLE");
                } else {
                    assert_eq!(response.result_code(), "PARAM_ILLEGAL");
                    assert_eq!(response.json()["detail"], *detail);
                }
            }
            for none in ["", " identity", "Identity, ,identity"] {
                let response = post(&encoded(&format!("Content-Encoding:{none}\r\n")));
                assert_ne!(response.status, 415, "{none}");
            }
        }
        // Probes have no body to decode.
        client.send("GET /livez HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\n\r\n");
        assert_eq!(client.receive().status, 200);
    }
    daemon.stop();
}

#[test]
fn chunked_bodies_and_100_continue_work() {
    let daemon = Daemon::start();
    let mut client = daemon.tcp();
    let text = body("28100104x", "user-42");
    let (first, second) = text.split_at(5);
    for _ in 0..2 {
        client.send(format!(
            "POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
             Transfer-Encoding: chunked\r\n\r\n5\r\n{first}\r\n{:x};x=y\r\n{second}\r\n0\r\nX: y\r\n\r\n",
            second.len()
        ));
        assert_eq!(client.receive().header("x-codeid-rule"), Some("order"));
    }
    client.send(format!(
        "POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        text.len()
    ));
    client.send(&text);
    assert_eq!(client.receive().header("x-codeid-rule"), Some("order"));
}
