//! The admin plane: what an operator asks of a running daemon, on a Unix socket of its own.
//!
//! | method and path | answer |
//! |---|---|
//! | `GET /v1/status` | what serves, where it came from, and how the sources do: [`status`] |
//! | `GET /livez` | 200 |
//! | `GET /readyz` | 200, or 503 with the reasons why not |
//!
//! Served on the control thread, under limits of its own: whatever happens here, the serving threads
//! do not see it, and nothing of theirs can be reached here. Whoever may open the socket may ask:
//! its permissions are the owner's.
//!
//! Source: SPEC.md, section 6.

mod answer;
mod connections;
mod router;
mod status;

use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use serde::Serialize;

use crate::reload::status::Board;
use crate::shutdown::Shutdown;
use crate::unix_socket::{OwnedSocket, SocketError, SocketFile};

/// The permissions of the socket: the owner's alone.
const SOCKET_MODE: u32 = 0o600;

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 64;

/// What the admin plane knows of the daemon.
#[derive(Debug)]
pub(crate) struct AdminPlane {
    board: Arc<Board>,
    shutdown: Arc<Shutdown>,
    listening: Listening,
    started_at: SystemTime,
    started: Instant,
}

/// Where the daemon listens; `null`: not there.
#[derive(Debug, Serialize)]
pub(crate) struct Listening {
    /// HTTP over TCP, with the port it got.
    pub(crate) http: Option<SocketAddr>,
    /// HTTP over a Unix socket.
    pub(crate) unix: Option<String>,
    /// RESP over a Unix socket.
    pub(crate) resp: Option<String>,
    /// The admin plane.
    pub(crate) admin: Option<String>,
}

/// The listener, open but not yet served.
#[derive(Debug)]
pub(crate) struct AdminListener(UnixListener);

/// The listener's file. Removed with the value.
#[derive(Debug)]
pub(crate) struct AdminSocket(OwnedSocket);

/// Opens the listener at `path`. It is served by [`serve`], on whatever runtime.
///
/// # Errors
///
/// [`SocketError`], as for every socket.
pub(crate) async fn open(path: &Path) -> Result<(AdminListener, AdminSocket), SocketError> {
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
    Ok((AdminListener(listener), socket))
}

/// Answers on `listener` for as long as it is polled.
///
/// # Errors
///
/// An [`io::Error`] if the runtime cannot wait for connections.
pub(crate) async fn serve(listener: &AdminListener, plane: Arc<AdminPlane>) -> io::Result<()> {
    let listener = tokio::net::UnixListener::from_std(listener.0.try_clone()?)?;
    connections::accept_all(&listener, &plane).await;
    Ok(())
}

impl AdminPlane {
    /// The plane of a daemon that began to start at `started`.
    pub(crate) fn new(
        board: Arc<Board>,
        shutdown: Arc<Shutdown>,
        listening: Listening,
        started: Instant,
    ) -> Self {
        Self {
            board,
            shutdown,
            listening,
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
