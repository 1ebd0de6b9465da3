//! Connections to one server, kept for the next request, each of which is sent at most once.
//!
//! hyper-util's pooled client does not say whether a byte of a request was written when it fails,
//! so the pool is ours, over hyper's connections, which do: a request comes back from one that was
//! dead already, and does not if anything of it was put into the connection's buffer.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::header::{HOST, HeaderMap, HeaderValue};
use hyper::{Request, StatusCode, Uri, Version};
use hyper_util::client::legacy::connect::Connection as _;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use thiserror::Error;
use tokio::time::timeout;
use tower_service::Service;

use crate::budget::{Budget, Share};
use crate::error_chain::ErrorChain;
use crate::outbound::connector::Connector;
use crate::sync::Mutex;

/// How long a connection is kept for the next request: less than any server is known to keep it,
/// since one that the server is just closing can take a request and lose it.
const KEPT_FOR: Duration = Duration::from_secs(10);

/// How long a connection may take to be ready for the next request once the answer was read. It is
/// so at once, but for one whose server answered before it had read the request.
const READY_WITHIN: Duration = Duration::from_secs(1);

/// The most bytes of an answer's status line and headers.
const MAX_HEAD_BYTES: u32 = 64 << 10;

/// How often a connection that carries several requests is asked whether it is alive, and how long
/// it may take to answer.
const PING_INTERVAL: Duration = Duration::from_secs(5);
const PING_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections to the server of one URL.
pub(super) struct Connections {
    connector: Connector,
    url: Uri,
    /// The URL without scheme and authority, as HTTP/1.1 sends it.
    target: Uri,
    /// The authority, as HTTP/1.1 sends it.
    host: HeaderValue,
    /// The most bytes of an answer's body.
    max_body_bytes: usize,
    budget: Arc<Budget>,
    idle: Mutex<Idle>,
    /// How many HTTP/2 connections were made.
    made: AtomicU64,
}

/// What waits for a request.
#[derive(Default)]
struct Idle {
    /// Those that carry one request at a time, and since when they are idle; the last is the one
    /// that was used last.
    http1: Vec<(http1::SendRequest<String>, Instant)>,
    /// The one that carries any number, and which it is.
    http2: Option<(http2::SendRequest<String>, u64)>,
}

/// A connection that takes a request.
enum Connection {
    Http1(http1::SendRequest<String>),
    Http2(http2::SendRequest<String>, u64),
}

/// A connection that took a request. If its answer is not read to the end, nobody uses it again.
struct InUse<'a> {
    connections: &'a Connections,
    /// `None` once it was given back.
    connection: Option<Connection>,
}

/// An answer that was read whole.
pub(super) struct WholeAnswer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Holds its share of the budget.
    pub(super) body: Bytes,
}

/// No whole answer came, for this reason.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct ExchangeError(String);

