//! Listening sockets that the daemon need not open: those that its caller gave.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;

use super::name::ListenerName;
use super::unix_socket::OwnedSocket;
use crate::uri::shown_path;

/// The value that an error names in place of an address, for a socket that the caller gave.
pub(crate) const GIVEN: &str = "(given by the caller)";

/// Listening sockets that take the place of those that the settings name.
///
/// A socket that is absent here is opened as its setting says, once the first route table is live.
/// A socket that is given accepts connections from the start, which wait for that table. The file of
/// a given Unix socket stays where it is when the daemon stops.
///
/// ```
/// use std::net::TcpListener;
///
/// use codeid_daemon::listen::Listeners;
///
/// let http = TcpListener::bind("127.0.0.1:0")?;
/// let address = http.local_addr()?;
/// let listeners = Listeners { http: Some(http), ..Listeners::default() };
/// assert_ne!(address.port(), 0);
/// # assert!(listeners.unix.is_none());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Listeners {
    /// HTTP over TCP, for `listen.http`.
    pub http: Option<TcpListener>,
    /// HTTP over a Unix socket, for `listen.unix`.
    pub unix: Option<UnixListener>,
    /// RESP over a Unix socket, for `listen.resp`.
    pub resp: Option<UnixListener>,
    /// The admin plane over a Unix socket, for `admin.unix`.
    pub admin: Option<UnixListener>,
    /// The admin plane over TCP, for `admin.http`, which must be set: the tokens belong to it.
    pub admin_http: Option<TcpListener>,
}

/// The same sockets, with what the daemon knows of each.
#[derive(Debug, Default)]
pub(crate) struct GivenSockets {
    /// HTTP over TCP.
    pub(crate) http: Option<TcpListener>,
    /// HTTP over a Unix socket.
    pub(crate) unix: Option<GivenUnix>,
    /// RESP over a Unix socket.
    pub(crate) resp: Option<GivenUnix>,
    /// The admin plane over a Unix socket.
    pub(crate) admin: Option<GivenUnix>,
    /// The admin plane over TCP.
    pub(crate) admin_http: Option<TcpListener>,
}

impl GivenSockets {
    /// Returns `true` if there is a socket for this listener.
    pub(crate) const fn has(&self, name: ListenerName) -> bool {
        match name {
            ListenerName::Http => self.http.is_some(),
            ListenerName::Unix => self.unix.is_some(),
            ListenerName::Resp => self.resp.is_some(),
            ListenerName::Admin => self.admin.is_some(),
            ListenerName::AdminHttp => self.admin_http.is_some(),
        }
    }
}

/// A listening Unix socket that this process did not open.
#[derive(Debug)]
pub(crate) struct GivenUnix {
    /// The socket.
    pub(crate) listener: UnixListener,
    /// Its address, as it may be shown.
    pub(crate) address: String,
    /// Its file, if the daemon is to remove that at the stop.
    pub(crate) file: Option<OwnedSocket>,
}

impl From<Listeners> for GivenSockets {
    fn from(given: Listeners) -> Self {
        Self {
            http: given.http,
            unix: given.unix.map(GivenUnix::from),
            resp: given.resp.map(GivenUnix::from),
            admin: given.admin.map(GivenUnix::from),
            admin_http: given.admin_http,
        }
    }
}

/// A socket whose file belongs to the caller.
impl From<UnixListener> for GivenUnix {
    fn from(listener: UnixListener) -> Self {
        Self {
            address: address(&listener),
            listener,
            file: None,
        }
    }
}

/// Returns the path that a socket is bound to, or its abstract name after an `@`.
fn address(listener: &UnixListener) -> String {
    let Ok(address) = listener.local_addr() else {
        return GIVEN.to_owned();
    };
    #[cfg(target_os = "linux")]
    if let Some(name) = std::os::linux::net::SocketAddrExt::as_abstract_name(&address) {
        return format!("@{}", name.escape_ascii());
    }
    address
        .as_pathname()
        .map_or_else(|| GIVEN.to_owned(), |path| shown_path(path).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_socket_is_shown_by_its_path() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s.sock");
        let given = GivenUnix::from(UnixListener::bind(&path).unwrap());
        assert_eq!(given.address, shown_path(&path).to_string());
        assert!(given.file.is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_given_socket_without_a_file_is_shown_by_its_name() {
        use std::os::linux::net::SocketAddrExt;
        use std::os::unix::net::SocketAddr;

        let name = format!("codeid-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let given = GivenUnix::from(UnixListener::bind_addr(&address).unwrap());
        assert_eq!(given.address, format!("@{name}"));
    }
}
