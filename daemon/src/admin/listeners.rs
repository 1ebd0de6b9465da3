//! The listeners of the admin plane.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;

use super::connections::{self, TcpAccess};
use super::limits::AdminLimits;
use super::live_tokens::LiveTokens;
use super::plane::AdminPlane;
use crate::audit::AuditLog;
use crate::clock::Clock;
use crate::listen::tcp::{TcpError, open_tcp};
use crate::listen::unix_socket::{OwnedSocket, SocketError, SocketFile};
use crate::listen::{GIVEN, GivenSockets, ListenError, ListenerName, LiveCertificate};
use crate::settings::{self, AdminHttp};
use crate::uri::shown_path;

/// The permissions of the socket: read and write for its owner.
const SOCKET_MODE: u32 = 0o600;

/// The most connections that wait to be accepted.
const BACKLOG: u32 = 1024;

/// The listeners of the admin plane, open and not yet served.
pub(crate) struct AdminListeners {
    unix: Option<UnixListener>,
    /// The address of the Unix socket, as it may be shown.
    pub(crate) unix_address: Option<String>,
    tcp: Option<(std::net::TcpListener, TcpAccess)>,
    /// The audit log, which all listeners share.
    pub(crate) audit: AuditLog,
    /// The limits on the connections of each.
    pub(crate) limits: AdminLimits,
    /// The address of the TCP listener, with the port that it got.
    pub(crate) http: Option<SocketAddr>,
}

/// The file of the Unix socket, which is removed when the value is dropped.
#[derive(Debug)]
pub(crate) struct AdminSocket(OwnedSocket);

/// A socket that was given for the admin plane over TCP, without the settings that it needs.
#[derive(Debug, thiserror::Error)]
#[error("a given socket needs the tokens that admin.http and admin.tokens-path set")]
struct NoTokens;

/// Takes the given listeners, and opens the others that the settings name. Returns `None`
/// without any. If `is_beside` is `true`, another process writes the audit log. [`AdminListeners::serve_unix`] and [`AdminListeners::serve_tcp`] serve them, each on
/// the runtime that polls it.
///
/// # Errors
///
/// [`ListenError`] for the first listener or file that cannot be opened.
pub(crate) async fn open(
    given: &mut GivenSockets,
    settings: &settings::Admin,
    clock: Clock,
    is_beside: bool,
) -> Result<Option<(AdminListeners, Option<AdminSocket>)>, ListenError> {
    let none = settings.unix.is_none() && settings.http.is_none();
    if none && given.admin.is_none() && given.admin_http.is_none() {
        return Ok(None);
    }
    let audit_path = &settings.audit.path;
    let audit = match is_beside {
        true => AuditLog::open_beside(&settings.audit, clock),
        false => AuditLog::open(&settings.audit, clock),
    };
    let audit = audit
        .map_err(|error| ListenError::new("admin.audit-path", shown_path(audit_path), error))?;
    let (unix, unix_address, socket) = match (given.admin.take(), &settings.unix) {
        (Some(given), _) => {
            let nonblocking = given.listener.set_nonblocking(true);
            nonblocking.map_err(|error| ListenError::new("admin.unix", GIVEN, error))?;
            let socket = given.file.map(AdminSocket);
            (Some(given.listener), Some(given.address), socket)
        }
        (None, None) => (None, None, None),
        (None, Some(path)) => {
            let refuse =
                |error: SocketError| ListenError::new("admin.unix", shown_path(path), error);
            let (listener, socket) = open_unix(path).await.map_err(refuse)?;
            let address = shown_path(path).to_string();
            (Some(listener), Some(address), Some(socket))
        }
    };
    let given_http = given.admin_http.take();
    if given_http.is_some() && settings.http.is_none() {
        return Err(ListenError::new("admin.http", GIVEN, NoTokens));
    }
    let open = |http| open_http(given_http, http);
    let tcp = settings.http.as_ref().map(open).transpose()?;
    let http = tcp.as_ref().map(|(listener, _)| listener.local_addr());
    let address = settings.http.as_ref().map(|http| http.address.to_string());
    let refuse =
        |error: io::Error| ListenError::new("admin.http", address.unwrap_or_default(), error);
    let listeners = AdminListeners {
        unix,
        unix_address,
        http: http.transpose().map_err(refuse)?,
        tcp,
        audit,
        limits: AdminLimits::new(1, AdminLimits::descriptors(1)),
    };
    Ok(Some((listeners, socket)))
}

async fn open_unix(path: &Path) -> Result<(UnixListener, AdminSocket), SocketError> {
    let (listener, socket) = socket_file(path).open(BACKLOG).await?;
    // Removes the file if anything fails from here on.
    let socket = AdminSocket(socket);
    let listener = listener
        .into_std()
        .map_err(|error| SocketError::System("hand it on", error))?;
    Ok((listener, socket))
}

