//! Connections of the admin plane: few, short, and one request each.
//!
//! A connection is in the lobby until the head of its request shows that its caller may make it. Only then
//! does it become one of those that are served, and its body is read.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinSet, yield_now};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

use super::caller::Caller;
use super::limits::AdminLimits;
use super::lingering::Lingering;
use super::live_tokens::LiveTokens;
use super::lobby::{Lobby, Visitor};
use super::plane::AdminPlane;
use super::router;
use crate::listen::LiveCertificate;
use crate::listen::peer::Peer;
use crate::metrics::{AdminListener, Metrics};
use crate::sync::Mutex;

/// The most bytes of a request line with its headers; the response to a longer one is 431.
const MAX_HEADER_BYTES: usize = 8192;

/// The limit on a TLS handshake, and on the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// The limit on a connection, from the handshake to the last byte of the response, unless that may never end.
const LIFETIME: Duration = Duration::from_mins(1);

/// The time between two lines of the log about connections that found no room.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// The pause after the system failed to accept, so that trying again does not spin.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The credentials with which TCP clients and the daemon show who they are.
#[derive(Clone, Debug)]
pub(super) struct TcpAccess {
    /// The tokens of clients, read again when their file changes.
    pub(super) tokens: Arc<LiveTokens>,
    /// `None` without TLS.
    pub(super) certificate: Option<Arc<LiveCertificate>>,
}

/// Serves the Unix socket for as long as the future is polled, with all its connections. Ends once a successor
/// serves it and the last connection has ended.
pub(super) async fn accept_unix(
    listener: &UnixListener,
    plane: &Arc<AdminPlane>,
    limits: AdminLimits,
) {
    let mut connections = Connections::new(AdminListener::Unix, limits, plane);
    loop {
        let accepted = tokio::select! {
            accepted = connections.accept(listener.accept()) => accepted,
            () = plane.shutdown.handed_over() => return connections.finish().await,
        };
        let Some((stream, _)) = accepted else {
            continue;
        };
        // A peer without credentials has hung up already.
        let Ok(credentials) = stream.peer_cred() else {
            continue;
        };
        let uid = credentials.uid();
        let Some(entrance) = connections.enter(Peer::User(uid)) else {
            continue;
        };
        let plane = Arc::clone(plane);
        let within = Arc::clone(&entrance);
        connections.open.spawn(entrance.attend(async move {
            serve(stream, &plane, &within, move |_| Caller::Process { uid }).await;
        }));
        // A connection whose head is there leaves the lobby before another one can displace it.
        yield_now().await;
    }
}

/// Serves the TCP listener for as long as the future is polled, with all its connections. Ends once a successor
/// serves it and the last connection has ended.
pub(super) async fn accept_tcp(
    listener: &TcpListener,
    plane: &Arc<AdminPlane>,
    access: &TcpAccess,
    limits: AdminLimits,
) {
    let mut connections = Connections::new(AdminListener::Tcp, limits, plane);
    loop {
        let accepted = tokio::select! {
            accepted = connections.accept(listener.accept()) => accepted,
            () = plane.shutdown.handed_over() => return connections.finish().await,
        };
        let Some((stream, address)) = accepted else {
            continue;
        };
        let Some(entrance) = connections.enter(Peer::of_address(address)) else {
            continue;
        };
        let (plane, access) = (Arc::clone(plane), access.clone());
        let within = Arc::clone(&entrance);
        connections.open.spawn(entrance.attend(async move {
            let tokens = access.tokens;
            let caller = move |request: &Request<Incoming>| {
                Caller::from_headers(request.headers(), &tokens.live(), address.ip())
            };
            let Some(certificate) = access.certificate else {
                return serve(stream, &plane, &within, caller).await;
            };
            let acceptor = TlsAcceptor::from(certificate.config());
            match timeout(HEAD_TIMEOUT, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => serve(stream, &plane, &within, caller).await,
                // A client that does not speak TLS cannot read a response, and must not fill the log.
                Ok(Err(error)) => {
                    plane.metrics.count_admin_tls_handshake_failure();
                    tracing::debug!(%error, listener = "adminHttp", "a TLS handshake failed");
                }
                Err(_) => {
                    plane.metrics.count_admin_tls_handshake_failure();
                    tracing::debug!(listener = "adminHttp", "a TLS handshake took too long");
                }
            }
        }));
        yield_now().await;
    }
}

/// The connections of one listener.
struct Connections {
    listener: AdminListener,
    lobby: Arc<Lobby>,
    /// A permit for each further connection that may be served.
    served: Arc<Semaphore>,
    open: JoinSet<()>,
    metrics: Arc<Metrics>,
    /// The number of connections that found no room since the last line of the log about them.
    turned_away: u64,
    /// The time of the next such line, at the earliest.
    log_at: Instant,
}

/// The way of one connection from the lobby to those that are served.
struct Entrance {
    visitor: Visitor,
    served: Arc<Semaphore>,
    /// Held until the connection ends.
    permit: Mutex<Option<OwnedSemaphorePermit>>,
    /// The progress of a response that may never end; `None` for any other.
    progress: Mutex<Option<Arc<AtomicU64>>>,
}

