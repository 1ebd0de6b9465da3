//! T27: time-outs come neither early nor late.
//!
//! The forwarder runs on the runtime of the test, which stops the clock once only a timer can end the
//! wait. From then on, time advances to the next timer at once.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::HeaderMap;
use hyper::header::COOKIE;
use rustls::RootCertStore;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::{self, Instant};

use super::super::connections::Connections;
use super::gateway::{Behavior, Gateway, Reply};
use super::{Budget, Fixture, Interface, Response, request};
use crate::clock::Clock;
use crate::outbound::connector::Connector;
use crate::outbound::tls;
use crate::sdk_proxy::forwarder::Forwarder;
use crate::settings::{CustomerFrom, LoginCheck};

/// The most by which a timer is late: it has a resolution of a millisecond, by which a clock that was
/// stopped advances, too.
const RESOLUTION: Duration = Duration::from_millis(2);

const TOTAL: Duration = Duration::from_secs(60);

/// An upstream that never responds, and a forwarder to it.
struct Silent {
    gateway: Gateway,
    forwarder: Forwarder,
}

impl Silent {
    async fn new(customer_from: CustomerFrom) -> Self {
        let mut fixture = Fixture::new();
        let reply = |_: &_| Reply::Stall(Vec::new());
        let gateway = Gateway::start(&fixture.authority, Behavior::default(), reply).await;
        fixture.settings.upstream = gateway.url().parse().unwrap();
        fixture.settings.customer_from = customer_from;
        Self {
            gateway,
            forwarder: forwarder(&mut fixture),
        }
    }

    async fn respond(&self, began: Instant) -> Response {
        respond(&self.forwarder, began).await
    }
}

fn forwarder(fixture: &mut Fixture) -> Forwarder {
    fixture.settings.total_timeout = TOTAL;
    let budget = Arc::new(Budget::new(0));
    Forwarder::from_settings(&fixture.settings, &budget, &Clock::system()).unwrap()
}

async fn respond(forwarder: &Forwarder, began: Instant) -> Response {
    let (headers, body) = (HeaderMap::new(), request());
    let response = forwarder.respond(Interface::Server, &headers, body.as_bytes(), began);
    response.await.unwrap()
}

/// A login service that receives one question, and admits it when it may.
struct LoginService {
    url: String,
    asked: Arc<Notify>,
    may_admit: Arc<Notify>,
}

impl LoginService {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = Self {
            url: format!("http://{}/", listener.local_addr().unwrap()),
            asked: Arc::default(),
            may_admit: Arc::default(),
        };
        let (asked, may_admit) = (Arc::clone(&service.asked), Arc::clone(&service.may_admit));
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut question = Vec::new();
            while !question.ends_with(b"\r\n\r\n") {
                stream.read_buf(&mut question).await.unwrap();
            }
            asked.notify_one();
            may_admit.notified().await;
            let admission = b"HTTP/1.1 200 OK\r\nX-Customer-Id: c\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(admission).await.unwrap();
            // Until the forwarder is dropped.
            let _ = stream.read(&mut [0]).await;
        });
        service
    }

    fn within(&self, timeout: Duration) -> CustomerFrom {
        CustomerFrom::LoginCheck(LoginCheck {
            url: self.url.parse().unwrap(),
            headers: vec![COOKIE],
            timeout,
        })
    }
}

/// Asserts that `elapsed` is `limit`.
fn assert_is(elapsed: Duration, limit: Duration) {
    let exact = limit..=limit + RESOLUTION;
    assert!(exact.contains(&elapsed), "{elapsed:?}, not {limit:?}");
}

#[tokio::test]
async fn a_request_times_out_at_its_limit() {
    let silent = Silent::new(CustomerFrom::Body).await;
    let began = Instant::now();
    let stop_clock = async {
        silent.gateway.wait_for(1).await;
        time::pause();
    };
    let (response, ()) = tokio::join!(silent.respond(began), stop_clock);
    assert_is(began.elapsed(), TOTAL);
    assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION");
    assert_eq!(
        response.detail(),
        "The upstream did not respond before the request had taken 60000 ms, as \
         proxy.total-timeout-ms allows."
    );
}

