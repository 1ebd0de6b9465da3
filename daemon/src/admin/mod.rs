//! The admin plane: what operators see of a running daemon, and how they steer it.
//!
//! ```text
//! admin.unix ──who opened it──┐
//! admin.http ──TLS──token─────┴▶ router: ours? allowed? ──▶ look / steer ──▶ audit ──▶ answer
//! ```
//!
//! Served on the control thread, under limits of its own: whatever happens here, the serving threads
//! do not see it, and nothing of theirs can be reached here. `openapi.json` describes each path.
//!
//! Source: SPEC.md, section 6.

mod answer;
mod audit;
mod call;
mod caller;
mod changes;
mod connections;
mod console;
mod live_tokens;
mod log_level;
mod look;
mod origin;
mod probe;
pub(crate) mod role;
mod router;
mod status;
mod steer;
pub(crate) mod tokens;

use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use self::audit::AuditLog;
use self::connections::Gate;
use self::live_tokens::LiveTokens;
use crate::api::status::ListenerAddresses;
use crate::error_chain::ErrorChain;
use crate::listen::tcp::open_tcp;
use crate::listen::unix_socket::{OwnedSocket, SocketError, SocketFile};
use crate::listen::{GIVEN, ListenError, Listeners, LiveCertificate};
use crate::metrics::Metrics;
use crate::rules::operator::Operator;
use crate::settings::{self, AdminHttp};
use crate::shutdown::Shutdown;

/// The permissions of the socket: the owner's alone.
const SOCKET_MODE: u32 = 0o600;

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 64;

/// What the admin plane knows of the daemon.
pub(crate) struct AdminPlane {
    operator: Operator,
    metrics: Arc<Metrics>,
    shutdown: Arc<Shutdown>,
    listening: ListenerAddresses,
    /// The host names under which browsers may reach it.
    hosts: Vec<String>,
    audit: AuditLog,
    started_at: SystemTime,
    started: Instant,
}

/// What the admin plane is served on, open but not yet served.
pub(crate) struct AdminListeners {
    unix: Option<UnixListener>,
    tcp: Option<(std::net::TcpListener, Gate)>,
    audit: AuditLog,
    hosts: Vec<String>,
    /// The address of the TCP listener, with the port it got.
    pub(crate) http: Option<SocketAddr>,
}

/// The file of the Unix socket. Removed with the value.
#[derive(Debug)]
pub(crate) struct AdminSocket(OwnedSocket);

/// Takes the given listeners, and opens the others that the settings name. It is served by [`AdminListeners::serve_unix`] and
/// [`AdminListeners::serve_tcp`], on whatever runtime. `None`: the settings name nothing.
///
/// # Errors
///
/// [`ListenError`], for the first thing that cannot be opened.
pub(crate) async fn open(
    given: &mut Listeners,
    settings: &settings::Admin,
) -> Result<Option<(AdminListeners, Option<AdminSocket>)>, ListenError> {
    let none = settings.unix.is_none() && settings.http.is_none();
    if none && given.admin.is_none() && given.admin_http.is_none() {
        return Ok(None);
    }
    let audit_path = &settings.audit_path;
    let audit = AuditLog::open(audit_path)
        .map_err(|error| ListenError::new("admin.audit-path", audit_path.display(), &error))?;
    let (unix, socket) = match (given.admin.take(), &settings.unix) {
        (Some(listener), _) => {
            listener
                .set_nonblocking(true)
                .map_err(|error| ListenError::new("admin.unix", GIVEN, &error))?;
            (Some(listener), None)
        }
        (None, None) => (None, None),
        (None, Some(path)) => {
            let refuse = |error| ListenError::new("admin.unix", path.display(), &error);
            let (listener, socket) = open_unix(path).await.map_err(refuse)?;
            (Some(listener), Some(socket))
        }
    };
    let given_http = given.admin_http.take();
    if given_http.is_some() && settings.http.is_none() {
        let why = "a given socket needs the tokens that admin.http and admin.tokens-path set";
        return Err(ListenError::new("admin.http", GIVEN, &why));
    }
    let open = |http| open_http(given_http, http);
    let tcp = settings.http.as_ref().map(open).transpose()?;
    let http = tcp.as_ref().map(|(listener, _)| listener.local_addr());
    let address = settings.http.as_ref().map(|http| http.address.to_string());
    let refuse = |error| ListenError::new("admin.http", address.unwrap_or_default(), &error);
    let listeners = AdminListeners {
        unix,
        http: http.transpose().map_err(refuse)?,
        tcp,
        audit,
        hosts: settings.hosts.clone(),
    };
    Ok(Some((listeners, socket)))
}

async fn open_unix(path: &Path) -> Result<(UnixListener, AdminSocket), SocketError> {
    let file = SocketFile {
        path: path.to_owned(),
        mode: SOCKET_MODE,
        group: None,
    };
    let (listener, socket) = file.open(BACKLOG).await?;
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
) -> Result<(std::net::TcpListener, Gate), ListenError> {
    let tokens_path = settings.tokens_path.display();
    let tokens = LiveTokens::load(&settings.tokens_path)
        .map_err(|error| ListenError::new("admin.tokens-path", tokens_path, &ErrorChain(&error)))?;
    let certificate = settings
        .tls
        .clone()
        .map(LiveCertificate::load)
        .transpose()?;
    let address = settings.address;
    let refuse = |error: io::Error| ListenError::new("admin.http", address, &error);
    let listener = match given {
        Some(listener) => listener.set_nonblocking(true).map(|()| listener),
        None => open_tcp(address, BACKLOG).and_then(tokio::net::TcpListener::into_std),
    };
    let listener = listener.map_err(refuse)?;
    let gate = Gate {
        tokens: Arc::new(tokens),
        certificate: certificate.map(Arc::new),
    };
    Ok((listener, gate))
}

impl AdminListeners {
    /// What follows its files while it is polled: the tokens', and the certificate's.
    pub(crate) fn followed(&self) -> Option<(Arc<LiveTokens>, Option<Arc<LiveCertificate>>)> {
        let (_, gate) = self.tcp.as_ref()?;
        Some((Arc::clone(&gate.tokens), gate.certificate.clone()))
    }

    /// Answers on the Unix socket for as long as it is polled.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the runtime cannot wait for connections.
    pub(crate) async fn serve_unix(&self, plane: &Arc<AdminPlane>) -> io::Result<()> {
        if let Some(listener) = &self.unix {
            let listener = tokio::net::UnixListener::from_std(listener.try_clone()?)?;
            connections::accept_unix(&listener, plane).await;
        }
        Ok(())
    }

    /// The same over TCP.
    ///
    /// # Errors
    ///
    /// As for [`Self::serve_unix`].
    pub(crate) async fn serve_tcp(&self, plane: &Arc<AdminPlane>) -> io::Result<()> {
        if let Some((listener, gate)) = &self.tcp {
            let listener = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
            connections::accept_tcp(&listener, plane, gate).await;
        }
        Ok(())
    }
}

impl AdminPlane {
    /// The plane of a daemon that began to start at `started`, on these listeners.
    pub(crate) fn new(
        operator: Operator,
        metrics: Arc<Metrics>,
        shutdown: Arc<Shutdown>,
        listening: ListenerAddresses,
        listeners: &AdminListeners,
        started: Instant,
    ) -> Self {
        Self {
            operator,
            metrics,
            shutdown,
            listening,
            hosts: listeners.hosts.clone(),
            audit: listeners.audit.clone(),
            started_at: SystemTime::now() - started.elapsed(),
            started,
        }
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        self.0.remove();
    }
}
