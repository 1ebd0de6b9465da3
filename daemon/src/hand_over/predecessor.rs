//! The successor's end of a take-over.

use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, UPGRADE};
use hyper::upgrade::Upgraded;
use hyper::{Request, Response, StatusCode, body::Incoming};
use hyper_util::rt::TokioIo;
use rustix::net::sockopt::socket_acceptconn;
use thiserror::Error;
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::channel::{Channel, ChannelError};
use super::message::{Message, Offer, OfferedSocket, PROTOCOL, Ready};
use crate::api::refusal::Refusal;
use crate::listen::unix_socket::OwnedSocket;
use crate::listen::{GivenSockets, GivenUnix, ListenError, ListenerName};
use crate::settings::Settings;
use crate::uri::shown_path;

/// The limit on the time until the predecessor offers its sockets.
const OFFER_TIMEOUT: Duration = Duration::from_secs(20);

/// The limit on the time until the predecessor decides: longer than it waits for the actions of operators.
const DECISION_TIMEOUT: Duration = Duration::from_secs(30);

/// The most bytes of the response that refuses a take-over.
const MAX_REFUSAL_BYTES: usize = 64 << 10;

/// A running daemon that offers its listening sockets.
#[derive(Debug)]
pub(crate) struct Predecessor {
    channel: Channel,
    offer: Offer,
    sockets: Vec<(OfferedSocket, OwnedFd, Option<OwnedFd>)>,
    /// The listeners whose sockets were taken.
    taken: Vec<ListenerName>,
    /// `true` once the predecessor has accepted: the files of its sockets are this daemon's from then on.
    is_ours: Arc<AtomicBool>,
}

/// The reason why this daemon does not take over from the one that runs, which goes on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TakeOverError {
    /// The setting that names the socket of the running daemon is off.
    #[error("--take-over asks the running daemon over its admin socket, and admin.unix is off")]
    Off,
    /// The running daemon cannot be asked.
    #[error("cannot ask the daemon at {} for its sockets", shown_path(socket))]
    Unreachable {
        /// The admin socket.
        socket: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The running daemon does not know take-overs.
    #[error(
        "the daemon at {} cannot be taken over from: its version has no take-over; stop it before this one starts",
        shown_path(.0)
    )]
    Unknown(PathBuf),
    /// The running daemon refused.
    #[error("the running daemon goes on, and this one does not serve: {0}")]
    Refused(String),
    /// The conversation broke off.
    #[error("the take-over failed, and this daemon does not serve")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The running daemon did not answer in time.
    #[error("the running daemon did not {0} in time, and goes on")]
    TimedOut(&'static str),
}

impl From<ChannelError> for TakeOverError {
    fn from(error: ChannelError) -> Self {
        Self::Broken(Box::new(error))
    }
}

impl Predecessor {
    /// Asks the daemon that listens at the admin socket of the settings for its listening sockets. Returns `None`
    /// if no daemon listens there.
    ///
    /// # Errors
    ///
    /// [`TakeOverError`] if there is one that does not offer them.
    pub(crate) async fn ask(settings: &Settings) -> Result<Option<Self>, TakeOverError> {
        let socket = settings.admin.unix.as_deref().ok_or(TakeOverError::Off)?;
        let stream = match UnixStream::connect(socket).await {
            Ok(stream) => stream,
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::ConnectionRefused => return Ok(None),
                _ => {
                    return Err(TakeOverError::Unreachable {
                        socket: socket.to_owned(),
                        source: error,
                    });
                }
            },
        };
        let asking = timeout(OFFER_TIMEOUT, ask(stream, socket)).await;
        asking
            .unwrap_or(Err(TakeOverError::TimedOut("offer its sockets")))
            .map(Some)
    }

    /// Returns the process and the version of the predecessor.
    pub(crate) fn identity(&self) -> (u32, &str) {
        (self.offer.pid, &self.offer.version)
    }

    /// Adds the sockets of all listeners that have none and whose settings are those of the predecessor.
    ///
    /// # Errors
    ///
    /// [`ListenError`] if such a socket cannot be used.
    pub(crate) fn give(
        &mut self,
        to: &mut GivenSockets,
        settings: &Settings,
    ) -> Result<(), ListenError> {
        for (offered, socket, lock) in self.sockets.drain(..) {
            let name = offered.name;
            let value = name.value(settings);
            if to.has(name) || value.as_ref() != Some(&offered.setting) {
                continue;
            }
            let refuse = |error: io::Error| ListenError::new(name.setting(), "(taken over)", error);
            if !socket_acceptconn(&socket).unwrap_or(false) {
                return Err(refuse(io::Error::other("the socket does not listen")));
            }
            let path = name.path(settings).unwrap_or_else(|| Path::new(""));
            let unix = |socket| adopt(path, socket, lock, &self.is_ours).map_err(refuse);
            match name {
                ListenerName::Http => to.http = Some(TcpListener::from(socket)),
                ListenerName::Unix => to.unix = Some(unix(socket)?),
                ListenerName::Resp => to.resp = Some(unix(socket)?),
                ListenerName::Admin => to.admin = Some(unix(socket)?),
                ListenerName::AdminHttp => to.admin_http = Some(TcpListener::from(socket)),
            }
            self.taken.push(name);
        }
        Ok(())
    }

    /// Returns the listeners whose sockets were taken.
    pub(crate) fn taken(&self) -> &[ListenerName] {
        &self.taken
    }

    /// Announces what this daemon would serve, and waits until the predecessor accepts that.
    ///
    /// # Errors
    ///
    /// [`TakeOverError`] if it does not: this daemon must not serve.
    pub(crate) async fn be_accepted(&mut self, ready: Ready) -> Result<(), TakeOverError> {
        self.channel.send(&Message::Ready(ready), &[]).await?;
        let deciding = timeout(DECISION_TIMEOUT, self.channel.receive()).await;
        let (message, _) = deciding.map_err(|_| TakeOverError::TimedOut("decide"))??;
        match message {
            Message::Accepted => {
                self.is_ours.store(true, Ordering::Release);
                Ok(())
            }
            Message::Refused { reason } => Err(TakeOverError::Refused(reason)),
            _ => Err(ChannelError::Unexpected.into()),
        }
    }

    /// Announces that this daemon serves, so that the predecessor drains.
    ///
    /// # Errors
    ///
    /// [`TakeOverError`] if the predecessor has gone back to serving: this daemon must not serve.
    pub(crate) async fn serve(mut self) -> Result<(), TakeOverError> {
        let serving = self.channel.send(&Message::Serving, &[]).await;
        if serving.is_err() {
            self.is_ours.store(false, Ordering::Release);
        }
        Ok(serving?)
    }
}

