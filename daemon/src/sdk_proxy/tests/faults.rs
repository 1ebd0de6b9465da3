//! Faults of the upstream: whatever breaks, each call sends at most one request upstream, and the caller gets `U`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::Full;
use rustls::RootCertStore;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::super::connections::Connections;
use super::gateway::{Behavior, End, Reply, SUCCESS, signed};
use super::{Budget, Fixture, Running, post, request};
use crate::error_chain::ErrorChain;
use crate::outbound::connector::Connector;
use crate::outbound::tls;

const ENDS: [End; 3] = [End::Orderly, End::Fin, End::Reset];

/// Returns how connection `number` ends, which is also the number of bytes read from or written to it.
fn end_of(number: usize) -> End {
    ENDS[number % ENDS.len()]
}

#[tokio::test]
async fn a_request_is_not_sent_again_if_the_connection_ends_at_any_of_its_bytes() {
    let length = {
        let running = Running::new(|_| Reply::Send(signed(SUCCESS))).await;
        assert!(running.post(request()).await.is_success());
        let sent = running.gateway.request();
        let headers = sent.headers.iter();
        let headers: usize = headers.map(|(n, v)| n.len() + v.len() + 4).sum();
        sent.line.len() + 2 + headers + 2 + sent.body.len()
    };
    let behavior = Behavior {
        cut: Some(|number| (number, end_of(number))),
        ..Behavior::default()
    };
    let running = Fixture::new().run_with(behavior, |_| unreachable!()).await;
    for read in 0..=length {
        let response = running.post(request()).await;
        assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION", "{read}");
        assert_eq!(running.gateway.accepted(), read + 1);
        assert_eq!(running.gateway.begun(), read);
    }
}

#[tokio::test]
async fn a_request_is_not_sent_again_if_the_connection_ends_within_the_response() {
    let whole = signed(SUCCESS);
    let length = whole.len();
    let responded = AtomicUsize::new(0);
    let running = Running::new(move |_| {
        let sent = responded.fetch_add(1, Ordering::SeqCst);
        Reply::SendAndEnd(whole[..sent].to_vec(), end_of(sent))
    })
    .await;
    for sent in 0..=length {
        let response = running.post(request()).await;
        if sent < length {
            assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION", "{sent}");
        } else if end_of(sent) != End::Reset {
            assert!(response.is_success());
        }
        assert_eq!(running.gateway.requests().len(), sent + 1);
        assert_eq!(running.gateway.accepted(), sent + 1);
    }
}

/// The connection ends after each response, so that the next request finds it dead, or about to die.
/// In neither case is a request received twice.
#[tokio::test]
async fn idle_connections_that_die_duplicate_no_request() {
    for end in ENDS {
        let running = Running::new(move |_| Reply::SendAndEnd(signed(SUCCESS), end)).await;
        let mut unknown = 0;
        for number in 0..150 {
            let response = running
                .post(request().replace("a=1", &format!("n={number};")))
                .await;
            if !response.is_success() {
                assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION");
                unknown += 1;
            }
            if number % 2 == 1 {
                let begun = running.gateway.accepted();
                running.gateway.wait_for_ends(begun).await;
            }
        }
        let requests = running.gateway.requests();
        for number in 0..150 {
            let mark = format!("n={number};");
            let seen = requests
                .iter()
                .filter(|request| String::from_utf8_lossy(&request.body).contains(&mark));
            assert!(seen.count() <= 1, "{number}");
        }
        assert!(requests.len() + unknown >= 150, "{end:?}");
    }
}

#[tokio::test]
async fn a_connection_that_ended_while_idle_is_replaced() {
    let running = Running::new(|_| Reply::SendAndEnd(signed(SUCCESS), End::Orderly)).await;
    for number in 1..=20 {
        let response = running.post(request()).await;
        assert!(response.is_success());
        assert_eq!(running.gateway.requests().len(), number);
        running.gateway.wait_for_ends(number).await;
    }
    assert_eq!(running.gateway.accepted(), 20);
}

#[tokio::test]
async fn a_request_that_times_out_is_not_sent_again() {
    for stall in [Vec::new(), signed(SUCCESS)[..40].to_vec(), {
        let whole = signed(SUCCESS);
        whole[..whole.len() - 1].to_vec()
    }] {
        let mut fixture = Fixture::new();
        fixture.settings.total_timeout = Duration::from_millis(1500);
        let running = fixture.run(move |_| Reply::Stall(stall.clone())).await;
        let response = running.post(request()).await;
        assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION");
        assert_eq!(running.gateway.requests().len(), 1);
        assert_eq!(running.gateway.accepted(), 1);
    }
}

