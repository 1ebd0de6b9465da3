//! T24: exactly one request upstream for each call, whatever breaks, and the caller told `U`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::RootCertStore;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::super::connections::Connections;
use super::gateway::{End, Manners, Reply, SUCCESS, signed};
use super::{Budget, Fixture, Running, post, request};
use crate::outbound::connector::Connector;
use crate::outbound::tls;

const ENDS: [End; 3] = [End::Orderly, End::Fin, End::Reset];

/// The number of a connection is the number of bytes that are read from it, or written to it.
fn end_of(number: usize) -> End {
    ENDS[number % ENDS.len()]
}

#[tokio::test]
async fn a_connection_that_ends_at_any_byte_of_the_request_is_not_tried_again() {
    let length = {
        let running = Running::new(|_| Reply::Send(signed(SUCCESS))).await;
        assert!(running.post(request()).await.is_success());
        let sent = running.gateway.request();
        let headers = sent.headers.iter();
        let headers: usize = headers.map(|(n, v)| n.len() + v.len() + 4).sum();
        sent.line.len() + 2 + headers + 2 + sent.body.len()
    };
    let manners = Manners {
        cut: Some(|number| (number, end_of(number))),
        ..Manners::default()
    };
    let running = Fixture::new().run_with(manners, |_| unreachable!()).await;
    for read in 0..=length {
        let answer = running.post(request()).await;
        assert_eq!(answer.own_result(), "UNKNOWN_EXCEPTION", "{read}");
        assert_eq!(running.gateway.accepted(), read + 1);
        assert_eq!(running.gateway.begun(), read);
    }
}

#[tokio::test]
async fn a_connection_that_ends_at_any_byte_of_the_answer_is_not_tried_again() {
    let whole = signed(SUCCESS);
    let length = whole.len();
    let answered = AtomicUsize::new(0);
    let running = Running::new(move |_| {
        let sent = answered.fetch_add(1, Ordering::SeqCst);
        Reply::SendAndEnd(whole[..sent].to_vec(), end_of(sent))
    })
    .await;
    for sent in 0..=length {
        let answer = running.post(request()).await;
        if sent < length {
            assert_eq!(answer.own_result(), "UNKNOWN_EXCEPTION", "{sent}");
        } else if end_of(sent) != End::Reset {
            assert!(answer.is_success());
        }
        assert_eq!(running.gateway.requests().len(), sent + 1);
        assert_eq!(running.gateway.accepted(), sent + 1);
    }
}

/// Each answer is followed by the end of its connection, so that the next request finds it dead, or
/// about to die. Whatever comes of it, none is seen twice.
#[tokio::test]
async fn connections_that_died_while_they_waited_duplicate_nothing() {
    for end in ENDS {
        let running = Running::new(move |_| Reply::SendAndEnd(signed(SUCCESS), end)).await;
        let mut unknown = 0;
        for number in 0..150 {
            let answer = running
                .post(request().replace("a=1", &format!("n={number};")))
                .await;
            if !answer.is_success() {
                assert_eq!(answer.own_result(), "UNKNOWN_EXCEPTION");
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
async fn a_connection_that_is_known_to_be_dead_is_replaced() {
    let running = Running::new(|_| Reply::SendAndEnd(signed(SUCCESS), End::Orderly)).await;
    for number in 1..=20 {
        let answer = running.post(request()).await;
        assert!(answer.is_success());
        assert_eq!(running.gateway.requests().len(), number);
        running.gateway.wait_for_ends(number).await;
    }
    assert_eq!(running.gateway.accepted(), 20);
}

#[tokio::test]
async fn a_time_out_is_not_tried_again() {
    for stall in [Vec::new(), signed(SUCCESS)[..40].to_vec(), {
        let whole = signed(SUCCESS);
        whole[..whole.len() - 1].to_vec()
    }] {
        let mut fixture = Fixture::new();
        fixture.settings.total_timeout = Duration::from_millis(400);
        let running = fixture.run(move |_| Reply::Stall(stall.clone())).await;
        let answer = running.post(request()).await;
        assert_eq!(answer.own_result(), "UNKNOWN_EXCEPTION");
        assert_eq!(running.gateway.requests().len(), 1);
        assert_eq!(running.gateway.accepted(), 1);
    }
}

/// What comes for one request is never taken for the answer to the next.
#[tokio::test]
async fn an_answer_after_the_time_out_reaches_nobody() {
    let gate = Arc::new(Notify::new());
    let held = Arc::clone(&gate);
    let mut fixture = Fixture::new();
    fixture.settings.total_timeout = Duration::from_millis(400);
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
    let answer = running.post(request()).await;
    assert_eq!(answer.own_result(), "UNKNOWN_EXCEPTION");
    gate.notify_one();
    running.gateway.wait_for_ends(1).await;
    assert_eq!(running.gateway.requests().len(), 1);
    assert_eq!(running.gateway.accepted(), 1);
}

/// A listener whose queue is full drops what would connect, as a network without a route does.
#[tokio::test]
async fn a_server_that_cannot_be_reached_is_unknown_after_the_connect_time_out() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // As many as the queue takes, and more.
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
    );
    let url = fixture.settings.upstream.as_str().parse().unwrap();
    let connections = Connections::new(connector, url, 1, Arc::new(Budget::new(1)));
    let Err(error) = connections
        .exchange(hyper::Request::new(String::new()))
        .await
    else {
        panic!("it was answered");
    };
    // There are two clocks, of TCP alone and of all of it.
    let expected = [
        "no connection: tcp connect error: deadline has elapsed",
        "no connection: connecting took longer than 300 ms",
    ];
    assert!(expected.contains(&&*error.to_string()), "{error}");
    let answer = post(&fixture.proxy(), request()).await;
    assert_eq!(answer.own_result(), "UNKNOWN_EXCEPTION");
}

#[tokio::test]
async fn a_server_that_is_not_there_or_speaks_no_tls_is_unknown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut fixture = Fixture::new();
    fixture.settings.upstream = format!("https://{address}").parse().unwrap();
    fixture.settings.connect_timeout = Duration::from_millis(300);
    let proxy = fixture.proxy();
    // It accepts, and never shakes hands.
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
    let answer = post(&fixture.proxy(), request()).await;
    assert_eq!(answer.own_result(), "UNKNOWN_EXCEPTION");
}

#[tokio::test]
async fn a_caller_that_hangs_up_cancels_nothing() {
    let gate = Arc::new(Notify::new());
    let (held, answered) = (Arc::clone(&gate), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&answered);
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
    assert_eq!(running.proxy.in_flight.available_permits(), 511);
    gate.notify_one();
    // The answer is read, and the connection serves the next caller.
    while running.proxy.in_flight.available_permits() < 512 {
        tokio::task::yield_now().await;
    }
    gate.notify_one();
    assert!(running.post(request()).await.is_success());
    assert_eq!(running.gateway.accepted(), 1);
    assert_eq!(answered.load(Ordering::SeqCst), 2);
}
