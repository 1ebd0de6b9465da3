//! Opening and closing what is served.

use std::io;
use std::net::SocketAddr;

use thiserror::Error;
use tokio::net::{TcpListener, TcpSocket};

use super::accept::Listener;
use super::tls::CertificateError;
use super::worker::Stream;
use crate::settings::Listen;
use crate::unix_socket::{OwnedSocket, SocketError, SocketFile};

/// Everything that is listened on.
#[derive(Debug)]
pub(super) struct Listeners {
    pub(super) tcp: Option<Listener>,
    pub(super) unix: Option<Listener>,
    /// The address of the TCP listener, with the port it got.
    pub(super) http: Option<SocketAddr>,
    socket: Option<OwnedSocket>,
}

/// Why a listener was not opened: which setting, and what is the matter with its value.
#[derive(Debug, Error)]
#[error("{setting} {value}: {why}")]
pub struct ListenError {
    setting: &'static str,
    value: String,
    why: String,
}

impl ListenError {
    pub(super) fn new(setting: &'static str, value: impl ToString, why: &impl ToString) -> Self {
        Self {
            setting,
            value: value.to_string(),
            why: why.to_string(),
        }
    }
}

impl From<CertificateError> for ListenError {
    fn from(error: CertificateError) -> Self {
        Self::new(error.setting, error.path.display(), &error.why)
    }
}

impl Listeners {
    /// Opens what the settings name.
    ///
    /// # Errors
    ///
    /// [`ListenError`] for the first that cannot be opened; nothing stays open then.
    pub(super) async fn open(listen: &Listen) -> Result<Self, ListenError> {
        let mut listeners = Self {
            tcp: None,
            unix: None,
            http: None,
            socket: None,
        };
        if let Some(address) = listen.http {
            let refuse = |error: io::Error| ListenError::new("listen.http", address, &error);
            let listener = open_tcp(address, listen.backlog).map_err(refuse)?;
            listeners.http = Some(listener.local_addr().map_err(refuse)?);
            listeners.tcp = Some(Listener::Tcp(listener));
        }
        if let Some(path) = &listen.unix {
            let file = SocketFile {
                path: path.clone(),
                mode: listen.unix_mode,
                group: listen.unix_group.clone(),
            };
            let refuse =
                |error: SocketError| ListenError::new("listen.unix", path.display(), &error);
            let (listener, socket) = file.open(listen.backlog).await.map_err(refuse)?;
            listeners.socket = Some(socket);
            listeners.unix = Some(Listener::Unix(listener));
        }
        Ok(listeners)
    }

    /// How many listeners are open.
    pub(super) fn count(&self) -> usize {
        usize::from(self.tcp.is_some()) + usize::from(self.unix.is_some())
    }

    /// Stops listening, and tells the connections that were waiting to be accepted: whoever could
    /// connect is answered.
    pub(super) fn close(self) -> Vec<Stream> {
        // First of all nobody else shall come.
        if let Some(socket) = &self.socket {
            socket.remove();
        }
        let mut waiting = Vec::new();
        for listener in [self.tcp, self.unix].into_iter().flatten() {
            match listener {
                Listener::Tcp(listener) => {
                    if let Ok(listener) = listener.into_std() {
                        let accepted = std::iter::from_fn(|| listener.accept().ok());
                        waiting.extend(accepted.map(|(stream, _)| Stream::Tcp(stream)));
                    }
                }
                Listener::Unix(listener) => {
                    if let Ok(listener) = listener.into_std() {
                        let accepted = std::iter::from_fn(|| listener.accept().ok());
                        waiting.extend(accepted.map(|(stream, _)| Stream::Unix(stream)));
                    }
                }
            }
        }
        // The listener does not block, but what it accepts does.
        waiting.retain(|stream| stream.set_nonblocking().is_ok());
        waiting
    }
}

impl Stream {
    fn set_nonblocking(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_nonblocking(true),
            // Its socket never blocked.
            Self::Tls(_) => Ok(()),
            Self::Unix(stream) => stream.set_nonblocking(true),
        }
    }
}

fn open_tcp(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // So that a restart need not wait for the last connections' TIME_WAIT.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(backlog)
}