/// The late response must not be taken for the response to the next request.
#[tokio::test]
async fn a_response_after_the_time_out_is_dropped() {
    let gate = Arc::new(Notify::new());
    let held = Arc::clone(&gate);
    let mut fixture = Fixture::new();
    fixture.settings.total_timeout = Duration::from_millis(1500);
    let late = SUCCESS.replace("{\\\"a\\\":1}", "late");
    let running = fixture
        .run(move |request| {
            if String::from_utf8_lossy(&request.body).contains("a=1") {
                Reply::Await(Arc::clone(&held), signed(&late))
            } else {
                Reply::Send(signed(SUCCESS))
            }
        })
        .await;
    let response = running.post(request()).await;
    assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION");
    gate.notify_one();
    running.gateway.wait_for_ends(1).await;
    assert_eq!(running.gateway.requests().len(), 1);
    assert_eq!(running.gateway.accepted(), 1);
}

/// A listener whose queue is full ignores connection attempts, like a network without a route.
#[tokio::test]
async fn an_unreachable_server_is_unknown_after_the_connect_timeout() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // More than the queue takes.
    let mut queue = JoinSet::new();
    for _ in 0..16 {
        queue.spawn(TcpStream::connect(address));
    }
    let _first = queue.join_next().await.unwrap().unwrap().unwrap();
    let mut fixture = Fixture::new();
    fixture.settings.upstream = format!("https://{address}").parse().unwrap();
    fixture.settings.connect_timeout = Duration::from_millis(300);
    let connector = Connector::with_http2(
        tls::client_config(RootCertStore::empty()),
        fixture.settings.connect_timeout,
        None,
    );
    let url = fixture.settings.upstream.as_str().parse().unwrap();
    let connections = Connections::new(connector, url, 1, Arc::new(Budget::new(1)));
    let Err(error) = connections
        .exchange(hyper::Request::new(Full::default()))
        .await
    else {
        panic!("there was a response");
    };
    // One clock is for TCP alone, the other for connecting as a whole.
    let expected = [
        "no connection: tcp connect error: deadline has elapsed",
        "no connection: connecting took longer than 300 ms",
    ];
    assert!(
        expected.contains(&&*ErrorChain(&error).to_string()),
        "{error}"
    );
    let response = post(&fixture.proxy(), request()).await;
    assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION");
}

#[tokio::test]
async fn a_server_that_is_absent_or_does_not_speak_tls_is_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut fixture = Fixture::new();
    fixture.settings.upstream = format!("https://{address}").parse().unwrap();
    fixture.settings.connect_timeout = Duration::from_millis(300);
    let proxy = fixture.proxy();
    // The kernel accepts the connection, and no handshake follows.
    assert_eq!(
        post(&proxy, request()).await.own_result(),
        "UNKNOWN_EXCEPTION"
    );
    drop(listener);
    assert_eq!(
        post(&proxy, request()).await.own_result(),
        "UNKNOWN_EXCEPTION"
    );
    fixture.settings.upstream = "https://does-not-exist.invalid".parse().unwrap();
    let response = post(&fixture.proxy(), request()).await;
    assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION");
}

#[tokio::test]
async fn a_connection_that_is_idle_for_ten_seconds_is_closed_without_another_request() {
    let running = Running::new(|_| Reply::Send(signed(SUCCESS))).await;
    assert!(running.post(request()).await.is_success());
    running.gateway.wait_for_ends(1).await;
    assert!(running.post(request()).await.is_success());
    assert_eq!(running.gateway.accepted(), 2);
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_cancel_its_request() {
    let gate = Arc::new(Notify::new());
    let (held, responded) = (Arc::clone(&gate), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&responded);
    let running = Running::new(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Reply::Await(Arc::clone(&held), signed(SUCCESS))
    })
    .await;
    let proxy = Arc::clone(&running.proxy);
    let caller = tokio::spawn(async move { post(&proxy, request()).await });
    running.gateway.wait_for(1).await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    assert_eq!(running.proxy.free(), 511);
    gate.notify_one();
    // The response is read, and the connection serves the next caller.
    while running.proxy.free() < 512 {
        tokio::task::yield_now().await;
    }
    gate.notify_one();
    assert!(running.post(request()).await.is_success());
    assert_eq!(running.gateway.accepted(), 1);
    assert_eq!(responded.load(Ordering::SeqCst), 2);
}
