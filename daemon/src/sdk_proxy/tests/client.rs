//! The interface in the model of the client SDK.

use hyper::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::gateway::{End, Reply, SUCCESS, response, signed};
use super::{Fixture, Interface, Response, Running, published, request};
use crate::settings::CustomerFrom;

/// A platform of the client SDK: the names of header and data in a request, and in a response.
const PLATFORMS: [[[&str; 2]; 2]; 2] = [
    [
        ["httpProxyRequestHeader", "httpProxyRequestData"],
        ["httpProxyResponseHeader", "httpProxyResponseData"],
    ],
    [
        ["proxyRequestHeader", "proxyRequestData"],
        ["proxyResponseHeader", "proxyResponseData"],
    ],
];

/// Starts a forwarder whose customers come from the header.
async fn running(bytes: Vec<u8>) -> Running {
    let mut fixture = Fixture::new();
    fixture.settings.customer_from = CustomerFrom::Header;
    fixture.run(move |_| Reply::Send(bytes.clone())).await
}

async fn post(running: &Running, body: &Value) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert("x-customer-id", "real".parse().unwrap());
    let body = body.to_string().into();
    let response = running.proxy.respond(Interface::Client, headers, body);
    response.await.unwrap()
}

fn android() -> Value {
    json!({"scene": "PROXY_SCENE_PAY", "httpProxyRequestHeader": "h", "httpProxyRequestData": "d"})
}

