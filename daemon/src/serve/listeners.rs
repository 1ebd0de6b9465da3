//! Opening and closing what is served.

use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixListener as StdUnixListener;
use std::path::Path;

use tokio::net::{TcpListener, UnixListener};

use super::accept::Listener;
use super::worker::Stream;
use crate::listen::tcp::open_tcp;
use crate::listen::unix_socket::{OwnedSocket, SocketError, SocketFile};
use crate::listen::{GIVEN, ListenError, Listeners};
use crate::settings::Listen;

/// Everything that is listened on.
#[derive(Debug)]
pub(crate) struct ServingListeners {
    pub(crate) tcp: Option<Listener>,
    pub(crate) unix: Option<Listener>,
    pub(crate) resp: Option<Listener>,
    /// The address of the TCP listener, with the port it got.
    pub(crate) http: Option<SocketAddr>,
    sockets: Vec<OwnedSocket>,
}

impl ServingListeners {
    /// Takes the given listeners, and opens the others that the settings name.
    ///
    /// # Errors
    ///
    /// [`ListenError`] for the first that cannot be opened; nothing stays open then.
    pub(crate) async fn open(given: &mut Listeners, listen: &Listen) -> Result<Self, ListenError> {
        let mut listeners = Self {
            tcp: None,
            unix: None,
            resp: None,
            http: None,
            sockets: Vec::new(),
        };
        if let Some(listener) = given.http.take() {
            let refuse = |error: io::Error| ListenError::new("listen.http", GIVEN, &error);
            let listener = into_tokio_tcp(listener).map_err(refuse)?;
            listeners.http = Some(listener.local_addr().map_err(refuse)?);
            listeners.tcp = Some(Listener::Tcp(listener));
        } else if let Some(address) = listen.http {
            let refuse = |error: io::Error| ListenError::new("listen.http", address, &error);
            let listener = open_tcp(address, listen.backlog).map_err(refuse)?;
            listeners.http = Some(listener.local_addr().map_err(refuse)?);
            listeners.tcp = Some(Listener::Tcp(listener));
        }
        if let Some(listener) = given.unix.take() {
            let listener = adopt_unix("listen.unix", listener)?;
            listeners.unix = Some(Listener::Unix(listener));
        } else if let Some(path) = &listen.unix {
            let listener = listeners.open_unix("listen.unix", path, listen).await?;
            listeners.unix = Some(Listener::Unix(listener));
        }
        if let Some(listener) = given.resp.take() {
            let listener = adopt_unix("listen.resp", listener)?;
            listeners.resp = Some(Listener::Resp(listener));
        } else if let Some(path) = &listen.resp {
            let listener = listeners.open_unix("listen.resp", path, listen).await?;
            listeners.resp = Some(Listener::Resp(listener));
        }
        Ok(listeners)
    }

    async fn open_unix(
        &mut self,
        setting: &'static str,
        path: &Path,
        listen: &Listen,
    ) -> Result<UnixListener, ListenError> {
        let file = SocketFile {
            path: path.to_owned(),
            mode: listen.unix_mode,
            group: listen.unix_group.clone(),
        };
        let refuse = |error: SocketError| ListenError::new(setting, path.display(), &error);
        let (listener, socket) = file.open(listen.backlog).await.map_err(refuse)?;
        self.sockets.push(socket);
        Ok(listener)
    }

    /// How many listeners are open.
    pub(crate) fn count(&self) -> usize {
        let all = [&self.tcp, &self.unix, &self.resp];
        all.into_iter().flatten().count()
    }

    /// Stops listening, and tells the connections that were waiting to be accepted: whoever could
    /// connect is answered.
    pub(crate) fn close(self) -> Vec<Stream> {
        // First of all nobody else shall come.
        for socket in &self.sockets {
            socket.remove();
        }
        let mut waiting = Vec::new();
        let all = [self.tcp, self.unix, self.resp];
        for listener in all.into_iter().flatten() {
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
                Listener::Resp(listener) => {
                    if let Ok(listener) = listener.into_std() {
                        let accepted = std::iter::from_fn(|| listener.accept().ok());
                        waiting.extend(accepted.map(|(stream, _)| Stream::Resp(stream)));
                    }
                }
            }
        }
        // The listener does not block, but what it accepts does.
        waiting.retain(|stream| stream.set_nonblocking().is_ok());
        waiting
    }
}

fn into_tokio_tcp(listener: std::net::TcpListener) -> io::Result<TcpListener> {
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

fn adopt_unix(setting: &str, listener: StdUnixListener) -> Result<UnixListener, ListenError> {
    let adopted = listener
        .set_nonblocking(true)
        .and_then(|()| UnixListener::from_std(listener));
    adopted.map_err(|error| ListenError::new(setting, GIVEN, &error))
}

impl Stream {
    fn set_nonblocking(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_nonblocking(true),
            // Its socket never blocked.
            Self::Tls(_) => Ok(()),
            Self::Unix(stream) | Self::Resp(stream) => stream.set_nonblocking(true),
        }
    }
}