#[tokio::test]
async fn the_total_time_out_includes_the_login_check() {
    let login = LoginService::new().await;
    let silent = Silent::new(login.within(Duration::from_secs(50))).await;
    let began = Instant::now();
    let stop_clock = async {
        login.asked.notified().await;
        // The login check takes forty seconds.
        time::pause();
        time::advance(Duration::from_secs(40)).await;
        time::resume();
        login.may_admit.notify_one();
        silent.gateway.wait_for(1).await;
        time::pause();
    };
    let (response, ()) = tokio::join!(silent.respond(began), stop_clock);
    assert_is(began.elapsed(), TOTAL);
    assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION");
}

#[tokio::test]
async fn the_total_time_out_ends_a_login_check() {
    let login = LoginService::new().await;
    let silent = Silent::new(login.within(2 * TOTAL)).await;
    let began = Instant::now();
    let stop_clock = async {
        login.asked.notified().await;
        time::pause();
    };
    let (response, ()) = tokio::join!(silent.respond(began), stop_clock);
    assert_is(began.elapsed(), TOTAL);
    assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION");
    assert!(
        response
            .detail()
            .starts_with("The login check did not respond before"),
        "{}",
        response.detail()
    );
    assert!(silent.gateway.requests().is_empty());
}

#[tokio::test]
async fn a_login_check_times_out_at_its_limit() {
    let limit = Duration::from_secs(20);
    let login = LoginService::new().await;
    let silent = Silent::new(login.within(limit)).await;
    let began = Instant::now();
    let stop_clock = async {
        login.asked.notified().await;
        time::pause();
        began.elapsed()
    };
    let (response, before) = tokio::join!(silent.respond(began), stop_clock);
    let elapsed = began.elapsed();
    // Its time begins somewhere before the clock stands still.
    let latest = limit + before + RESOLUTION;
    assert!((limit..=latest).contains(&elapsed), "{elapsed:?}");
    assert_eq!(response.own_result(), "ACCESS_DENIED");
    assert_eq!(
        response.detail(),
        "The login check did not respond within 20000 ms, as proxy.login-check-timeout-ms allows."
    );
    assert!(silent.gateway.requests().is_empty());
}

/// A server may respond before it has read the request, whose connection then cannot take another one.
#[tokio::test]
async fn a_whole_response_is_not_held_up_by_its_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let roots = tls::client_config(RootCertStore::empty());
    let connector = Connector::new(roots, Duration::from_secs(30), None);
    let budget = Arc::new(Budget::new(1 << 20));
    let connections = Connections::new(connector, url.parse().unwrap(), 1 << 10, budget);
    // More than the buffers of the system take.
    let body = Full::new(Bytes::from(vec![b'x'; 64 << 20]));
    let respond = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.windows(4).any(|four| four == b"\r\n\r\n") {
            stream.read_buf(&mut request).await.unwrap();
        }
        time::pause();
        let response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        stream.write_all(response).await.unwrap();
        (Instant::now(), stream)
    };
    let mut request = hyper::Request::new(body);
    *request.method_mut() = hyper::Method::POST;
    let (response, (responded, _stream)) = tokio::join!(connections.exchange(request), respond);
    assert_eq!(&*response.map(|response| response.body).unwrap(), b"{}");
    assert_is(responded.elapsed(), Duration::from_millis(5));
}

#[tokio::test]
async fn connecting_times_out_at_its_limit() {
    let limit = Duration::from_secs(3);
    // The kernel accepts the connection, and no handshake follows.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut fixture = Fixture::new();
    let url = format!("https://{}", listener.local_addr().unwrap());
    fixture.settings.upstream = url.parse().unwrap();
    fixture.settings.connect_timeout = limit;
    let forwarder = forwarder(&mut fixture);
    // The clock stands still from the beginning, since nothing but timers can end this wait.
    time::pause();
    let began = Instant::now();
    let response = respond(&forwarder, began).await;
    assert_is(began.elapsed(), limit);
    assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION");
}
