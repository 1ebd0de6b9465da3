//! The connections of the stand-in.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use codeid_daemon::count::counted;
use codeid_daemon::host::is_host_header;
use hyper::body::{Body, Incoming};
use hyper::header::HOST;
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::gateway::Gateway;

/// The limit on connections served at once; further ones wait.
const MAX_CONNECTIONS: usize = 1024;

/// The time limit of a handshake or a request head.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The size limit of a request's body, in bytes: four times what the daemon forwards, escapes
/// included.
const MAX_BODY_BYTES: usize = 8 << 20;

/// The pause after a failed accept.
const PAUSE: Duration = Duration::from_millis(100);

/// A channel of lines that describe what happened.
type Lines = mpsc::Sender<String>;

/// Serves connections until the future is dropped. Its connections are dropped with it.
pub(super) async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    gateway: Gateway,
    lines: Lines,
) {
    let (acceptor, gateway) = (TlsAcceptor::from(tls), Arc::new(gateway));
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let (acceptor, gateway) = (acceptor.clone(), Arc::clone(&gateway));
                let lines = lines.clone();
                connections.spawn(async move {
                    serve_connection(stream, &acceptor, &gateway, &lines).await;
                    drop(permit);
                });
            }
            Err(error) => {
                report(&lines, format!("cannot accept a connection: {error}")).await;
                sleep(PAUSE).await;
            }
        }
    }
}

async fn serve_connection(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    gateway: &Gateway,
    lines: &Lines,
) {
    // This fails only for a closed connection.
    let _ = stream.set_nodelay(true);
    let stream = match timeout(TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            return report(
                lines,
                format!("TLS handshake with a client failed: {error}"),
            )
            .await;
        }
        Err(_) => return report(lines, "TLS handshake with a client timed out".to_owned()).await,
    };
    let service = service_fn(async |request| answer(gateway, lines, request).await);
    // An error means that the client broke off or was dropped: there is nothing left to do.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Answers one request; an error closes the connection.
async fn answer(
    gateway: &Gateway,
    lines: &Lines,
    request: Request<Incoming>,
) -> io::Result<Response<String>> {
    let (head, body) = request.into_parts();
    if !has_valid_host(&head) {
        let line = "refused: the request does not have one valid Host";
        report(lines, line.to_owned()).await;
        let mut response = Response::new(String::new());
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(response);
    }
    let Some(body) = read(body).await else {
        report(
            lines,
            "refused: the body is too long or incomplete".to_owned(),
        )
        .await;
        return Err(io::ErrorKind::InvalidData.into());
    };
    sleep(gateway.behaviour.delay).await;
    let bytes = counted(body.len(), "byte");
    let request = format!("{} {}, {bytes}", head.method, head.uri.path());
    if gateway.behaviour.drop {
        report(lines, format!("{request}: dropped")).await;
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    let logged = gateway.answer(&head, &body, SystemTime::now());
    let logged = logged.map_err(io::Error::other)?;
    report(lines, format!("{request}: {}", logged.line)).await;
    Ok(logged.response)
}

/// Returns `true` if a request names its host as HTTP/1.1 requires.
fn has_valid_host(head: &Parts) -> bool {
    let mut hosts = head.headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => head.version < Version::HTTP_11,
        (Some(host), None) => is_host_header(host.as_bytes()),
        (Some(_), Some(_)) => false,
    }
}

/// Reads the whole body; returns `None` if it is too long or incomplete.
async fn read(mut body: Incoming) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let data: Bytes = frame.ok()?.into_data().unwrap_or_default();
        if whole.len() + data.len() > MAX_BODY_BYTES {
            return None;
        }
        whole.extend_from_slice(&data);
    }
    Some(whole)
}

async fn report(lines: &Lines, line: String) {
    // The receiver is dropped only when this future is about to be dropped too.
    let _ = lines.send(line).await;
}