/// Returns a Unix socket with its file, if the predecessor has made that.
fn adopt(
    path: &Path,
    socket: OwnedFd,
    lock: Option<OwnedFd>,
    is_ours: &Arc<AtomicBool>,
) -> io::Result<GivenUnix> {
    let mut given = GivenUnix::from(UnixListener::from(socket));
    if let Some(lock) = lock {
        given.file = Some(OwnedSocket::adopt(path, lock, is_ours)?);
        // It was bound under another name.
        given.address = shown_path(path).to_string();
    }
    Ok(given)
}

async fn ask(stream: UnixStream, socket: &Path) -> Result<Predecessor, TakeOverError> {
    let upgraded = upgrade(stream, socket).await?;
    let parts = upgraded
        .downcast::<TokioIo<UnixStream>>()
        .map_err(|_| ChannelError::Unexpected)?;
    if !parts.read_buf.is_empty() {
        return Err(ChannelError::Unexpected.into());
    }
    let mut channel = Channel::new(parts.io.into_inner());
    let pid = std::process::id();
    channel.send(&Message::Hello { pid }, &[]).await?;
    let (message, descriptors) = channel.receive().await?;
    let offer = match message {
        Message::Offer(offer) => offer,
        Message::Refused { reason } => return Err(TakeOverError::Refused(reason)),
        _ => return Err(ChannelError::Unexpected.into()),
    };
    let mut descriptors = descriptors.into_iter();
    let mut sockets = Vec::new();
    for offered in offer.sockets.iter().cloned() {
        let socket = descriptors.next().ok_or(ChannelError::Unexpected)?;
        let lock = match offered.has_lock {
            true => Some(descriptors.next().ok_or(ChannelError::Unexpected)?),
            false => None,
        };
        sockets.push((offered, socket, lock));
    }
    Ok(Predecessor {
        channel,
        offer,
        sockets,
        taken: Vec::new(),
        is_ours: Arc::default(),
    })
}

/// Has the predecessor speak the protocol of take-overs on a connection to its admin plane.
async fn upgrade(stream: UnixStream, socket: &Path) -> Result<Upgraded, TakeOverError> {
    let broken = |error: hyper::Error| TakeOverError::Broken(Box::new(error));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    // Its errors are also those of the response.
    tokio::spawn(connection.with_upgrades());
    let request = Request::post("/v1/take-over")
        .header(HOST, "localhost")
        .header(CONTENT_TYPE, "application/json")
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, PROTOCOL)
        .body(Empty::<Bytes>::new())
        .map_err(|error| TakeOverError::Broken(Box::new(error)))?;
    let response = sender.send_request(request).await.map_err(broken)?;
    match response.status() {
        StatusCode::SWITCHING_PROTOCOLS => hyper::upgrade::on(response).await.map_err(broken),
        StatusCode::NOT_FOUND => Err(TakeOverError::Unknown(socket.to_owned())),
        _ => Err(TakeOverError::Refused(refusal(response).await)),
    }
}

/// Returns the reason in the response that refuses a take-over.
async fn refusal(response: Response<Incoming>) -> String {
    let status = response.status();
    let body = Limited::new(response.into_body(), MAX_REFUSAL_BYTES);
    let body = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes);
    let refusal = body
        .ok()
        .and_then(|body| serde_json::from_slice::<Refusal>(&body).ok());
    refusal.map_or_else(
        || format!("its response has the status {status}"),
        |refusal| refusal.detail,
    )
}