impl Connections {
    /// No connection yet, to the server of `url`, which is absolute.
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
            idle: Mutex::default(),
            made: AtomicU64::new(0),
        }
    }

    /// Sends a request to the URL, at most once, and reads the answer whole. Whoever stops waiting
    /// gives up the connection; what was sent stays sent.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`]; the server may have seen the request or not.
    pub(super) async fn exchange(
        &self,
        mut request: Request<String>,
    ) -> Result<WholeAnswer, ExchangeError> {
        if let Some(connection) = self.take() {
            match self.try_exchange(connection, request).await {
                Ok(answer) => return Ok(answer),
                Err(NoAnswer::Told(error)) => return Err(error),
                // The connection was dead, and is replaced, once.
                Err(NoAnswer::NothingWritten(unsent, _)) => request = *unsent,
            }
        }
        let connection = self.connect().await?;
        self.try_exchange(connection, request)
            .await
            .map_err(|no_answer| match no_answer {
                NoAnswer::Told(error) | NoAnswer::NothingWritten(_, error) => error,
            })
    }

    async fn try_exchange(
        &self,
        connection: Connection,
        mut request: Request<String>,
    ) -> Result<WholeAnswer, NoAnswer> {
        let mut in_use = InUse {
            connections: self,
            connection: Some(connection),
        };
        let sent = match &mut in_use.connection {
            Some(Connection::Http1(sender)) => {
                *request.version_mut() = Version::HTTP_11;
                *request.uri_mut() = self.target.clone();
                request.headers_mut().insert(HOST, self.host.clone());
                sender.try_send_request(request).await
            }
            Some(Connection::Http2(sender, _)) => {
                *request.version_mut() = Version::HTTP_2;
                *request.uri_mut() = self.url.clone();
                request.headers_mut().remove(HOST);
                sender.try_send_request(request).await
            }
            None => unreachable!("it was put there above"),
        };
        let response = sent.map_err(|mut error| {
            let unsent = error.take_message();
            let told = ExchangeError(format!("no answer: {}", ErrorChain(&error.into_error())));
            match unsent {
                Some(unsent) => NoAnswer::NothingWritten(Box::new(unsent), told),
                None => NoAnswer::Told(told),
            }
        })?;
        let (head, body) = response.into_parts();
        let body = read_body(body, self.max_body_bytes, &self.budget).await;
        let body = body.map_err(NoAnswer::Told)?;
        in_use.give_back().await;
        Ok(WholeAnswer {
            status: head.status,
            headers: head.headers,
            body,
        })
    }

    /// A connection that seems to live.
    fn take(&self) -> Option<Connection> {
        let mut idle = self.idle();
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

    async fn connect(&self) -> Result<Connection, ExchangeError> {
        let failed = |why: String| ExchangeError(format!("no connection: {why}"));
        let mut connector = self.connector.clone();
        let stream = async {
            poll_fn(|cx| connector.poll_ready(cx)).await?;
            connector.call(self.url.clone()).await
        };
        let stream = stream
            .await
            .map_err(|error| failed(ErrorChain(&*error).to_string()))?;
        let unusable = |error: hyper::Error| failed(ErrorChain(&error).to_string());
        if stream.connected().is_negotiated_h2() {
            let (sender, connection) = http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .keep_alive_interval(PING_INTERVAL)
                .keep_alive_timeout(PING_TIMEOUT)
                .max_header_list_size(MAX_HEAD_BYTES)
                .handshake(stream)
                .await
                .map_err(unusable)?;
            // Its errors are those of the requests on it.
            tokio::spawn(async { drop(connection.await) });
            let number = self.made.fetch_add(1, Ordering::Relaxed);
            self.idle().http2 = Some((sender.clone(), number));
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

    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.idle.lock()
    }
}

/// Reads a response's body of at most `most` bytes. A large body needs its share of the budget.
///
/// # Errors
///
/// [`ExchangeError`] if the body is too long, breaks off, or has no room in the budget.
pub(crate) async fn read_body(
    mut body: Incoming,
    most: usize,
    budget: &Arc<Budget>,
) -> Result<Bytes, ExchangeError> {
    let too_long = || ExchangeError(format!("the answer has more than {most} bytes"));
    if body.size_hint().lower() > most as u64 {
        return Err(too_long());
    }
    let mut share = Share::NONE;
    let mut bytes = BytesMut::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|error| {
            let (read, why) = (bytes.len(), ErrorChain(&error));
            ExchangeError(format!("the answer broke off after {read} bytes: {why}"))
        })?;
        let Ok(piece) = frame.into_data() else {
            continue;
        };
        let length = bytes.len() + piece.len();
        if length > most {
            return Err(too_long());
        }
        if !share.grow_to(length, budget) {
            let why = "there is no room for the answer within http.max-buffered-bytes";
            return Err(ExchangeError(why.to_owned()));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(share.attach_to(bytes.freeze()))
}

/// Why there is no answer.
enum NoAnswer {
    /// Nothing of the request was written.
    NothingWritten(Box<Request<String>>, ExchangeError),
    /// Something of it may have been.
    Told(ExchangeError),
}

impl Idle {
    fn discard_old(&mut self) {
        self.http1
            .retain(|(sender, since)| !sender.is_closed() && since.elapsed() < KEPT_FOR);
    }
}

impl InUse<'_> {
    /// Keeps the connection for the next request, if it is ready for one.
    async fn give_back(mut self) {
        if let Some(Connection::Http1(mut sender)) = self.connection.take()
            && let Ok(Ok(())) = timeout(READY_WITHIN, sender.ready()).await
        {
            let mut idle = self.connections.idle();
            idle.discard_old();
            idle.http1.push((sender, Instant::now()));
        }
    }
}

impl Drop for InUse<'_> {
    /// One that carries a single request closes without its sender. The other kind goes on for
    /// those who have requests on it, but may be as dead as it looks from here.
    fn drop(&mut self) {
        if let Some(Connection::Http2(_, failed)) = self.connection {
            let mut idle = self.connections.idle();
            if matches!(idle.http2, Some((_, number)) if number == failed) {
                idle.http2 = None;
            }
        }
    }
}
