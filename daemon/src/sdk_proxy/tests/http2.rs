//! A server that offers HTTP/2 gets it.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::body::{Body, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::gateway::{CLIENT_ID, Manners, PATH, RESPONSE_TIME, SUCCESS, signature_of};
use super::{Fixture, post, request};

async fn respond(
    mut request: Request<Incoming>,
    served: Arc<AtomicUsize>,
) -> Result<Response<String>, Infallible> {
    assert_eq!(request.version(), Version::HTTP_2);
    assert_eq!(request.uri().path(), PATH);
    assert!(request.uri().authority().is_some());
    assert_eq!(request.headers()["client-id"], CLIENT_ID);
    assert!(!request.headers().contains_key("host"));
    while let Some(frame) = poll_fn(|cx| Pin::new(request.body_mut()).poll_frame(cx)).await {
        frame.unwrap();
    }
    served.fetch_add(1, Ordering::SeqCst);
    let mut response = Response::new(SUCCESS.to_owned());
    let signature = signature_of(SUCCESS.as_bytes());
    for (name, value) in [("response-time", RESPONSE_TIME), ("signature", &signature)] {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    Ok(response)
}

#[tokio::test]
async fn requests_share_a_connection_and_one_that_is_closed_is_replaced() {
    let mut fixture = Fixture::new();
    let tls = fixture
        .authority
        .acceptor(&Manners::default(), &[b"h2", b"http/1.1"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    fixture.settings.upstream = format!("https://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let (accepted, served) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, of_requests) = (Arc::clone(&accepted), Arc::clone(&served));
    let server = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            count.fetch_add(1, Ordering::SeqCst);
            let (tls, served) = (tls.clone(), Arc::clone(&of_requests));
            connections.spawn(async move {
                let stream = TokioIo::new(tls.accept(stream).await.unwrap());
                let service = service_fn(|request| respond(request, Arc::clone(&served)));
                let builder = http2::Builder::new(TokioExecutor::new());
                // At the test's end it is cut.
                let _ = builder.serve_connection(stream, service).await;
            });
        }
    });
    let proxy = fixture.proxy();
    assert!(post(&proxy, request()).await.is_success());
    let large = request().replace("a=1", &"b".repeat(500 << 10));
    let mut callers = JoinSet::new();
    for body in vec![large; 20] {
        let proxy = Arc::clone(&proxy);
        callers.spawn(async move { post(&proxy, body).await });
    }
    for answer in callers.join_all().await {
        assert!(answer.is_success());
    }
    assert_eq!(served.load(Ordering::SeqCst), 21);
    assert_eq!(accepted.load(Ordering::SeqCst), 1);
    server.abort();
    let _ = server.await;
    // The connection is gone, and so is the server.
    let answer = post(&proxy, request()).await;
    assert_eq!(answer.own_result(), "UNKNOWN_EXCEPTION");
    assert_eq!(served.load(Ordering::SeqCst), 21);
}
