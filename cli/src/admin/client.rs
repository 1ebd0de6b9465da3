//! Requests to the admin plane of a daemon on this machine: one a connection, over its Unix socket.

use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, IF_MATCH};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::UnixStream;
use tokio::runtime::{self, Runtime};
use tokio::time::timeout;

use codeid_daemon::error_chain::ErrorChain;
use codeid_engine::ConfigDigest;

/// The most bytes of an answer that are read.
const MAX_ANSWER_BYTES: usize = 64 << 20;

/// How long the daemon may take for an answer: longer than it allows itself.
pub(super) const PATIENCE: Duration = Duration::from_secs(75);

/// Asks one daemon.
pub(crate) struct Client {
    socket: PathBuf,
    runtime: Runtime,
    patience: Duration,
}

/// What the daemon answered, whatever that is.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub(crate) enum NoAnswer {
    #[error(
        "no daemon listens on {}: there is no such socket; is the daemon running, and is that where \
         its setting admin.unix says? --socket names another place", .0.display()
    )]
    NoSocket(PathBuf),
    #[error(
        "no daemon listens on {}: what is there is no socket, or was left by a daemon that is gone; \
         is the daemon running?", .0.display()
    )]
    NobodyListens(PathBuf),
    #[error("{} may not be opened by this user: {}", .0.display(), .1)]
    Forbidden(PathBuf, String),
    #[error("{} cannot be connected to: {}", .0.display(), .1)]
    Unreachable(PathBuf, io::Error),
    #[error("the daemon at {} gave no answer: {}", .0.display(), .1)]
    BrokenOff(PathBuf, String),
    #[error("the daemon at {} gave no whole answer within {} s", socket.display(), patience.as_secs())]
    TooSlow { socket: PathBuf, patience: Duration },
    #[error("the runtime cannot be started: {0}")]
    NoRuntime(io::Error),
}

impl Client {
    /// A client of the daemon whose admin plane is at `socket`. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`NoAnswer::NoRuntime`].
    pub(crate) fn new(socket: PathBuf, patience: Duration) -> Result<Self, NoAnswer> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(NoAnswer::NoRuntime)?;
        Ok(Self {
            socket,
            runtime,
            patience,
        })
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Asks for what is at `path`.
    ///
    /// # Errors
    ///
    /// [`NoAnswer`]; an answer that refuses is one.
    pub(crate) fn get(&self, path: &str) -> Result<Answer, NoAnswer> {
        self.exchange(request(Method::GET, path, Bytes::new()))
    }

    /// Sends `body` to `path`. With `if_match`, only to replace what has this digest.
    ///
    /// # Errors
    ///
    /// [`NoAnswer`]; then it may have been done all the same, unless nothing was connected.
    pub(super) fn post(
        &self,
        path: &str,
        body: impl Into<Bytes>,
        if_match: Option<IfMatch>,
    ) -> Result<Answer, NoAnswer> {
        let mut request = request(Method::POST, path, body.into());
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(if_match) = if_match {
            headers.insert(IF_MATCH, if_match.header());
        }
        self.exchange(request)
    }

    fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Answer, NoAnswer> {
        let exchange = async {
            let connecting = UnixStream::connect(&self.socket).await;
            let stream = connecting.map_err(|error| self.not_connected(error))?;
            let broken = |error: hyper::Error| {
                NoAnswer::BrokenOff(self.socket.clone(), ErrorChain(&error).to_string())
            };
            let io = TokioIo::new(stream);
            let (mut sender, connection) = hyper::client::conn::http1::handshake(io)
                .await
                .map_err(broken)?;
            // What goes wrong there, the request's own future tells.
            tokio::spawn(connection);
            let response = sender.send_request(request).await.map_err(broken)?;
            self.read(response).await
        };
        let in_time = async { timeout(self.patience, exchange).await };
        self.runtime.block_on(in_time).unwrap_or_else(|_| {
            Err(NoAnswer::TooSlow {
                socket: self.socket.clone(),
                patience: self.patience,
            })
        })
    }

    async fn read(&self, response: Response<Incoming>) -> Result<Answer, NoAnswer> {
        let (head, incoming) = response.into_parts();
        let body = Limited::new(incoming, MAX_ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| {
            NoAnswer::BrokenOff(self.socket.clone(), ErrorChain(error.as_ref()).to_string())
        })?;
        Ok(Answer {
            status: head.status,
            body: body.to_bytes(),
        })
    }

    fn not_connected(&self, error: io::Error) -> NoAnswer {
        let socket = self.socket.clone();
        match error.kind() {
            ErrorKind::NotFound => NoAnswer::NoSocket(socket),
            ErrorKind::ConnectionRefused => NoAnswer::NobodyListens(socket),
            ErrorKind::PermissionDenied => {
                let owner = owner(&socket);
                NoAnswer::Forbidden(socket, owner)
            }
            _ => NoAnswer::Unreachable(socket, error),
        }
    }
}

/// Who may open the socket, as far as this user may know.
fn owner(socket: &Path) -> String {
    match std::fs::symlink_metadata(socket) {
        Ok(metadata) => format!(
            "it belongs to uid {}; run this as that user, or as root",
            metadata.uid()
        ),
        Err(_) => "a directory on the way to it is closed to this user; run this as the daemon's \
                   user, or as root"
            .to_owned(),
    }
}

fn request(method: Method, path: &str, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().expect("paths are written in this program");
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_static("localhost"));
    request
}

/// What a change replaces.
#[derive(Clone, Copy, Debug)]
pub(super) enum IfMatch {
    /// Whatever serves.
    Anything,
    /// The config with this digest.
    Sha256(ConfigDigest),
}

impl IfMatch {
    fn header(self) -> HeaderValue {
        match self {
            Self::Anything => HeaderValue::from_static("*"),
            Self::Sha256(digest) => HeaderValue::from_str(&format!("\"{digest}\""))
                .expect("a digest has hexadecimal digits only"),
        }
    }
}

impl std::str::FromStr for IfMatch {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digest = text.trim_matches('"').to_ascii_lowercase().parse();
        let digest = digest.map_err(|_| "it must be a SHA-256, 64 hexadecimal digits")?;
        Ok(Self::Sha256(digest))
    }
}