fn open_http(
    given: Option<std::net::TcpListener>,
    settings: &AdminHttp,
) -> Result<(std::net::TcpListener, TcpAccess), ListenError> {
    let tokens = open_tokens(settings)?;
    let certificate = settings
        .tls
        .clone()
        .map(LiveCertificate::load)
        .transpose()?;
    let address = settings.address;
    let open = || match given {
        Some(listener) => {
            listener.set_nonblocking(true)?;
            Ok(listener)
        }
        // The admin socket, which an earlier daemon would have served, is open by now.
        None => Ok(open_tcp(address, BACKLOG, None)?.into_std()?),
    };
    let refuse = |error: TcpError| ListenError::new("admin.http", address, error);
    let listener = open().map_err(refuse)?;
    let access = TcpAccess {
        tokens: Arc::new(tokens),
        certificate: certificate.map(Arc::new),
    };
    Ok((listener, access))
}

/// Reads the tokens of `admin.http`.
///
/// # Errors
///
/// [`ListenError`] if the file of tokens is refused.
fn open_tokens(settings: &AdminHttp) -> Result<LiveTokens, ListenError> {
    let path = &settings.tokens_path;
    LiveTokens::open(path)
        .map_err(|error| ListenError::new("admin.tokens-path", shown_path(path), error))
}

/// Returns the number of tokens that `admin.http` would accept.
///
/// # Errors
///
/// [`ListenError`], as the start has it.
pub(crate) fn count_tokens(settings: &AdminHttp) -> Result<usize, ListenError> {
    Ok(open_tokens(settings)?.live().count())
}

/// Checks that the socket of `admin.unix` can be opened. `is_ours` is as for [`SocketFile::rehearse`].
///
/// # Errors
///
/// [`ListenError`], as the start has it.
pub(crate) async fn rehearse_unix(path: &Path, is_ours: bool) -> Result<(), ListenError> {
    let rehearsed = socket_file(path).rehearse(is_ours).await;
    rehearsed.map_err(|error| ListenError::new("admin.unix", shown_path(path), error))
}

fn socket_file(path: &Path) -> SocketFile {
    SocketFile {
        path: path.to_owned(),
        mode: SOCKET_MODE,
        group: None,
    }
}

impl AdminListeners {
    /// Returns the number of listeners.
    pub(crate) fn count(&self) -> usize {
        usize::from(self.unix.is_some()) + usize::from(self.tcp.is_some())
    }

    /// Returns the listeners with these limits on the connections of each.
    pub(crate) fn within(self, limits: AdminLimits) -> Self {
        Self { limits, ..self }
    }

    /// Returns the tokens and the certificate, which follow their files while they are polled.
    pub(crate) fn followed(&self) -> Option<(Arc<LiveTokens>, Option<Arc<LiveCertificate>>)> {
        let (_, access) = self.tcp.as_ref()?;
        Some((Arc::clone(&access.tokens), access.certificate.clone()))
    }

    /// Returns a copy of the descriptor of a listener; `None` if there is no such listener.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the system refuses a descriptor.
    pub(crate) fn copy(&self, name: ListenerName) -> io::Result<Option<OwnedFd>> {
        match name {
            ListenerName::Admin => {
                let copy = self.unix.as_ref().map(UnixListener::try_clone);
                Ok(copy.transpose()?.map(OwnedFd::from))
            }
            ListenerName::AdminHttp => {
                let copy = self.tcp.as_ref().map(|(listener, _)| listener.try_clone());
                Ok(copy.transpose()?.map(OwnedFd::from))
            }
            ListenerName::Http | ListenerName::Unix | ListenerName::Resp => Ok(None),
        }
    }

    /// Serves the Unix socket for as long as the future is polled, or until a successor does and the last
    /// connection has ended.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the runtime cannot wait for connections.
    pub(crate) async fn serve_unix(&self, plane: &Arc<AdminPlane>) -> io::Result<()> {
        if let Some(listener) = &self.unix {
            let listener = tokio::net::UnixListener::from_std(listener.try_clone()?)?;
            connections::accept_unix(&listener, plane, self.limits).await;
        }
        Ok(())
    }

    /// Serves the TCP listener for as long as the future is polled, or until a successor does and the last
    /// connection has ended.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the runtime cannot wait for connections.
    pub(crate) async fn serve_tcp(&self, plane: &Arc<AdminPlane>) -> io::Result<()> {
        if let Some((listener, access)) = &self.tcp {
            let listener = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
            connections::accept_tcp(&listener, plane, access, self.limits).await;
        }
        Ok(())
    }
}

impl AdminSocket {
    /// Returns a copy of the descriptor of the lock beside the file.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the system refuses a descriptor.
    pub(crate) fn copy_of_lock(&self) -> io::Result<OwnedFd> {
        self.0.copy_of_lock()
    }

    /// Passes the file to the successor, or takes it back.
    pub(crate) fn pass(&self, is_passed: bool) {
        self.0.pass(is_passed);
    }
}
