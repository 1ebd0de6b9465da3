//! Accepting connections: within a bound, and without spinning when the system has no more.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::worker::{Accepted, Stream, Workers};
use crate::metrics::OpenConnection;

/// How many connections beyond the bound are told that they are; others wait to be accepted.
pub(crate) const OVERLOADED_CONNECTIONS: usize = 64;

/// The shortest and the longest pause after the system refused to accept.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Where connections come from.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
    /// For Redis clients.
    Resp(UnixListener),
}

/// Accepts connections for as long as it is polled and there are workers for them; without a
/// listener, none.
///
/// # Cancel safety
///
/// Dropped while it waits, it loses no connection that was accepted.
pub(crate) async fn accept_all(
    listener: Option<&Listener>,
    permits: &Arc<Semaphore>,
    workers: &Workers,
) {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    let mut pause = PAUSES.0;
    loop {
        // Taken before accepting, so that nothing is accepted that cannot be answered.
        let Ok(permit) = Arc::clone(permits).acquire_owned().await else {
            return;
        };
        let stream = match listener.accept().await {
            Ok(stream) => stream,
            Err(error) if is_of_one_connection(&error) => continue,
            Err(error) => {
                // Out of descriptors or memory. The connection stays in the queue, and trying
                // again at once would spin.
                tracing::warn!(%error, pause_ms = pause.as_millis(), "cannot accept");
                sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
                continue;
            }
        };
        pause = PAUSES.0;
        let overloaded = permits.available_permits() < OVERLOADED_CONNECTIONS;
        let accepted = Accepted {
            counted: OpenConnection::count(workers.figures(), stream.listener(), overloaded),
            stream,
            overloaded,
            permit,
        };
        if workers.serve(accepted).is_err() {
            return;
        }
    }
}

impl Listener {
    async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                // Answers are written whole; waiting for more to send would only delay them. It
                // fails only for a connection that is gone, as its reader will find.
                let _ = stream.set_nodelay(true);
                stream.into_std().map(Stream::Tcp)
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.into_std().map(Stream::Unix)
            }
            Self::Resp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.into_std().map(Stream::Resp)
            }
        }
    }
}

/// Whether an error concerns the connection that was to be accepted, and not the next.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionReset, HostUnreachable, Interrupted, NetworkDown,
        NetworkUnreachable,
    };
    matches!(
        error.kind(),
        ConnectionAborted
            | ConnectionReset
            | HostUnreachable
            | Interrupted
            | NetworkDown
            | NetworkUnreachable
    )
}
