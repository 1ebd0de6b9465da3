//! The listeners of the serving ports.

use std::io;
use std::iter;
use std::net::{self, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixListener as StdUnixListener;
use std::path::Path;

use tokio::net::{TcpListener, UnixListener};

use super::accept::Listener;
use super::accepted::Stream;
use crate::listen::tcp::{TcpError, open_tcp};
use crate::listen::unix_socket::{OwnedSocket, SocketError, SocketFile};
use crate::listen::{GIVEN, GivenSockets, GivenUnix, ListenError, ListenerName};
use crate::settings::Listen;
use crate::uri::shown_path;

/// The open listeners of the serving ports.
#[derive(Debug)]
pub(crate) struct ServingListeners {
    /// HTTP over TCP; `None` unless `listen.http` is set or it was given.
    pub(crate) tcp: Option<Listener>,
    /// HTTP over a Unix socket; `None` unless `listen.unix` is set or it was given.
    pub(crate) unix: Option<Listener>,
    /// RESP over a Unix socket; `None` unless `listen.resp` is set or it was given.
    pub(crate) resp: Option<Listener>,
    /// The address of the TCP listener, with the port that it got.
    pub(crate) http: Option<SocketAddr>,
    /// The address of the Unix socket with HTTP, as it may be shown.
    pub(crate) unix_address: Option<String>,
    /// The address of the Unix socket with RESP, as it may be shown.
    pub(crate) resp_address: Option<String>,
    /// The files of the Unix sockets, as far as they are not the caller's.
    files: Vec<(ListenerName, OwnedSocket)>,
}

impl ServingListeners {
    /// Takes the given listeners, and opens the others that the settings name.
    ///
    /// # Errors
    ///
    /// [`ListenError`] for the first that cannot be opened; nothing stays open then.
    pub(crate) async fn open(
        given: &mut GivenSockets,
        listen: &Listen,
    ) -> Result<Self, ListenError> {
        let mut listeners = Self {
            tcp: None,
            unix: None,
            resp: None,
            http: None,
            unix_address: None,
            resp_address: None,
            files: Vec::new(),
        };
        if let Some(listener) = given.http.take() {
            let refuse = |error: io::Error| ListenError::new("listen.http", GIVEN, error);
            let listener = into_tokio_tcp(listener).map_err(refuse)?;
            listeners.http = Some(listener.local_addr().map_err(refuse)?);
            listeners.tcp = Some(Listener::Tcp(listener));
        } else if let Some(address) = listen.http {
            let refuse = |error: TcpError| ListenError::new("listen.http", address, error);
            let same = listen.unix.as_deref().or(listen.resp.as_deref());
            let listener = open_tcp(address, listen.backlog, same).map_err(refuse)?;
            let refuse = |error: io::Error| ListenError::new("listen.http", address, error);
            listeners.http = Some(listener.local_addr().map_err(refuse)?);
            listeners.tcp = Some(Listener::Tcp(listener));
        }
        let (unix, resp) = (given.unix.take(), given.resp.take());
        let opened = listeners.unix(ListenerName::Unix, unix, listen.unix.as_deref(), listen);
        if let Some((listener, address)) = opened.await? {
            listeners.unix = Some(Listener::Unix(listener));
            listeners.unix_address = Some(address);
        }
        let opened = listeners.unix(ListenerName::Resp, resp, listen.resp.as_deref(), listen);
        if let Some((listener, address)) = opened.await? {
            listeners.resp = Some(Listener::Resp(listener));
            listeners.resp_address = Some(address);
        }
        Ok(listeners)
    }

    /// Takes the given socket, or opens the one at `path`. Returns it with its address, as it may be shown.
    async fn unix(
        &mut self,
        name: ListenerName,
        given: Option<GivenUnix>,
        path: Option<&Path>,
        listen: &Listen,
    ) -> Result<Option<(UnixListener, String)>, ListenError> {
        if let Some(given) = given {
            let listener = adopt_unix(name.setting(), given.listener)?;
            self.files.extend(given.file.map(|file| (name, file)));
            return Ok(Some((listener, given.address)));
        }
        let Some(path) = path else { return Ok(None) };
        let refuse = |error: SocketError| ListenError::new(name.setting(), shown_path(path), error);
        let file = socket_file(path, listen);
        let (listener, socket) = file.open(listen.backlog).await.map_err(refuse)?;
        self.files.push((name, socket));
        Ok(Some((listener, shown_path(path).to_string())))
    }

    /// Returns the number of open listeners.
    pub(crate) fn count(&self) -> usize {
        let all = [&self.tcp, &self.unix, &self.resp];
        all.into_iter().flatten().count()
    }

    /// Returns a copy of the descriptor of a listener, and of that of the lock beside its file, if this process
    /// has one; `None` if there is no such listener.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the system refuses a descriptor.
    pub(crate) fn copy(
        &self,
        name: ListenerName,
    ) -> io::Result<Option<(OwnedFd, Option<OwnedFd>)>> {
        let listener = match name {
            ListenerName::Http => &self.tcp,
            ListenerName::Unix => &self.unix,
            ListenerName::Resp => &self.resp,
            ListenerName::Admin | ListenerName::AdminHttp => return Ok(None),
        };
        let Some(listener) = listener else {
            return Ok(None);
        };
        let file = self.files.iter().find(|(of, _)| *of == name);
        let lock = file.map(|(_, file)| file.copy_of_lock()).transpose()?;
        Ok(Some((listener.as_fd().try_clone_to_owned()?, lock)))
    }

    /// Passes the files of these listeners to the successor, or takes them back.
    pub(crate) fn pass(&self, names: &[ListenerName], is_passed: bool) {
        for (_, file) in self.files.iter().filter(|(name, _)| names.contains(name)) {
            file.pass(is_passed);
        }
    }

    /// Stops listening. Returns the connections that waited to be accepted, since a client that could
    /// connect must be answered; those of the listeners `left` wait for the successor, which has them, too.
    pub(crate) fn close(self, left: &[ListenerName]) -> Vec<Stream> {
        // First, so that no other client finds the socket.
        drop(self.files);
        let mut waiting = Vec::new();
        let all = [
            (ListenerName::Http, self.tcp),
            (ListenerName::Unix, self.unix),
            (ListenerName::Resp, self.resp),
        ];
        let closed = all.into_iter().filter(|(name, _)| !left.contains(name));
        for listener in closed.filter_map(|(_, listener)| listener) {
            match listener {
                Listener::Tcp(listener) => {
                    let accept =
                        |listener: &net::TcpListener| Ok(Stream::Tcp(listener.accept()?.0));
                    waiting.extend(accept_waiting(listener.into_std(), accept));
                }
                Listener::Unix(listener) => {
                    let accept =
                        |listener: &StdUnixListener| Ok(Stream::Unix(listener.accept()?.0));
                    waiting.extend(accept_waiting(listener.into_std(), accept));
                }
                Listener::Resp(listener) => {
                    let accept =
                        |listener: &StdUnixListener| Ok(Stream::Resp(listener.accept()?.0));
                    waiting.extend(accept_waiting(listener.into_std(), accept));
                }
            }
        }
        waiting
    }
}

/// Checks that a Unix socket of the serving ports can be opened. `is_ours` is as for [`SocketFile::rehearse`].
///
/// # Errors
///
/// [`ListenError`], as the start has it.
pub(crate) async fn rehearse_unix(
    setting: &'static str,
    path: &Path,
    listen: &Listen,
    is_ours: bool,
) -> Result<(), ListenError> {
    let rehearsed = socket_file(path, listen).rehearse(is_ours).await;
    rehearsed.map_err(|error| ListenError::new(setting, shown_path(path), error))
}

fn socket_file(path: &Path, listen: &Listen) -> SocketFile {
    SocketFile {
        path: path.to_owned(),
        mode: listen.unix_mode,
        group: listen.unix_group.clone(),
    }
}

/// Accepts the connections that wait, and closes the listener.
fn accept_waiting<L>(
    listener: io::Result<L>,
    accept: impl Fn(&L) -> io::Result<Stream>,
) -> Vec<Stream> {
    let accepted = listener.iter().flat_map(|listener| {
        // The listener does not block, so it fails once none is left.
        iter::from_fn(|| accept(listener).ok())
    });
    // What it accepts does block.
    accepted
        .filter(|stream| stream.set_nonblocking().is_ok())
        .collect()
}

fn into_tokio_tcp(listener: net::TcpListener) -> io::Result<TcpListener> {
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

fn adopt_unix(setting: &str, listener: StdUnixListener) -> Result<UnixListener, ListenError> {
    let adopted = listener
        .set_nonblocking(true)
        .and_then(|()| UnixListener::from_std(listener));
    adopted.map_err(|error| ListenError::new(setting, GIVEN, error))
}
