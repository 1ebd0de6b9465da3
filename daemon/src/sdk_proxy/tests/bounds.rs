//! Bounds: requests in flight, answers, and time (T27).

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::gateway::{Reply, SUCCESS, signed};
use super::{Fixture, post, request};

#[tokio::test]
async fn one_request_more_than_are_forwarded_is_refused_at_once() {
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
async fn an_answer_is_read_up_to_eight_mebibytes() {
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

/// T27: not before the time-out, and not much later; how much depends on the machine.
#[tokio::test]
async fn a_time_out_comes_when_it_should() {
    let mut fixture = Fixture::new();
    fixture.settings.total_timeout = Duration::from_millis(700);
    let running = fixture.run(|_| Reply::Stall(Vec::new())).await;
    let begun = Instant::now();
    let answer = running.post(request()).await;
    assert_eq!(answer.own_result(), "UNKNOWN_EXCEPTION");
    assert!(begun.elapsed() >= Duration::from_millis(700));
}
