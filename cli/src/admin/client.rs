//! Requests to the admin plane of a daemon on this machine, one per connection, over its Unix socket.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use codeid_daemon::uri::shown_path;
use codeid_engine::{ConfigDigest, ParseDigestError};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, IF_MATCH};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::UnixStream;
use tokio::runtime::{self, Runtime};
use tokio::time::timeout;

use crate::output::Failure;

/// The size limit of a response's body, in bytes.
const MAX_RESPONSE_BYTES: usize = 64 << 20;

/// The limit on the time until a response is complete: longer than the daemon's own limit.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(75);

/// The header of a command that overrides a freeze.
const OVERRIDE: HeaderName = HeaderName::from_static("x-codeid-override");

/// The conditions under which the daemon carries out a command; by default none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Condition {
    /// The config that must be live.
    pub(super) if_match: Option<IfMatch>,
    /// `true` if the config may be frozen by another operator.
    pub(super) overrides: bool,
}

/// A client of one daemon.
pub(crate) struct Client {
    socket: PathBuf,
    runtime: Runtime,
    timeout: Duration,
}

/// A response with any status.
pub(crate) struct Response {
    /// Also that of a refusal.
    pub(crate) status: StatusCode,
    /// Complete; at most [`MAX_RESPONSE_BYTES`] long.
    pub(crate) body: Bytes,
}

/// The reason why a response is missing.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    /// The socket does not exist.
    #[error(
        "no daemon is listening on {}: there is no such socket; is the daemon running, and is this \
         the path of its setting admin.unix? --socket names another one", shown_path(.0)
    )]
    NoSocket(PathBuf),
    /// The file of the socket refuses connections.
    #[error(
        "no daemon is listening on {}: it is not a socket, or it is the socket of a daemon that has \
         ended; is the daemon running?", shown_path(.0)
    )]
    NotListening(PathBuf),
    /// The permissions of the socket exclude this user; the text describes its owner.
    #[error("{} cannot be opened by this user: {}", shown_path(.0), .1)]
    Forbidden(PathBuf, String),
    /// The system cannot connect for another reason.
    #[error("cannot connect to {}", shown_path(socket))]
    Unreachable { socket: PathBuf, source: io::Error },
    /// The connection ended before the response did.
    #[error("the daemon at {} sent no complete response", shown_path(socket))]
    Interrupted {
        socket: PathBuf,
        source: Box<dyn Error + Send + Sync>,
    },
    /// The response took longer than the time-out, which errors show in seconds.
    #[error("the daemon at {} sent no complete response within {} s", shown_path(socket), timeout.as_secs())]
    TimedOut { socket: PathBuf, timeout: Duration },
    /// The runtime that waits for the socket cannot be made.
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self::Unanswered(Box::new(error))
    }
}

impl Client {
    /// Returns a client of the daemon whose admin plane is at `socket`. Does not connect yet; each
    /// exchange may take until `timeout`.
    ///
    /// # Errors
    ///
    /// [`ClientError::Runtime`] if the runtime cannot be started.
    pub(crate) fn new(socket: PathBuf, timeout: Duration) -> Result<Self, ClientError> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(ClientError::Runtime)?;
        Ok(Self {
            socket,
            runtime,
            timeout,
        })
    }

    /// Returns the path of the daemon's admin socket.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Sends a GET, and waits for the complete response.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if no complete response arrives; a refusal is a response, not an error.
    pub(crate) fn get(&self, path: &str) -> Result<Response, ClientError> {
        self.exchange(request(Method::GET, path, Bytes::new()))
    }

    /// Sends a POST of JSON, and waits for the complete response.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if no complete response arrives; unless no connection was made, the daemon may
    /// have carried out the command.
    pub(super) fn post(
        &self,
        path: &str,
        body: impl Into<Bytes>,
        condition: Condition,
    ) -> Result<Response, ClientError> {
        let mut request = request(Method::POST, path, body.into());
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(if_match) = condition.if_match {
            headers.insert(IF_MATCH, if_match.header());
        }
        if condition.overrides {
            headers.insert(OVERRIDE, HeaderValue::from_static("true"));
        }
        self.exchange(request)
    }

    fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Response, ClientError> {
        let exchange = async {
            let connecting = UnixStream::connect(&self.socket).await;
            let stream = connecting.map_err(|error| self.not_connected(error))?;
            let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
                .await
                .map_err(|error| self.interrupted(error))?;
            // Its errors are also those of the response.
            tokio::spawn(connection);
            let response = sender.send_request(request).await;
            let response = response.map_err(|error| self.interrupted(error))?;
            self.read(response).await
        };
        let in_time = async { timeout(self.timeout, exchange).await };
        self.runtime.block_on(in_time).unwrap_or_else(|_| {
            Err(ClientError::TimedOut {
                socket: self.socket.clone(),
                timeout: self.timeout,
            })
        })
    }

    async fn read(&self, response: hyper::Response<Incoming>) -> Result<Response, ClientError> {
        let (head, incoming) = response.into_parts();
        let body = Limited::new(incoming, MAX_RESPONSE_BYTES).collect().await;
        let body = body.map_err(|error| self.interrupted(error))?;
        Ok(Response {
            status: head.status,
            body: body.to_bytes(),
        })
    }

    fn not_connected(&self, error: io::Error) -> ClientError {
        let socket = self.socket.clone();
        match error.kind() {
            ErrorKind::NotFound => ClientError::NoSocket(socket),
            ErrorKind::ConnectionRefused => ClientError::NotListening(socket),
            ErrorKind::PermissionDenied => {
                let owner = owner(&socket);
                ClientError::Forbidden(socket, owner)
            }
            _ => ClientError::Unreachable {
                socket,
                source: error,
            },
        }
    }

    fn interrupted(&self, error: impl Into<Box<dyn Error + Send + Sync>>) -> ClientError {
        ClientError::Interrupted {
            socket: self.socket.clone(),
            source: error.into(),
        }
    }
}

/// Describes who may open the socket, as far as this user can see.
fn owner(socket: &Path) -> String {
    match std::fs::symlink_metadata(socket) {
        Ok(metadata) => format!(
            "it belongs to uid {}; run this as that user, or as root",
            metadata.uid()
        ),
        Err(_) => {
            "this user cannot enter one of its directories; run this as the daemon's user, or \
                   as root"
                .to_owned()
        }
    }
}

fn request(method: Method, path: &str, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().expect("the paths of the API are valid URIs");
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_static("localhost"));
    request
}

/// The route config that a change replaces.
#[derive(Clone, Copy, Debug)]
pub(super) enum IfMatch {
    /// The live one, whichever it is.
    Anything,
    /// The one with this digest, if it is live.
    Sha256(ConfigDigest),
}

impl IfMatch {
    fn header(self) -> HeaderValue {
        match self {
            Self::Anything => HeaderValue::from_static("*"),
            Self::Sha256(digest) => {
                HeaderValue::from_str(&format!("\"{digest}\"")).expect("a digest is visible ASCII")
            }
        }
    }
}

/// Parses a digest, with or without the quotes of an `ETag`, in either case.
impl FromStr for IfMatch {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        let digest = text.trim_matches('"').to_ascii_lowercase();
        digest.parse().map(Self::Sha256)
    }
}
