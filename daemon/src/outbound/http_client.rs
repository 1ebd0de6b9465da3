//! One HTTP exchange with a server of route configs: bounded in time and size, and sent once.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue,
    USER_AGENT,
};
use hyper::{Method, Request, Response, Uri};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use thiserror::Error;
use tokio::time::timeout;

use super::bearer_token::{BearerTokenFile, TokenError};
use super::connector::Connector;
use super::proxy::{Proxy, Through};
use crate::count::counted;
use crate::settings::Remote;
use crate::uri::shown_path;

/// The most bytes of a response's status line and headers.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// The most bytes of a response's header that an error quotes.
const MAX_QUOTED_BYTES: usize = 64;

/// The value of `Accept`. The second range is for servers that know files only as bytes.
const ACCEPTED: HeaderValue = HeaderValue::from_static("application/json, */*;q=0.5");

const AGENT: HeaderValue = HeaderValue::from_static(concat!("codeid/", env!("CARGO_PKG_VERSION")));

/// A client for HTTP/1.1 over TCP or TLS. Each exchange has a connection of its own, so that none
/// meets a connection that the server has just closed, and nothing has to be sent again.
pub(crate) struct HttpClient {
    client: Client<Connector, String>,
    through: Through,
    total_timeout: Duration,
    max_body_bytes: usize,
    bearer_token: Option<BearerTokenFile>,
}

/// The reason why an exchange gave no body. No message contains a part of the request: its URL may
/// contain secrets.
#[derive(Debug, Error)]
pub(crate) enum ExchangeError {
    /// The exchange took too long.
    #[error("no complete response within {} ms{through}", .within.as_millis())]
    TimedOut {
        /// The limit that it exceeded.
        within: Duration,
        /// The way of the connection.
        through: Through,
    },
    /// The file of the bearer token cannot be used.
    #[error("cannot use the bearer token in {}", shown_path(path))]
    Token { path: PathBuf, source: TokenError },
    /// There is no connection, or it ended before a response.
    #[error("no response{through}")]
    NoResponse {
        /// The way of the connection; direct for an error that names the proxy itself.
        through: Through,
        source: SendError,
    },
    /// The connection ended in the middle of the body.
    #[error("the response broke off after {}{through}", counted(*.read, "byte"))]
    BrokenOff {
        /// The number of bytes that were received.
        read: usize,
        /// The way of the connection.
        through: Through,
        source: hyper::Error,
    },
    /// The body has more than this number of bytes.
    #[error("the response is longer than {}", counted(*.0, "byte"))]
    TooLong(usize),
    /// The body has this content coding, as the response quotes it.
    #[error("the response has the content coding {0}, and only identity is supported")]
    Encoded(String),
    /// The body has this type, as the response quotes it.
    #[error(
        "the response has the content type {0}, but must be application/json, text/plain, \
         application/octet-stream or undeclared"
    )]
    NotJson(String),
}

/// An error of hyper-util's client without its outermost message, which names only the step at
/// which the cause came up.
#[derive(Debug)]
pub(crate) struct SendError(legacy::Error);

impl HttpClient {
    /// Returns a client that reads at most `max_body_bytes` of a response's body, and connects through
    /// `proxy`, if there is one.
    pub(crate) fn new(
        settings: &Remote,
        tls: ClientConfig,
        proxy: Option<Proxy>,
        max_body_bytes: usize,
    ) -> Self {
        let connector = Connector::new(tls, settings.connect_timeout, proxy);
        let through = connector.through().clone();
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .retry_canceled_requests(false)
            .http1_max_buf_size(MAX_HEAD_BYTES)
            .build(connector);
        Self {
            client,
            through,
            total_timeout: settings.total_timeout,
            max_body_bytes,
            bearer_token: BearerTokenFile::of(settings),
        }
    }

