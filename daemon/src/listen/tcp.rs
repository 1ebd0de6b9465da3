//! Listening TCP sockets.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use thiserror::Error;
use tokio::net::{TcpListener, TcpSocket};

use crate::uri::shown_path;

/// The reason why no socket listens on an address.
#[derive(Debug, Error)]
pub enum TcpError {
    /// Another process listens there.
    #[error(
        "another process holds this address{}; to see which, run: ss -ltnp 'sport = :{port}'",
        Suspect(.codeid.as_deref())
    )]
    InUse {
        /// The port of the address.
        port: u16,
        /// The Unix socket of a codeid that runs with the same settings, if there is one.
        codeid: Option<PathBuf>,
        /// The error of the system.
        source: io::Error,
    },
    /// The address is that of another machine.
    #[error("this machine does not have the address")]
    NotOurs(#[source] io::Error),
    /// The port needs a right that the process does not have.
    #[error("a port below 1024 needs the capability CAP_NET_BIND_SERVICE")]
    Privileged(#[source] io::Error),
    /// The system refused the socket for another reason.
    #[error(transparent)]
    System(#[from] io::Error),
}

struct Suspect<'a>(Option<&'a Path>);

/// Opens a listening socket with room for `backlog` connections that wait to be accepted. If another
/// process listens there, and one does on the Unix socket `codeid` too, the error names that.
///
/// # Errors
///
/// [`TcpError`].
pub fn open_tcp(
    address: SocketAddr,
    backlog: u32,
    codeid: Option<&Path>,
) -> Result<TcpListener, TcpError> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // So that a restart need not wait for the last connections' TIME_WAIT.
    socket.set_reuseaddr(true)?;
    let bound = socket.bind(address);
    let listener = bound.and_then(|()| socket.listen(backlog));
    listener.map_err(|source| match source.kind() {
        ErrorKind::AddrInUse => TcpError::InUse {
            port: address.port(),
            codeid: codeid
                .filter(|path| UnixStream::connect(path).is_ok())
                .map(Path::to_owned),
            source,
        },
        ErrorKind::AddrNotAvailable => TcpError::NotOurs(source),
        ErrorKind::PermissionDenied if (1..1024).contains(&address.port()) => {
            TcpError::Privileged(source)
        }
        _ => TcpError::System(source),
    })
}

impl fmt::Display for Suspect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(path) => write!(f, ", perhaps the codeid that serves {}", shown_path(path)),
            None => Ok(()),
        }
    }
}
