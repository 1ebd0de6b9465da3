//! Who the customer is: the one place that is named, and no other.

use std::time::Duration;

use hyper::{HeaderMap, header};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::gateway::{Gateway, Reply, SUCCESS, signed};
use super::{Fixture, Response, Running};
use crate::settings::{CustomerFrom, LoginCheck};

/// A login service over plain HTTP that answers every request with these bytes, and what it is
/// asked.
async fn login_service(answer: Option<&'static str>) -> (String, UnboundedReceiver<String>) {
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
                        let Some(answer) = answer else { continue };
                        if stream.write_all(answer.as_bytes()).await.is_err() {
                            return;
                        }
                    }
                }
            });
        }
    });
    (url, questions)
}

fn asking(url: String) -> CustomerFrom {
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

/// A request in which all places name somebody: the body and, among others, the header.
async fn ask(running: &Running, in_body: Value, pairs: &[(&'static str, &str)]) -> Response {
    let mut body = json!({"sdkRequestHeader": "h", "sdkRequestData": "d"});
    if !in_body.is_null() {
        body["customerId"] = in_body;
    }
    let answer = running
        .proxy
        .answer(headers(pairs), body.to_string().into());
    answer.await.unwrap()
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
async fn from_the_body_and_nowhere_else() {
    let running = running(CustomerFrom::Body).await;
    let ignored = [("x-customer-id", "attacker"), COOKIE];
    assert!(ask(&running, json!("real"), &ignored).await.is_success());
    assert!(ask(&running, json!("real"), &[]).await.is_success());
    let missing = ask(&running, Value::Null, &ignored).await;
    assert_eq!(missing.own_result(), "PARAM_ILLEGAL");
    assert_eq!(customers(&running.gateway), ["real", "real"]);
}

#[tokio::test]
async fn from_the_header_and_nowhere_else() {
    let running = running(CustomerFrom::Header).await;
    for in_body in [json!("attacker"), json!(""), json!(7), Value::Null] {
        let answer = ask(
            &running,
            in_body.clone(),
            &[("x-customer-id", "real"), COOKIE],
        )
        .await;
        assert!(answer.is_success());
        for wrong in [
            &[][..],
            &[COOKIE],
            &[("x-customer-id", "")],
            &[("x-customer-id", "real"), ("x-customer-id", "attacker")],
            &[("x-customer-id", "real"), ("x-customer-id", "real")],
            &[("x-customer-id", "attacker, real")],
        ] {
            let answer = ask(&running, in_body.clone(), wrong).await;
            assert_eq!(answer.own_result(), "ACCESS_DENIED", "{wrong:?}");
        }
    }
    assert_eq!(customers(&running.gateway), ["real"; 4]);
}

#[tokio::test]
async fn from_the_login_check_and_nowhere_else() {
    let admit = "HTTP/1.1 200 OK\r\nX-Customer-Id: real\r\nContent-Length: 2\r\n\r\nok";
    let (url, mut questions) = login_service(Some(admit)).await;
    let running = running(asking(url.clone())).await;
    for in_body in [json!("attacker"), json!(7), Value::Null] {
        let sent = [
            ("x-customer-id", "attacker"),
            ("authorization", "Bearer t"),
            COOKIE,
            ("cookie", "b=2"),
            ("x-other", "not handed on"),
        ];
        assert!(ask(&running, in_body, &sent).await.is_success());
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
    // Asked anew for each request, and what is illegal is not asked about.
    assert!(ask(&running, Value::Null, &[]).await.is_success());
    assert_eq!(questions.recv().await.unwrap().lines().count(), 3);
    let illegal = running.proxy.answer(headers(&[COOKIE]), "{}".into()).await;
    assert_eq!(illegal.unwrap().own_result(), "PARAM_ILLEGAL");
    assert!(questions.is_empty());
    assert_eq!(customers(&running.gateway), ["real"; 4]);
}

#[tokio::test]
async fn whatever_the_login_check_does_not_admit_is_denied() {
    for answer in [
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
        let (url, _questions) = login_service(Some(answer)).await;
        let running = running(asking(url)).await;
        let denied = ask(
            &running,
            json!("attacker"),
            &[("x-customer-id", "attacker")],
        )
        .await;
        assert_eq!(denied.own_result(), "ACCESS_DENIED", "{answer}");
        assert!(running.gateway.requests().is_empty());
    }
}

#[tokio::test]
async fn a_login_check_that_is_slow_or_gone_denies() {
    let (url, mut questions) = login_service(None).await;
    let mut fixture = Fixture::new();
    fixture.settings.customer_from = CustomerFrom::LoginCheck(LoginCheck {
        url: url.parse().unwrap(),
        headers: vec![header::COOKIE],
        timeout: Duration::from_millis(200),
    });
    let slow = fixture.run(|_| Reply::Send(signed(SUCCESS))).await;
    let denied = ask(&slow, json!("attacker"), &[COOKIE]).await;
    assert_eq!(denied.own_result(), "ACCESS_DENIED");
    assert!(questions.recv().await.is_some());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = asking(format!("http://{}/", listener.local_addr().unwrap()));
    drop(listener);
    let gone = running(gone).await;
    let denied = ask(&gone, json!("attacker"), &[COOKIE]).await;
    assert_eq!(denied.own_result(), "ACCESS_DENIED");
    for running in [slow, gone] {
        assert!(running.gateway.requests().is_empty());
        assert_eq!(running.proxy.in_flight.available_permits(), 512);
    }
}
