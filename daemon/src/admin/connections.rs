//! Connections of the admin plane: few, short, and one request each.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::caller::Caller;
use super::live_tokens::LiveTokens;
use super::plane::AdminPlane;
use super::router;
use crate::listen::LiveCertificate;

/// The most connections of one listener that are served at once; further ones wait in the backlog.
const MAX_CONNECTIONS: usize = 16;

/// The most bytes of a request line with its headers; the response to a longer one is 431.
const MAX_HEADER_BYTES: usize = 8192;

/// The limit on a TLS handshake, and on the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The limit on a connection, from the handshake to the last byte of the response.
const LIFETIME: Duration = Duration::from_mins(1);

/// The pause after the system failed to accept, so that trying again does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The credentials with which TCP clients and the daemon show who they are.
#[derive(Clone, Debug)]
pub(super) struct TcpAccess {
    pub(super) tokens: Arc<LiveTokens>,
    /// `None` without TLS.
    pub(super) certificate: Option<Arc<LiveCertificate>>,
}

/// Serves the Unix socket for as long as the future is polled, with all its connections.
pub(super) async fn accept_unix(listener: &UnixListener, plane: &Arc<AdminPlane>) {
    let mut connections = Connections::new("admin.unix");
    loop {
        let accepted = listener.accept();
        let Some((stream, _, permit)) = connections.next(accepted).await else {
            continue;
        };
        let plane = Arc::clone(plane);
        connections.open.spawn(timed(permit, async move {
            // A peer without credentials has hung up already.
            let Ok(peer) = stream.peer_cred() else { return };
            let uid = peer.uid();
            serve(stream, &plane, move |_| Caller::Process { uid }).await;
        }));
    }
}

/// Serves the TCP listener for as long as the future is polled, with all its connections.
pub(super) async fn accept_tcp(
    listener: &TcpListener,
    plane: &Arc<AdminPlane>,
    access: &TcpAccess,
) {
    let mut connections = Connections::new("admin.http");
    loop {
        let accepted = listener.accept();
        let Some((stream, peer, permit)) = connections.next(accepted).await else {
            continue;
        };
        let (plane, access) = (Arc::clone(plane), access.clone());
        connections.open.spawn(timed(permit, async move {
            let tokens = access.tokens;
            let caller = move |request: &Request<Incoming>| {
                Caller::from_headers(request.headers(), &tokens.live(), peer.ip())
            };
            let Some(certificate) = access.certificate else {
                return serve(stream, &plane, caller).await;
            };
            let acceptor = TlsAcceptor::from(certificate.config());
            // A client that does not speak TLS cannot read a response.
            if let Ok(Ok(stream)) = timeout(HEAD_TIMEOUT, acceptor.accept(stream)).await {
                serve(stream, &plane, caller).await;
            }
        }));
    }
}

/// The connections of one listener.
struct Connections {
    /// The setting that opened the listener.
    listener: &'static str,
    permits: Arc<Semaphore>,
    open: JoinSet<()>,
}

impl Connections {
    fn new(listener: &'static str) -> Self {
        Self {
            listener,
            permits: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
            open: JoinSet::new(),
        }
    }

    /// Waits for a free permit, then for a connection. Returns `None` if accepting failed.
    async fn next<S, A>(
        &mut self,
        accepted: impl Future<Output = io::Result<(S, A)>>,
    ) -> Option<(S, A, OwnedSemaphorePermit)> {
        while self.open.try_join_next().is_some() {}
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.expect("the semaphore is never closed");
        match accepted.await {
            Ok((stream, peer)) => Some((stream, peer, permit)),
            Err(error) => {
                tracing::warn!(%error, listener = self.listener, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
                None
            }
        }
    }
}

async fn timed(permit: OwnedSemaphorePermit, connection: impl Future<Output = ()>) {
    // In time or not, the connection is over.
    let _ = timeout(LIFETIME, connection).await;
    drop(permit);
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    plane: &Arc<AdminPlane>,
    caller: impl Fn(&Request<Incoming>) -> Caller,
) {
    let service = service_fn(async |request: Request<Incoming>| {
        let caller = caller(&request);
        Ok::<_, Infallible>(router::respond(plane, caller, request).await)
    });
    // A client that hangs up, or does not send HTTP, cannot read a response.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_header_size(MAX_HEADER_BYTES)
        .max_buf_size(MAX_HEADER_BYTES)
        .keep_alive(false)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