impl Connections {
    fn new(listener: AdminListener, limits: AdminLimits, plane: &AdminPlane) -> Self {
        Self {
            listener,
            lobby: Arc::new(Lobby::new(limits.waiting)),
            served: Arc::new(Semaphore::new(limits.served)),
            open: JoinSet::new(),
            metrics: Arc::clone(&plane.metrics),
            turned_away: 0,
            log_at: Instant::now(),
        }
    }

    /// Waits for a connection. Returns `None` if accepting failed.
    async fn accept<S, A>(
        &mut self,
        accepting: impl Future<Output = io::Result<(S, A)>>,
    ) -> Option<(S, A)> {
        while self.open.try_join_next().is_some() {}
        let mut accepting = pin!(accepting);
        let accepted = loop {
            tokio::select! {
                accepted = &mut accepting => break accepted,
                () = sleep_until(self.log_at), if self.turned_away > 0 => self.log_turned_away(),
            }
        };
        match accepted {
            Ok(accepted) => Some(accepted),
            Err(error) => {
                let listener = self.listener.setting();
                tracing::warn!(%error, listener, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
                None
            }
        }
    }

    /// Waits until the last connection has ended.
    async fn finish(mut self) {
        while self.open.join_next().await.is_some() {}
    }

    /// Lets a connection into the lobby. Returns `None` if there is no room.
    fn enter(&mut self, peer: Peer) -> Option<Arc<Entrance>> {
        let visitor = self.lobby.enter(peer);
        let turned_away = self.lobby.take_turned_away();
        self.metrics.count_turned_away(self.listener, turned_away);
        self.turned_away += turned_away;
        Some(Arc::new(Entrance {
            visitor: visitor?,
            served: Arc::clone(&self.served),
            permit: Mutex::new(None),
            progress: Mutex::new(None),
        }))
    }

    fn log_turned_away(&mut self) {
        tracing::warn!(
            listener = self.listener.setting(),
            count = self.turned_away,
            "there are too many connections without a request to the admin plane: the oldest were closed"
        );
        self.turned_away = 0;
        self.log_at = Instant::now() + LOG_INTERVAL;
    }
}

impl Entrance {
    /// Runs the connection, for as long as it may last, or until another one takes its room in the lobby.
    async fn attend(self: Arc<Self>, connection: impl Future<Output = ()>) {
        tokio::select! {
            () = within_lifetime(connection, &self.progress) => {}
            () = self.visitor.displaced() => {}
        }
    }

    /// Takes a place among the connections that are served, once there is one.
    async fn pass(&self) {
        self.visitor.recognise();
        let permit = Arc::clone(&self.served).acquire_owned().await;
        *self.permit.lock() = Some(permit.expect("the semaphore is never closed"));
        self.visitor.leave();
    }
}

/// Runs a connection for its lifetime, and for as long as its client takes something of a response that may never
/// end in each further one.
async fn within_lifetime(
    connection: impl Future<Output = ()>,
    progress: &Mutex<Option<Arc<AtomicU64>>>,
) {
    let mut connection = pin!(connection);
    let mut before = None;
    while timeout(LIFETIME, &mut connection).await.is_err() {
        let progress = progress.lock();
        let now = progress.as_ref().map(|progress| progress.load(Relaxed));
        if now == before {
            break;
        }
        before = now;
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    plane: &Arc<AdminPlane>,
    entrance: &Entrance,
    caller: impl Fn(&Request<Incoming>) -> Caller,
) {
    let service = service_fn(async |mut request: Request<Incoming>| {
        let caller = caller(&request);
        let target = match router::admit(plane, &caller, &mut request).await {
            Ok(target) => target,
            Err(refused) => return Ok::<_, Infallible>(refused),
        };
        if caller.is_known() {
            entrance.pass().await;
        }
        let response = router::respond(plane, caller, target, request).await;
        *entrance.progress.lock() = response.body().progress();
        Ok(response)
    });
    // A client that hangs up, or does not send HTTP, cannot read a response.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_header_size(MAX_HEADER_BYTES)
        .max_buf_size(MAX_HEADER_BYTES)
        .keep_alive(false)
        .half_close(true)
        .serve_connection(TokioIo::new(Lingering::new(stream)), service)
        .with_upgrades()
        .await;
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    /// Returns the lifetimes of a connection that never ends by itself.
    async fn lifetimes(progress: Option<Arc<AtomicU64>>) -> u64 {
        let began = Instant::now();
        within_lifetime(pending(), &Mutex::new(progress)).await;
        began.elapsed().as_secs() / LIFETIME.as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_response_of_which_the_client_takes_something_outlives_a_connection() {
        assert_eq!(lifetimes(None).await, 1);
        assert_eq!(lifetimes(Some(Arc::default())).await, 2);
        let progress = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&progress);
        tokio::spawn(async move {
            for _ in 0..20 {
                sleep(LIFETIME / 2).await;
                counted.fetch_add(1, Relaxed);
            }
        });
        let lifetimes = lifetimes(Some(progress)).await;
        assert!((11..=12).contains(&lifetimes), "{lifetimes}");
    }
}
