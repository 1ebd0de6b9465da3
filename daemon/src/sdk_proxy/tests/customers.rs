//! The customer comes from the one place that the settings name.

use std::time::Duration;

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::gateway::{Gateway, Reply, SUCCESS, signed};
use super::{Fixture, Interface, Response, Running};
use crate::settings::{CustomerFrom, LoginCheck};

/// Starts a login service over plain HTTP that answers every request with these bytes, or not at all.
/// Returns its URL and the requests that it receives.
pub(super) async fn login_service(
    response: Option<&'static str>,
) -> (String, UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/session?x=1", listener.local_addr().unwrap());
    let (asked, questions) = unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let asked = asked.clone();
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                while stream.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {
                    if bytes.ends_with(b"\r\n\r\n") {
                        let question = String::from_utf8(std::mem::take(&mut bytes)).unwrap();
                        let _ = asked.send(question);
                        let Some(response) = response else { continue };
                        if stream.write_all(response.as_bytes()).await.is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
    (url, questions)
}

fn login_check(url: String) -> CustomerFrom {
    CustomerFrom::LoginCheck(LoginCheck {
        url: url.parse().unwrap(),
        headers: vec![header::AUTHORIZATION, header::COOKIE],
        timeout: Duration::from_secs(30),
    })
}

async fn running(customer_from: CustomerFrom) -> Running {
    let mut fixture = Fixture::new();
    fixture.settings.customer_from = customer_from;
    fixture.run(|_| Reply::Send(signed(SUCCESS))).await
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        headers.append(*name, value.parse().unwrap());
    }
    headers
}

/// Sends a request with this customer in the body, and with these headers.
async fn send(running: &Running, in_body: Value, pairs: &[(&'static str, &str)]) -> Response {
    let mut body = json!({"sdkRequestHeader": "h", "sdkRequestData": "d"});
    if !in_body.is_null() {
        body["customerId"] = in_body;
    }
    let response =
        running
            .proxy
            .respond(Interface::Server, headers(pairs), body.to_string().into());
    response.await.unwrap()
}

fn customers(gateway: &Gateway) -> Vec<String> {
    let requests = gateway.requests();
    let bodies = requests
        .iter()
        .map(|r| serde_json::from_slice::<Value>(&r.body).unwrap());
    bodies
        .map(|body| body["customerId"].as_str().unwrap().to_owned())
        .collect()
}

const COOKIE: (&str, &str) = ("cookie", "session=7");

#[tokio::test]
async fn the_customer_comes_from_the_body_alone() {
    let running = running(CustomerFrom::Body).await;
    let ignored = [("x-customer-id", "attacker"), COOKIE];
    assert!(send(&running, json!("real"), &ignored).await.is_success());
    assert!(send(&running, json!("real"), &[]).await.is_success());
    let missing = send(&running, Value::Null, &ignored).await;
    assert_eq!(missing.own_result(), "PARAM_ILLEGAL");
    assert_eq!(customers(&running.gateway), ["real", "real"]);
}

#[tokio::test]
async fn the_customer_comes_from_the_header_alone() {
    let running = running(CustomerFrom::Header).await;
    for in_body in [json!("attacker"), json!(""), json!(7), Value::Null] {
        let response = send(
            &running,
            in_body.clone(),
            &[("x-customer-id", "real"), COOKIE],
        )
        .await;
        assert!(response.is_success());
        for wrong in [
            &[][..],
            &[COOKIE],
            &[("x-customer-id", "")],
            &[("x-customer-id", "real"), ("x-customer-id", "attacker")],
            &[("x-customer-id", "real"), ("x-customer-id", "real")],
            &[("x-customer-id", "attacker, real")],
        ] {
            let response = send(&running, in_body.clone(), wrong).await;
            assert_eq!(response.own_result(), "ACCESS_DENIED", "{wrong:?}");
        }
    }
    assert_eq!(customers(&running.gateway), ["real"; 4]);
}

/// An ID of the greatest length, and one that is longer. A character may have several bytes.
fn longest_and_longer() -> (String, String) {
    let longest = "客".repeat(256);
    let longer = format!("{longest}x");
    (longest, longer)
}

#[tokio::test]
async fn a_customer_of_more_than_256_characters_is_refused_wherever_it_comes_from() {
    let (longest, longer) = longest_and_longer();
    let in_body = running(CustomerFrom::Body).await;
    assert!(send(&in_body, json!(longest), &[]).await.is_success());
    let refused = send(&in_body, json!(longer), &[]).await;
    assert_eq!(refused.own_result(), "PARAM_ILLEGAL");
    assert_eq!(customers(&in_body.gateway), [longest.as_str()]);

    let in_header = running(CustomerFrom::Header).await;
    let named = |name: &str| {
        let value = HeaderValue::from_bytes(name.as_bytes()).unwrap();
        HeaderMap::from_iter([(HeaderName::from_static("x-customer-id"), value)])
    };
    let body = json!({"sdkRequestHeader": "h", "sdkRequestData": "d"}).to_string();
    let respond = async |name: &str| {
        let body = body.clone().into();
        let response = in_header
            .proxy
            .respond(Interface::Server, named(name), body);
        response.await.unwrap()
    };
    assert!(respond(&longest).await.is_success());
    assert_eq!(respond(&longer).await.own_result(), "ACCESS_DENIED");
    assert_eq!(customers(&in_header.gateway), [longest.as_str()]);

    for (name, is_admitted) in [(longest, true), (longer, false)] {
        let response =
            format!("HTTP/1.1 200 OK\r\nX-Customer-Id: {name}\r\nContent-Length: 0\r\n\r\n");
        let (url, _questions) = login_service(Some(response.leak())).await;
        let by_check = running(login_check(url)).await;
        let response = send(&by_check, Value::Null, &[COOKIE]).await;
        assert_eq!(response.is_success(), is_admitted);
        if !is_admitted {
            assert_eq!(response.own_result(), "ACCESS_DENIED");
        }
        assert_eq!(customers(&by_check.gateway).len(), usize::from(is_admitted));
    }
}

#[tokio::test]
async fn the_customer_comes_from_the_login_check_alone() {
    let admit = "HTTP/1.1 200 OK\r\nX-Customer-Id: real\r\nContent-Length: 2\r\n\r\nok";
    let (url, mut questions) = login_service(Some(admit)).await;
    let running = running(login_check(url.clone())).await;
    for in_body in [json!("attacker"), json!(7), Value::Null] {
        let sent = [
            ("x-customer-id", "attacker"),
            ("authorization", "Bearer t"),
            COOKIE,
            ("cookie", "b=2"),
            ("x-other", "not forwarded"),
        ];
        assert!(send(&running, in_body, &sent).await.is_success());
        let question = questions.recv().await.unwrap();
        let mut lines: Vec<_> = question.trim_end().lines().collect();
        assert_eq!(lines.remove(0), "GET /session?x=1 HTTP/1.1");
        lines.sort_unstable();
        let host = format!("Host: {}", url.split('/').nth(2).unwrap());
        let expected = [
            "Authorization: Bearer t",
            "Cookie: b=2",
            "Cookie: session=7",
            &host,
        ];
        assert_eq!(lines, expected);
    }
    // Each request is checked, and an illegal one is not.
    assert!(send(&running, Value::Null, &[]).await.is_success());
    assert_eq!(questions.recv().await.unwrap().lines().count(), 3);
    let illegal = running
        .proxy
        .respond(Interface::Server, headers(&[COOKIE]), "{}".into());
    assert_eq!(illegal.await.unwrap().own_result(), "PARAM_ILLEGAL");
    assert!(questions.is_empty());
    assert_eq!(customers(&running.gateway), ["real"; 4]);
}

#[tokio::test]
async fn a_request_is_denied_unless_the_login_check_admits_it() {
    for response in [
        "HTTP/1.1 401 Unauthorized\r\nX-Customer-Id: c\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nX-Customer-Id: c\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /\r\nX-Customer-Id: c\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 500 x\r\nX-Customer-Id: c\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-Customer-Id: \r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-Customer-Id: c\r\nX-Customer-Id: c\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-Customer-Id: c, d\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-Customer-Id: c\r\nContent-Length: 1000000\r\n\r\n",
        "nonsense\r\n\r\n",
    ] {
        let (url, _questions) = login_service(Some(response)).await;
        let running = running(login_check(url)).await;
        let denied = send(
            &running,
            json!("attacker"),
            &[("x-customer-id", "attacker")],
        )
        .await;
        assert_eq!(denied.own_result(), "ACCESS_DENIED", "{response}");
        assert!(running.gateway.requests().is_empty());
    }
}

#[tokio::test]
async fn a_request_is_denied_if_the_login_check_is_slow_or_gone() {
    let (url, mut questions) = login_service(None).await;
    let mut fixture = Fixture::new();
    fixture.settings.customer_from = CustomerFrom::LoginCheck(LoginCheck {
        url: url.parse().unwrap(),
        headers: vec![header::COOKIE],
        timeout: Duration::from_millis(200),
    });
    let slow = fixture.run(|_| Reply::Send(signed(SUCCESS))).await;
    let denied = send(&slow, json!("attacker"), &[COOKIE]).await;
    assert_eq!(denied.own_result(), "ACCESS_DENIED");
    assert!(questions.recv().await.is_some());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = login_check(format!("http://{}/", listener.local_addr().unwrap()));
    drop(listener);
    let gone = running(gone).await;
    let denied = send(&gone, json!("attacker"), &[COOKIE]).await;
    assert_eq!(denied.own_result(), "ACCESS_DENIED");
    for running in [slow, gone] {
        assert!(running.gateway.requests().is_empty());
        assert_eq!(running.proxy.free(), 512);
    }
}
