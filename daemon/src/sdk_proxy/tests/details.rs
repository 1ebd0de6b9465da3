//! The sentence beside each failure names what is wrong, and shows nothing of the content.

use std::time::Duration;

use hyper::HeaderMap;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::customers::login_service;
use super::gateway::{End, RESPONSE_TIME, Reply, SUCCESS, response, signature_of, signed};
use super::{Fixture, Interface, Response, Running, request};
use crate::settings::{CustomerFrom, LoginCheck};

/// The settings of a login check at this URL.
fn login_check(url: String) -> CustomerFrom {
    CustomerFrom::LoginCheck(LoginCheck {
        url: url.parse().unwrap(),
        headers: vec![hyper::header::COOKIE],
        timeout: Duration::from_secs(30),
    })
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named() {
    let running = Running::new(|_| Reply::Send(signed(SUCCESS))).await;
    let needed = "must be a string that is not empty but is";
    let table: [(Value, String); 8] = [
        (
            json!({}),
            format!(
                "sdkRequestHeader {needed} missing; sdkRequestData {needed} missing; customerId {needed} \
                 missing."
            ),
        ),
        (
            json!({"sdkRequestHeader": "", "sdkRequestData": [], "customerId": null}),
            format!(
                "sdkRequestHeader {needed} empty; sdkRequestData {needed} an array; customerId {needed} \
                 null."
            ),
        ),
        (
            json!({"proxyRequestHeader": "planted", "customerId": "c"}),
            format!("proxyRequestData {needed} missing."),
        ),
        (
            json!({"httpProxyRequestHeader": 7, "httpProxyRequestData": "d", "customerId": "c"}),
            format!("httpProxyRequestHeader {needed} a number."),
        ),
        (
            json!({"sdkRequestHeader": "planted", "sdkRequestData": "d", "customerId": true}),
            format!("customerId {needed} a boolean."),
        ),
        (
            json!({"sdkRequestHeader": "h", "sdkRequestData": "d", "customerId": "é".repeat(300)}),
            "customerId must have at most 256 characters but has 300.".to_owned(),
        ),
        (
            json!({"sdkRequestHeader": "h", "sdkRequestData": "d", "proxyRequestData": "planted",
                "customerId": "c"}),
            "sdkRequestHeader and proxyRequestData must not be in one request, since they are of \
             different pairs."
                .to_owned(),
        ),
        (
            json!({"sdkRequestHeader": "h", "proxyRequestData": "planted"}),
            format!(
                "sdkRequestHeader and proxyRequestData must not be in one request, since they are of \
                 different pairs; customerId {needed} missing."
            ),
        ),
    ];
    for (body, detail) in table {
        let response = running.post(body.to_string()).await;
        assert_eq!(response.own_result(), "PARAM_ILLEGAL");
        assert_eq!(response.detail(), detail, "{body}");
    }
    assert!(running.gateway.requests().is_empty());
}

async fn sent(customer_from: CustomerFrom, headers: &[&str]) -> Response {
    let mut fixture = Fixture::new();
    fixture.settings.customer_from = customer_from;
    let running = fixture.run(|_| Reply::Send(signed(SUCCESS))).await;
    let mut map = HeaderMap::new();
    for value in headers {
        let value = hyper::header::HeaderValue::from_bytes(value.as_bytes()).unwrap();
        map.append("x-customer-id", value);
    }
    let response = running
        .proxy
        .respond(Interface::Server, map, request().into())
        .await;
    assert!(running.gateway.requests().is_empty());
    response.unwrap()
}

#[tokio::test]
async fn the_reason_for_a_denial_is_named() {
    let long = "é".repeat(257);
    for (headers, what) in [
        (&[][..], "there is no X-Customer-Id header"),
        (&["a", "b"], "there is more than one X-Customer-Id header"),
        (&[""], "the X-Customer-Id header is empty"),
        (
            &["a,b"],
            "the X-Customer-Id header has a comma, so it may name several customers",
        ),
        (
            &[&long],
            "the X-Customer-Id header has 257 characters, more than 256",
        ),
    ] {
        let response = sent(CustomerFrom::Header, headers).await;
        assert_eq!(response.own_result(), "ACCESS_DENIED");
        assert_eq!(
            response.detail(),
            format!("The request does not name a customer: {what}.")
        );
    }
    for (response, detail) in [
        (
            "HTTP/1.1 401 planted\r\nContent-Length: 0\r\n\r\n",
            "The login check responded with HTTP status 401.",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "The login check does not name a customer: there is no X-Customer-Id header.",
        ),
        (
            "HTTP/1.1 200 OK\r\nX-Customer-Id: c\r\nContent-Length: 1000000\r\n\r\n",
            "The login check did not respond: the response has more than 65536 bytes.",
        ),
        (
            "planted\r\n\r\n",
            "The login check did not respond: no response.",
        ),
    ] {
        let (url, _questions) = login_service(Some(response)).await;
        let denied = sent(login_check(url), &["planted"]).await;
        assert_eq!(denied.own_result(), "ACCESS_DENIED");
        assert_eq!(denied.detail(), detail);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = login_check(format!("http://{}/", listener.local_addr().unwrap()));
    drop(listener);
    let denied = sent(gone, &[]).await;
    assert_eq!(denied.own_result(), "ACCESS_DENIED");
    assert_eq!(
        denied.detail(),
        "The login check did not respond: no connection."
    );
}

#[tokio::test]
async fn the_fault_of_an_upstream_is_named() {
    let signature = signature_of(SUCCESS.as_bytes());
    let time = ("Response-Time", RESPONSE_TIME);
    let with = |headers: &[(&str, &str)], body: &str| response("200 OK", headers, body.as_bytes());
    let mismatch = "The upstream response has an invalid signature: the signature does not match \
                    the message.";
    let unknown = signature.replace("keyVersion=1", "keyVersion=3");
    let table = [
        (
            with(&[time], SUCCESS),
            "The upstream response has no signature header.",
        ),
        (
            with(&[("Signature", &signature)], SUCCESS),
            "The upstream response has no response-time header.",
        ),
        (
            with(&[time, time, ("Signature", &signature)], SUCCESS),
            "The upstream response has more than one response-time header.",
        ),
        (
            with(&[time, ("Signature", &signature)], "{\"planted\":1}"),
            mismatch,
        ),
        (
            with(&[time, ("Signature", &unknown)], SUCCESS),
            "The upstream response has an invalid signature: no public key has the version 3.",
        ),
        (
            with(&[time, ("Signature", "planted")], SUCCESS),
            "The upstream response has an invalid signature: the Signature header has a part without \
             `=`.",
        ),
        (
            signed("{\"planted\":1}"),
            "The upstream response is not a JSON object with a `result` member.",
        ),
        (
            response("503 planted", &[], b"planted"),
            "The upstream responded with HTTP status 503 Service Unavailable.",
        ),
        (
            b"planted\r\n\r\n".to_vec(),
            "The upstream did not respond: no response.",
        ),
        (
            signed(SUCCESS)[..signed(SUCCESS).len() - 1].to_vec(),
            "The upstream did not respond: the response broke off after",
        ),
    ];
    for (bytes, detail) in table {
        let running = Running::new(move |_| Reply::SendAndEnd(bytes.clone(), End::Orderly)).await;
        let response = running.post(request()).await;
        response.own_result();
        let given = response.detail();
        assert!(given.starts_with(detail), "{given}\n{detail}");
        assert!(!given.contains("planted"), "{given}");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut fixture = Fixture::new();
    let url = format!("https://{}", listener.local_addr().unwrap());
    fixture.settings.upstream = url.parse().unwrap();
    drop(listener);
    let response = super::post(&fixture.proxy(), request()).await;
    assert_eq!(
        response.detail(),
        "The upstream did not respond: no connection."
    );
}