    /// Awaits `exchange`, all that belongs to one call of a source or store, for at most the total
    /// time-out.
    ///
    /// # Errors
    ///
    /// The error of the exchange, or [`ExchangeError::TimedOut`], after which the exchange is dropped.
    pub(crate) async fn with_deadline<T, E: From<ExchangeError>>(
        &self,
        exchange: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        match timeout(self.total_timeout, exchange).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let timed_out = ExchangeError::TimedOut {
                    within: self.total_timeout,
                    through: self.through.clone(),
                };
                Err(timed_out.into())
            }
        }
    }

    /// Sends a request with the headers that every request has, and the bearer token if one is
    /// set. Completes with the head of the response, whatever its status.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`] if the token cannot be read or no response comes.
    pub(crate) async fn send(
        &self,
        method: Method,
        uri: &Uri,
        headers: HeaderMap,
        body: String,
    ) -> Result<Response<Incoming>, ExchangeError> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = headers;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, ACCEPTED);
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(USER_AGENT, AGENT);
        if let Some(file) = &self.bearer_token {
            let token = file.authorization().await;
            let token = token.map_err(|source| ExchangeError::Token {
                path: file.path.clone(),
                source,
            })?;
            headers.insert(AUTHORIZATION, token);
        }
        let sent = self.client.request(request).await;
        sent.map_err(|error| ExchangeError::NoResponse {
            through: match error.is_connect() {
                true => Through::default(),
                false => self.through.clone(),
            },
            source: SendError(error),
        })
    }

    /// Reads the body of a response that should be a JSON document. See [`read_body`].
    ///
    /// # Errors
    ///
    /// [`ExchangeError`] if the response declares another type, is too long, or breaks off.
    pub(crate) async fn read_body(
        &self,
        response: Response<Incoming>,
    ) -> Result<Vec<u8>, ExchangeError> {
        let body = read_body(response, self.max_body_bytes).await;
        body.map_err(|error| match error {
            ExchangeError::BrokenOff { read, source, .. } => ExchangeError::BrokenOff {
                read,
                through: self.through.clone(),
                source,
            },
            error => error,
        })
    }
}

impl SendError {
    fn cause(&self) -> &(dyn Error + 'static) {
        self.0.source().unwrap_or(&self.0)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.cause(), f)
    }
}

impl Error for SendError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause().source()
    }
}

/// Reads the body of a response that should be a JSON document, of at most `max_body_bytes` bytes.
///
/// # Errors
///
/// [`ExchangeError`] if the response declares another type, is too long, or breaks off.
pub(crate) async fn read_body(
    response: Response<Incoming>,
    max_body_bytes: usize,
) -> Result<Vec<u8>, ExchangeError> {
    let (head, mut body) = response.into_parts();
    check_declaration(&head.headers)?;
    if body.size_hint().lower() > max_body_bytes as u64 {
        return Err(ExchangeError::TooLong(max_body_bytes));
    }
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|source| ExchangeError::BrokenOff {
            read: bytes.len(),
            through: Through::default(),
            source,
        })?;
        if let Ok(piece) = frame.into_data() {
            if bytes.len() + piece.len() > max_body_bytes {
                return Err(ExchangeError::TooLong(max_body_bytes));
            }
            bytes.extend_from_slice(&piece);
        }
    }
    Ok(bytes)
}

/// Rejects a response that declares another type than JSON, or a content coding.
fn check_declaration(headers: &HeaderMap) -> Result<(), ExchangeError> {
    let mut codings = headers.get_all(CONTENT_ENCODING).iter().flat_map(codings);
    if let Some(coding) = codings.next() {
        return Err(ExchangeError::Encoded(quoted(coding)));
    }
    match headers.get(CONTENT_TYPE) {
        Some(declared) if !may_be_json(declared) => {
            Err(ExchangeError::NotJson(quoted(declared.as_bytes())))
        }
        _ => Ok(()),
    }
}

/// Returns `true` for the types of JSON, and for those that file servers declare for files of an
/// unknown type.
fn may_be_json(content_type: &HeaderValue) -> bool {
    let Ok(text) = content_type.to_str() else {
        return false;
    };
    let essence = text.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    matches!(
        essence.as_str(),
        "" | "application/json"
            | "text/json"
            | "text/plain"
            | "application/octet-stream"
            | "binary/octet-stream"
    ) || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Returns the content codings of a header's list that change the body. `identity` does not, and
/// `aws-chunked` is the framing of an upload to an object storage, which some of them return as its coding.
pub(crate) fn codings(list: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let codings = list.as_bytes().split(|byte| *byte == b',');
    codings.map(<[u8]>::trim_ascii).filter(|coding| {
        let unchanging = [&b""[..], b"identity", b"aws-chunked"];
        !unchanging
            .iter()
            .any(|other| coding.eq_ignore_ascii_case(other))
    })
}

/// Returns the start of a header's value, quoted and escaped for a log line.
pub(crate) fn quoted(value: &[u8]) -> String {
    let start = value.get(..MAX_QUOTED_BYTES).unwrap_or(value);
    format!("{:?}", String::from_utf8_lossy(start))
}
