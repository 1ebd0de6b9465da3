//! Connections of the admin plane: few, short, and one request each.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::answer::Answer;
use super::caller::Caller;
use super::live_tokens::LiveTokens;
use super::{AdminPlane, router};
use crate::listen::LiveCertificate;

/// How many connections of one listener are served at once; more wait to be accepted.
const MAX_CONNECTIONS: usize = 16;

/// The bytes of a request line with its headers; more are answered 431.
const MAX_HEADER_BYTES: usize = 8192;

/// How long the head of a request may take, and how long its body.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How long a connection may take, its handshake, what is asked for and the answer included.
const LIFETIME: Duration = Duration::from_mins(1);

/// The pause after the system refused to accept, so that trying again does not spin.
const PAUSE: Duration = Duration::from_millis(100);

/// How those who come over TCP are let in.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub(super) tokens: Arc<LiveTokens>,
    /// `None`: without TLS.
    pub(super) certificate: Option<Arc<LiveCertificate>>,
}

/// Accepts and answers on the Unix socket for as long as it is polled. What it answers ends with it.
pub(super) async fn accept_unix(listener: &UnixListener, plane: &Arc<AdminPlane>) {
    let mut connections = Connections::new("admin.unix");
    loop {
        let accepted = listener.accept();
        let Some((stream, permit)) = connections.next(accepted).await else {
            continue;
        };
        let plane = Arc::clone(plane);
        connections.open.spawn(timed(permit, async move {
            // Whoever cannot be told apart has gone already.
            let Ok(peer) = stream.peer_cred() else { return };
            let uid = peer.uid();
            serve(stream, &plane, move |_| Caller::Process { uid }).await;
        }));
    }
}

/// The same on the TCP listener.
pub(super) async fn accept_tcp(listener: &TcpListener, plane: &Arc<AdminPlane>, gate: &Gate) {
    let mut connections = Connections::new("admin.http");
    loop {
        let accepted = listener.accept();
        let Some((stream, permit)) = connections.next(accepted).await else {
            continue;
        };
        let (plane, gate) = (Arc::clone(plane), gate.clone());
        connections.open.spawn(timed(permit, async move {
            let tokens = gate.tokens;
            let caller =
                move |request: &Request<Incoming>| Caller::of_request(request.headers(), &tokens);
            let Some(certificate) = gate.certificate else {
                return serve(stream, &plane, caller).await;
            };
            let acceptor = TlsAcceptor::from(certificate.config());
            // A client that does not speak TLS has nobody to tell.
            if let Ok(Ok(stream)) = timeout(PATIENCE, acceptor.accept(stream)).await {
                serve(stream, &plane, caller).await;
            }
        }));
    }
}

/// The connections of one listener.
struct Connections {
    /// The setting that opened it.
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

    /// Waits for room, then for a connection.
    async fn next<S, A>(
        &mut self,
        accepted: impl Future<Output = io::Result<(S, A)>>,
    ) -> Option<(S, OwnedSemaphorePermit)> {
        while self.open.try_join_next().is_some() {}
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.expect("nobody closes the semaphore");
        match accepted.await {
            Ok((stream, _)) => Some((stream, permit)),
            Err(error) => {
                tracing::warn!(%error, "cannot accept on {}", self.listener);
                sleep(PAUSE).await;
                None
            }
        }
    }
}

async fn timed(permit: OwnedSemaphorePermit, connection: impl Future<Output = ()>) {
    // Whether in time or not, it is over.
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
        let answer: Answer = router::answer(plane, caller, request).await;
        Ok::<Response<_>, Infallible>(answer)
    });
    // A client that breaks off, or sends what is not HTTP, has nobody to tell.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_header_size(MAX_HEADER_BYTES)
        .max_buf_size(MAX_HEADER_BYTES)
        .keep_alive(false)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
