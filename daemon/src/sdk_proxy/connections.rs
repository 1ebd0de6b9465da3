//! Connections to one server, reused for later requests, each of which is sent at most once.
//!
//! hyper-util's pooled client does not report on failure whether a byte of the request was written,
//! so the pool is ours, over hyper's connections, which do report it: a connection that was dead
//! already returns the request, unless any of it was put into the connection's buffer.

use std::future::poll_fn;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1, http2};
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response, Uri, Version};
use hyper_util::client::legacy::connect::Connection as _;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{sleep, timeout};
use tower_service::Service;

use super::exchange::{ExchangeError, WholeResponse, read_body};
use crate::budget::Budget;
use crate::outbound::connector::Connector;
use crate::sync::Mutex;

/// The time for which an idle connection is reused: less than any server is known to keep one,
/// since a server that is just closing a connection can accept a request and lose it.
const MAX_IDLE_TIME: Duration = Duration::from_secs(10);

/// The time that a connection may take to be ready for the next request once the response was read.
/// It is ready at once, unless the server responded before it had read the request.
const READY_TIMEOUT: Duration = Duration::from_secs(1);

/// The part of that time for which the response waits.
const PUT_BACK_TIMEOUT: Duration = Duration::from_millis(5);

/// The most bytes of a response's status line and headers.
const MAX_HEAD_BYTES: u32 = 64 << 10;

/// The time between two pings on an HTTP/2 connection, which detect that it is dead.
const PING_INTERVAL: Duration = Duration::from_secs(5);
/// The time within which a ping must be acknowledged.
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections to the server of one URL.
pub(super) struct Connections {
    connector: Connector,
    url: Uri,
    /// The URL without scheme and authority, as HTTP/1.1 sends it.
    target: Uri,
    /// The authority, as HTTP/1.1 sends it.
    host: HeaderValue,
    /// The most bytes of a response's body.
    max_body_bytes: usize,
    budget: Arc<Budget>,
    idle: Arc<Mutex<Idle>>,
    /// The number of HTTP/2 connections made so far.
    http2_made: AtomicU64,
}

/// The connections that can take a request.
#[derive(Default)]
struct Idle {
    /// HTTP/1.1 connections, which carry one request at a time, with the time since when each is idle.
    /// The last one was used last.
    http1: Vec<(http1::SendRequest<Full<Bytes>>, Instant)>,
    /// The HTTP/2 connection, which carries any number of requests, and its number.
    http2: Option<(http2::SendRequest<Full<Bytes>>, u64)>,
    /// `true` while a task closes connections that are idle for too long.
    is_swept: bool,
}

/// A connection for one request.
enum Connection {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>, u64),
}

/// The reason that a request has no response.
enum Unanswered {
    /// No byte of the request was written.
    Unsent(Box<Request<Full<Bytes>>>, ExchangeError),
    /// Some of the request may have been written.
    Failed(ExchangeError),
}

/// Retires an HTTP/2 connection when dropped. Requests in flight on it continue, but a failure on it
/// suggests that it is dead.
struct RetireOnDrop<'a> {
    idle: &'a Mutex<Idle>,
    number: u64,
    is_armed: bool,
}

impl Connections {
    /// Creates a pool without a connection, for the server of `url`, which is absolute.
    pub(super) fn new(
        connector: Connector,
        url: Uri,
        max_body_bytes: usize,
        budget: Arc<Budget>,
    ) -> Self {
        let authority = url.authority().map_or("", |authority| authority.as_str());
        Self {
            host: HeaderValue::from_str(authority).expect("an authority is visible ASCII"),
            target: url
                .path_and_query()
                .map_or_else(|| Uri::from_static("/"), |target| target.clone().into()),
            connector,
            url,
            max_body_bytes,
            budget,
            idle: Arc::default(),
            http2_made: AtomicU64::new(0),
        }
    }

