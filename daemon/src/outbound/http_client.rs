//! One HTTP exchange with a server of route configs: bounded in time and size, and tried once.

use std::error::Error;
use std::fs::File;
use std::future::poll_fn;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue,
    USER_AGENT,
};
use hyper::{Method, Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::outbound::connector::{Connector, describe};
use crate::rules::source::SourceError;
use crate::settings::Remote;

/// The most bytes of an answer's status line and headers.
const MAX_HEAD_BYTES: usize = 64 << 10;

/// The most bytes of a file with a bearer token.
const MAX_TOKEN_BYTES: u64 = 16 << 10;

/// What is said to be accepted. The second is for servers that know files only as bytes.
const ACCEPTED: HeaderValue = HeaderValue::from_static("application/json, */*;q=0.5");

const AGENT: HeaderValue = HeaderValue::from_static(concat!("codeid/", env!("CARGO_PKG_VERSION")));

/// A client for HTTP/1.1 over TCP or TLS. Each exchange has a connection of its own, so that none
/// meets one that the server has just closed, and nothing has to be tried again.
pub(crate) struct HttpClient {
    client: Client<Connector, String>,
    total_timeout: Duration,
    max_body_bytes: usize,
    bearer_token_path: Option<PathBuf>,
}

impl HttpClient {
    /// A client that reads at most `max_body_bytes` of an answer's body.
    pub(crate) fn new(settings: &Remote, tls: ClientConfig, max_body_bytes: usize) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .retry_canceled_requests(false)
            .http1_max_buf_size(MAX_HEAD_BYTES)
            .build(Connector::new(tls, settings.connect_timeout));
        Self {
            client,
            total_timeout: settings.total_timeout,
            max_body_bytes,
            bearer_token_path: settings.bearer_token_path.clone(),
        }
    }

    /// Does `exchange`, all that belongs to one call of the source or store, within the total
    /// time-out.
    ///
    /// # Errors
    ///
    /// That of the exchange, or that it was cut off.
    pub(crate) async fn in_time<T>(
        &self,
        exchange: impl Future<Output = Result<T, SourceError>>,
    ) -> Result<T, SourceError> {
        timeout(self.total_timeout, exchange).await.map_err(|_| {
            SourceError::new(format!(
                "no whole answer came within {} ms",
                self.total_timeout.as_millis()
            ))
        })?
    }

    /// Sends a request with the headers that every request has, and the bearer token if there is
    /// one. Completes with the head of the answer, of whatever status.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if the token cannot be read, or no answer comes.
    pub(crate) async fn send(
        &self,
        method: Method,
        uri: &Uri,
        headers: HeaderMap,
        body: String,
    ) -> Result<Response<Incoming>, SourceError> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri.clone();
        *request.headers_mut() = headers;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, ACCEPTED);
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(USER_AGENT, AGENT);
        if let Some(path) = &self.bearer_token_path {
            headers.insert(AUTHORIZATION, authorization(path.clone()).await?);
        }
        self.client.request(request).await.map_err(|error| {
            // hyper-util's own message says no more than at which step its cause came up.
            let cause = error.source().unwrap_or(&error);
            SourceError::new(format!("no answer: {}", describe(cause)))
        })
    }

    /// Reads the body of an answer that should be a JSON document.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if it is declared as something else, is too long, or breaks off.
    pub(crate) async fn read_body(
        &self,
        response: Response<Incoming>,
    ) -> Result<Vec<u8>, SourceError> {
        let (head, mut body) = response.into_parts();
        check_declaration(&head.headers)?;
        let too_long = || {
            SourceError::new(format!(
                "the answer is longer than {} bytes",
                self.max_body_bytes
            ))
        };
        if body.size_hint().lower() > self.max_body_bytes as u64 {
            return Err(too_long());
        }
        let mut bytes = Vec::new();
        while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
            let frame = frame.map_err(|error| {
                SourceError::new(format!(
                    "the answer broke off after {} bytes: {}",
                    bytes.len(),
                    describe(&error)
                ))
            })?;
            if let Ok(piece) = frame.into_data() {
                if bytes.len() + piece.len() > self.max_body_bytes {
                    return Err(too_long());
                }
                bytes.extend_from_slice(&piece);
            }
        }
        Ok(bytes)
    }
}

/// The URL of an HTTP request.
///
/// # Errors
///
/// What is wrong with it, without a part of it: it may hold secrets.
pub(crate) fn parse_url(text: &str) -> Result<Uri, &'static str> {
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("holds a character that must be percent-encoded");
    }
    let Ok(url) = text.parse::<Uri>() else {
        return Err("is not a URL");
    };
    if !matches!(url.scheme_str(), Some("http" | "https")) {
        return Err("is not an http or https URL");
    }
    match url.authority() {
        Some(authority) if authority.as_str().contains('@') => {
            Err("names a user, which is not sent; name a token with remote.bearer-token-path")
        }
        // The port is all that may follow the host.
        Some(authority)
            if authority.port_u16().is_none() && authority.as_str() != authority.host() =>
        {
            Err("names a port that is no number from 0 to 65535")
        }
        Some(authority) if !authority.host().is_empty() => Ok(url),
        _ => Err("names no host"),
    }
}

/// Refuses an answer that says it is no JSON document, or one that would have to be decoded first.
fn check_declaration(headers: &HeaderMap) -> Result<(), SourceError> {
    if let Some(coding) = headers.get(CONTENT_ENCODING)
        && !coding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return Err(SourceError::new(format!(
            "the answer is encoded as {}, which was not asked for",
            quoted(coding)
        )));
    }
    match headers.get(CONTENT_TYPE) {
        Some(declared) if !may_be_json(declared) => Err(SourceError::new(format!(
            "the answer's content type is {}; application/json is wanted, and text/plain, \
             application/octet-stream or none accepted",
            quoted(declared)
        ))),
        _ => Ok(()),
    }
}

/// Types of JSON, and those by which servers of files call what they do not know.
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

/// The start of what a server sent, fit for a log line.
fn quoted(value: &HeaderValue) -> String {
    let start = &value.as_bytes()[..value.len().min(64)];
    format!("{:?}", String::from_utf8_lossy(start))
}

/// The value of the header that carries the token in the file at `path`.
///
/// The file is read for each request, so that the token can be replaced while the daemon runs.
async fn authorization(path: PathBuf) -> Result<HeaderValue, SourceError> {
    let name = path.display().to_string();
    let refuse = |why: &str| SourceError::new(format!("the bearer token in {name} {why}"));
    let read = spawn_blocking(move || read_token(&path))
        .await
        .map_err(|_| refuse("could not be read"))?;
    let bytes = read.map_err(|error| refuse(&format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > MAX_TOKEN_BYTES {
        return Err(refuse(&format!("is longer than {MAX_TOKEN_BYTES} bytes")));
    }
    let token = bytes.trim_ascii();
    if token.is_empty() {
        return Err(refuse("is empty"));
    }
    if !token.iter().all(u8::is_ascii_graphic) {
        return Err(refuse(
            "holds something other than visible ASCII characters",
        ));
    }
    let mut value = HeaderValue::from_bytes(&[b"Bearer ", token].concat())
        .map_err(|_| refuse("cannot be sent in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// One byte more than the most shows that there is more.
fn read_token(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_TOKEN_BYTES + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
