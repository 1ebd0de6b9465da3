//! The limits: requests in flight, and the size of responses.

use std::sync::Arc;

use tokio::sync::Notify;

use super::gateway::{Reply, SUCCESS, signed};
use super::{Budget, Fixture, post, request};

#[tokio::test]
async fn requests_beyond_the_limit_are_refused_at_once() {
    let gate = Arc::new(Notify::new());
    let held = Arc::clone(&gate);
    let mut fixture = Fixture::new();
    fixture.settings.max_in_flight = 3;
    let running = fixture
        .run(move |_| Reply::Await(Arc::clone(&held), signed(SUCCESS)))
        .await;
    let mut callers: Vec<_> = (0..3)
        .map(|_| {
            let proxy = Arc::clone(&running.proxy);
            tokio::spawn(async move { post(&proxy, request()).await })
        })
        .collect();
    running.gateway.wait_for(3).await;
    for _ in 0..10 {
        let refused = running.post(request()).await;
        assert_eq!(refused.own_result(), "REQUEST_TRAFFIC_EXCEED_LIMIT");
    }
    gate.notify_waiters();
    for caller in callers.drain(..) {
        assert!(caller.await.unwrap().is_success());
    }
    gate.notify_one();
    assert!(running.post(request()).await.is_success());
    assert_eq!(running.gateway.requests().len(), 4);
}

#[tokio::test]
async fn a_request_beyond_the_budget_is_refused_before_it_is_sent() {
    let mut fixture = Fixture::new();
    fixture.budget = Arc::new(Budget::new(100_000));
    let running = fixture.run(|_| Reply::Send(signed(SUCCESS))).await;
    let ask = |length: usize| running.post(request().replace("a=1", &"x".repeat(length)));
    assert!(ask(90_000).await.is_success());
    let refused = ask(110_000).await;
    assert_eq!(refused.own_result(), "REQUEST_TRAFFIC_EXCEED_LIMIT");
    assert!(ask(90_000).await.is_success());
    assert_eq!(running.gateway.requests().len(), 2);
}

#[tokio::test]
async fn a_response_is_read_up_to_eight_mebibytes() {
    let body = |length: usize| {
        let start = r#"{"result":{"resultCode":"SUCCESS"},"x":""#;
        format!("{start}{}\"}}", "y".repeat(length - start.len() - 2))
    };
    let (most, more) = (body(8 << 20), body((8 << 20) + 1));
    let chunked = |body: &str| {
        let whole = String::from_utf8(signed(body)).unwrap();
        let (head, body) = whole.split_once("\r\n\r\n").unwrap();
        let head = head.replace(
            &format!("Content-Length: {}", body.len()),
            "Transfer-Encoding: chunked",
        );
        format!("{head}\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).into_bytes()
    };
    let expected = most.clone();
    let running = Fixture::new()
        .run(move |request| {
            let data = String::from_utf8_lossy(&request.body).into_owned();
            Reply::Send(match () {
                () if data.contains("most;") => signed(&most),
                () if data.contains("more;") => signed(&more),
                () if data.contains("most-in-chunks") => chunked(&most),
                () => chunked(&more),
            })
        })
        .await;
    let ask = |what: &str| running.post(request().replace("a=1", what));
    assert_eq!(ask("most;").await.body, expected);
    assert_eq!(ask("more;").await.own_result(), "UNKNOWN_EXCEPTION");
    assert_eq!(ask("most-in-chunks").await.body, expected);
    assert_eq!(
        ask("more-in-chunks").await.own_result(),
        "UNKNOWN_EXCEPTION"
    );
    assert_eq!(running.gateway.requests().len(), 4);
}