#[tokio::test]
async fn a_success_has_header_and_data_to_the_byte_under_the_names_of_the_platform() {
    // Escapes that a writer of JSON would not make.
    let (header, data) = (
        r#""{\"Server-Time\":\"1\",\u0022\/\"}""#,
        r#""\u00e9 é \ud83d\ude00 %2B""#,
    );
    let bodies = [
        format!(
            r#"{{"result":{{"resultCode":"SUCCESS","resultStatus":"S"}},"sdkResponseHeader": {header} ,"sdkResponseData":{data},"x":1}}"#
        ),
        format!(
            r#"{{"sdkResponseData":{data},"result":"{{\"resultCode\":\"SUCCESS\"}}","sdkResponseHeader":{header}}}"#
        ),
    ];
    for body in bodies {
        let running = running(signed(body)).await;
        for [request, [header_name, data_name]] in PLATFORMS {
            let sent = json!({
                "scene": "any", request[0]: "h \"1\"", request[1]: "d",
                "customerId": "attacker", "sdkRequestHeader": "unknown here",
            });
            let response = post(&running, &sent).await;
            assert_eq!(response.status, StatusCode::OK);
            assert_eq!(
                std::str::from_utf8(&response.body).unwrap(),
                format!(r#"{{"isSuccess":true,"{header_name}":{header},"{data_name}":{data}}}"#)
            );
            // The signature is one of another body.
            assert_eq!(response.headers.len(), 1);
            assert_eq!(response.headers["tracer-id"], "tracer-1");
            let upstream = running.gateway.requests().pop().unwrap();
            assert!(upstream.is_signed());
            let upstream: Value = serde_json::from_slice(&upstream.body).unwrap();
            let expected = json!({
                "sdkRequestHeader": "h \"1\"", "sdkRequestData": "d", "customerId": "real",
            });
            assert_eq!(upstream, expected);
        }
    }
}

#[tokio::test]
async fn a_refusal_of_the_upstream_has_its_code_and_message() {
    let table = [
        (
            r#"{"result":{"resultCode":"PROCESS_FAIL","resultStatus":"F","resultMessage":"a \"b\""}}"#,
            json!({"isSuccess": false, "errorCode": "PROCESS_FAIL", "errorMessage": "a \"b\""}),
        ),
        (
            r#"{"result":{"resultCode":"NEW_CODE","resultStatus":"U"},"sdkResponseHeader":"h"}"#,
            json!({"isSuccess": false, "errorCode": "NEW_CODE", "httpProxyResponseHeader": "h"}),
        ),
        // Success is a code, not a status.
        (
            r#"{"result":{"resultCode":"success","resultStatus":"S"},"sdkResponseData":null}"#,
            json!({"isSuccess": false, "errorCode": "success"}),
        ),
        (r#"{"result":{}}"#, json!({"isSuccess": false})),
        (
            r#"{"result":{"resultCode":7,"resultMessage":null}}"#,
            json!({"isSuccess": false}),
        ),
    ];
    for (body, expected) in table {
        let running = running(signed(body)).await;
        let response = post(&running, &android()).await;
        assert_eq!(response.status, StatusCode::OK);
        assert_eq!(response.json(), expected, "{body}");
        assert!(!response.headers.contains_key("x-codeid-unverified"));
    }
    // One that is not signed says so.
    let refusal =
        r#"{"result":{"resultCode":"KEY_NOT_FOUND","resultStatus":"F","resultMessage":"m"}}"#;
    let running = running(response("200 OK", &[], refusal.as_bytes())).await;
    let response = post(&running, &android()).await;
    assert_eq!(response.status, StatusCode::OK);
    let expected = json!({"isSuccess": false, "errorCode": "KEY_NOT_FOUND", "errorMessage": "m"});
    assert_eq!(response.json(), expected);
    assert_eq!(response.headers["x-codeid-unverified"], "true");
}

/// Returns status, code and sentence of a failure of our own.
fn failure(response: &Response) -> (u16, String, String) {
    let code = published::own_result(&response.json());
    assert!(response.headers.is_empty());
    (response.status.as_u16(), code, response.detail())
}

#[tokio::test]
async fn fields_that_are_wrong_are_named_with_status_400() {
    let running = running(signed(SUCCESS)).await;
    let needed = "must be a string that is not empty but is";
    let neither = "httpProxyRequestHeader or proxyRequestHeader must be a string that is not empty but \
                   is missing; httpProxyRequestData or proxyRequestData must be a string that is not \
                   empty but is missing.";
    let table = [
        (json!({}), format!("scene {needed} missing; {neither}")),
        (
            json!({"scene": "s", "sdkRequestHeader": "h", "sdkRequestData": "d"}),
            neither.to_owned(),
        ),
        (
            json!({"scene": "", "proxyRequestHeader": "h", "proxyRequestData": "d"}),
            format!("scene {needed} empty."),
        ),
        (
            json!({"scene": {"a": 1}, "proxyRequestHeader": "h", "proxyRequestData": "d"}),
            format!("scene {needed} an object."),
        ),
        (
            json!({"scene": "s", "proxyRequestHeader": "h", "httpProxyRequestData": "d"}),
            "httpProxyRequestData and proxyRequestHeader must not be in one request, since they are of \
             different pairs."
                .to_owned(),
        ),
        (
            json!({"scene": "s", "proxyRequestHeader": "h", "proxyRequestData": ""}),
            format!("proxyRequestData {needed} empty."),
        ),
    ];
    for (body, detail) in table {
        let response = post(&running, &body).await;
        assert_eq!(
            failure(&response),
            (400, "PARAM_ILLEGAL".to_owned(), detail)
        );
    }
    assert!(running.gateway.requests().is_empty());
}

#[tokio::test]
async fn each_failure_of_the_daemon_has_its_status() {
    // The customer of the body, which an app writes.
    let from_body = Running::new(|_| Reply::Send(signed(SUCCESS))).await;
    let mut body = android();
    body["customerId"] = json!("attacker");
    let (status, code, detail) = failure(&post(&from_body, &body).await);
    assert_eq!((status, &*code), (403, "ACCESS_DENIED"));
    assert!(
        detail.starts_with("proxy.customer-from is body, "),
        "{detail}"
    );
    assert!(from_body.gateway.requests().is_empty());
    // The same forwarder serves the other interface.
    assert!(from_body.post(request()).await.is_success());

    let from_header = running(signed(SUCCESS)).await;
    let nameless = from_header.proxy.respond(
        Interface::Client,
        HeaderMap::new(),
        android().to_string().into(),
    );
    let (status, code, _) = failure(&nameless.await.unwrap());
    assert_eq!((status, &*code), (403, "ACCESS_DENIED"));
    assert!(from_header.gateway.requests().is_empty());

    for (bytes, code) in [
        (
            response("200 OK", &[], SUCCESS.as_bytes()),
            "INVALID_SIGNATURE",
        ),
        (response("500 x", &[], b""), "UNKNOWN_EXCEPTION"),
        (signed("{}"), "UNKNOWN_EXCEPTION"),
        (
            signed(r#"{"result":{},"sdkResponseData":"a","sdkResponseData":"b"}"#),
            "UNKNOWN_EXCEPTION",
        ),
    ] {
        let running = running(bytes).await;
        let (status, given, _) = failure(&post(&running, &android()).await);
        assert_eq!((status, &*given), (502, code));
    }
    let mut fixture = Fixture::new();
    fixture.settings.customer_from = CustomerFrom::Header;
    let broken = fixture
        .run(|_| Reply::SendAndEnd(Vec::new(), End::Reset))
        .await;
    let (status, code, _) = failure(&post(&broken, &android()).await);
    assert_eq!((status, &*code), (502, "UNKNOWN_EXCEPTION"));
}

#[tokio::test]
async fn a_connection_that_times_out_has_status_504() {
    // The kernel accepts the connection, and no handshake follows.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut fixture = Fixture::new();
    fixture.settings.customer_from = CustomerFrom::Header;
    let url = format!("https://{}", listener.local_addr().unwrap());
    fixture.settings.upstream = url.parse().unwrap();
    fixture.settings.connect_timeout = std::time::Duration::from_millis(300);
    let mut headers = HeaderMap::new();
    headers.insert("x-customer-id", "real".parse().unwrap());
    let proxy = fixture.proxy();
    let response = proxy.respond(Interface::Client, headers, android().to_string().into());
    let (status, code, detail) = failure(&response.await.unwrap());
    assert_eq!((status, &*code), (504, "UNKNOWN_EXCEPTION"));
    assert_eq!(detail, "The upstream did not respond: no connection.");
}