    /// Sends a request to the URL, at most once, and reads the response whole.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`] if there is no whole response. The server may have received the request.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, its connection is not used again. The request may have been sent.
    pub(super) async fn exchange(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<WholeResponse, ExchangeError> {
        if let Some(connection) = self.take() {
            match self.try_exchange(connection, request).await {
                Ok(response) => return Ok(response),
                Err(Unanswered::Failed(error)) => return Err(error),
                // The connection was dead, and is replaced, once.
                Err(Unanswered::Unsent(unsent, _)) => request = *unsent,
            }
        }
        let connection = self.connect().await?;
        self.try_exchange(connection, request)
            .await
            .map_err(|unanswered| match unanswered {
                Unanswered::Failed(error) | Unanswered::Unsent(_, error) => error,
            })
    }

    async fn try_exchange(
        &self,
        connection: Connection,
        mut request: Request<Full<Bytes>>,
    ) -> Result<WholeResponse, Unanswered> {
        match connection {
            Connection::Http1(mut sender) => {
                *request.version_mut() = Version::HTTP_11;
                *request.uri_mut() = self.target.clone();
                request.headers_mut().insert(HOST, self.host.clone());
                let response = self.receive(sender.try_send_request(request).await).await?;
                // Without its sender, a connection closes.
                self.put_back(sender).await;
                Ok(response)
            }
            Connection::Http2(mut sender, number) => {
                let retire = RetireOnDrop {
                    idle: &self.idle,
                    number,
                    is_armed: true,
                };
                *request.version_mut() = Version::HTTP_2;
                *request.uri_mut() = self.url.clone();
                request.headers_mut().remove(HOST);
                let response = self.receive(sender.try_send_request(request).await).await?;
                retire.disarm();
                Ok(response)
            }
        }
    }

    async fn receive(
        &self,
        sent: Result<Response<Incoming>, TrySendError<Request<Full<Bytes>>>>,
    ) -> Result<WholeResponse, Unanswered> {
        let response = sent.map_err(|mut error| {
            let unsent = error.take_message();
            let error = ExchangeError::NoResponse {
                through: self.connector.through().clone(),
                source: error.into_error(),
            };
            match unsent {
                Some(unsent) => Unanswered::Unsent(Box::new(unsent), error),
                None => Unanswered::Failed(error),
            }
        })?;
        let (head, body) = response.into_parts();
        let body = read_body(
            body,
            self.max_body_bytes,
            &self.budget,
            self.connector.through(),
        )
        .await;
        Ok(WholeResponse {
            status: head.status,
            headers: head.headers,
            body: body.map_err(Unanswered::Failed)?,
        })
    }

    /// Takes a connection that seems to be alive.
    fn take(&self) -> Option<Connection> {
        let mut idle = self.idle.lock();
        if let Some((sender, number)) = &idle.http2 {
            if !sender.is_closed() {
                return Some(Connection::Http2(sender.clone(), *number));
            }
            idle.http2 = None;
        }
        idle.discard_old();
        let ready = idle
            .http1
            .iter()
            .rposition(|(sender, _)| sender.is_ready())?;
        Some(Connection::Http1(idle.http1.remove(ready).0))
    }

    /// Makes the connection available to later requests, once it is ready for one. The response is not held
    /// up by that.
    async fn put_back(&self, mut sender: http1::SendRequest<Full<Bytes>>) {
        let pool = Arc::clone(&self.idle);
        let ready = tokio::spawn(async move {
            if let Ok(Ok(())) = timeout(READY_TIMEOUT, sender.ready()).await {
                let mut idle = pool.lock();
                idle.discard_old();
                idle.http1.push((sender, Instant::now()));
                if !mem::replace(&mut idle.is_swept, true) {
                    tokio::spawn(sweep(Arc::clone(&pool)));
                }
            }
        });
        // Almost always ready by then, so that the caller's next request finds the connection.
        let _ = timeout(PUT_BACK_TIMEOUT, ready).await;
    }

    async fn connect(&self) -> Result<Connection, ExchangeError> {
        let mut connector = self.connector.clone();
        let stream = async {
            poll_fn(|cx| connector.poll_ready(cx)).await?;
            connector.call(self.url.clone()).await
        };
        let stream = stream.await.map_err(ExchangeError::NoConnection)?;
        let unusable = |error: hyper::Error| ExchangeError::NoConnection(error.into());
        if stream.connected().is_negotiated_h2() {
            let (sender, connection) = http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .keep_alive_interval(PING_INTERVAL)
                .keep_alive_timeout(PING_TIMEOUT)
                .max_header_list_size(MAX_HEAD_BYTES)
                .handshake(stream)
                .await
                .map_err(unusable)?;
            // Its errors reach the requests on it.
            tokio::spawn(async { drop(connection.await) });
            let number = self.http2_made.fetch_add(1, Ordering::Relaxed);
            self.idle.lock().http2 = Some((sender.clone(), number));
            return Ok(Connection::Http2(sender, number));
        }
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(MAX_HEAD_BYTES as usize)
            .title_case_headers(true)
            .handshake(stream)
            .await
            .map_err(unusable)?;
        tokio::spawn(async { drop(connection.await) });
        Ok(Connection::Http1(sender))
    }
}

/// Closes connections that are idle for too long, until there is none: they hold buffers, which a load
/// would otherwise leave behind.
async fn sweep(idle: Arc<Mutex<Idle>>) {
    loop {
        sleep(MAX_IDLE_TIME).await;
        let mut idle = idle.lock();
        idle.discard_old();
        if idle.http1.is_empty() {
            idle.is_swept = false;
            return;
        }
    }
}

impl Idle {
    fn discard_old(&mut self) {
        self.http1
            .retain(|(sender, since)| !sender.is_closed() && since.elapsed() < MAX_IDLE_TIME);
    }
}

impl RetireOnDrop<'_> {
    /// Leaves the connection in use.
    fn disarm(mut self) {
        self.is_armed = false;
    }
}

impl Drop for RetireOnDrop<'_> {
    fn drop(&mut self) {
        if self.is_armed {
            let mut idle = self.idle.lock();
            if matches!(idle.http2, Some((_, number)) if number == self.number) {
                idle.http2 = None;
            }
        }
    }
}
