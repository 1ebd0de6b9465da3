//! The stand-in's connections.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::gateway::Gateway;

/// How many connections are served at once; more wait.
const MAX_CONNECTIONS: usize = 1024;

/// How long a handshake, or a request's head, may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most bytes of a request's body: four times what the daemon forwards, escapes included.
const MAX_BODY_BYTES: usize = 8 << 20;

/// The pause after the system refused to accept.
const PAUSE: Duration = Duration::from_millis(100);

/// What happened, in a line for people.
type Lines = mpsc::Sender<String>;

/// Serves until it is dropped.
pub(super) async fn serve(
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    gateway: Gateway,
    tell: Lines,
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
                let tell = tell.clone();
                connections.spawn(async move {
                    serve_connection(stream, &acceptor, &gateway, &tell).await;
                    drop(permit);
                });
            }
            Err(error) => {
                say(&tell, format!("cannot accept a connection: {error}")).await;
                sleep(PAUSE).await;
            }
        }
    }
}

async fn serve_connection(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    gateway: &Gateway,
    tell: &Lines,
) {
    // It fails only for a connection that is gone.
    let _ = stream.set_nodelay(true);
    let stream = match timeout(PATIENCE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return say(tell, format!("no TLS with a client: {error}")).await,
        Err(_) => return say(tell, "no TLS with a client: it took too long".to_owned()).await,
    };
    let service = service_fn(async |request| answer(gateway, tell, request).await);
    // A client that breaks off, or is dropped, has nobody to tell.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Answers one request; an error closes the connection.
async fn answer(
    gateway: &Gateway,
    tell: &Lines,
    request: Request<Incoming>,
) -> io::Result<Response<String>> {
    let (head, body) = request.into_parts();
    let Some(body) = read(body).await else {
        say(
            tell,
            "refused: the body is too long, or broke off".to_owned(),
        )
        .await;
        return Err(io::ErrorKind::InvalidData.into());
    };
    sleep(gateway.behaviour.delay).await;
    let request = format!("{} {}, {} bytes", head.method, head.uri.path(), body.len());
    if gateway.behaviour.drop {
        say(tell, format!("{request}: dropped")).await;
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    let told = gateway.answer(&head, &body).map_err(io::Error::other)?;
    say(tell, format!("{request}: {}", told.line)).await;
    Ok(told.response)
}

/// The whole body; `None` if it is too long, or broke off.
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

async fn say(tell: &Lines, line: String) {
    // Whoever writes the lines is gone only when all of this is about to be.
    let _ = tell.send(line).await;
}
