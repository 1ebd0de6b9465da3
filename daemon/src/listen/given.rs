//! Listening sockets that the caller of the daemon has opened.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;

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
