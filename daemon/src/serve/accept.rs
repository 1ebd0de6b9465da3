//! The accept loop: it admits a limited number of connections, and pauses when the system has no
//! descriptors left.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::time::sleep;

use super::accepted::{Accepted, Stream};
use super::worker::Workers;
use crate::budget::Share;
use crate::faults;
use crate::metrics::{OpenConnection, Task};
use crate::panic::{Panicked, catch_panic};

/// The number of connections beyond the limit that are accepted and refused; others wait to be
/// accepted.
pub(crate) const OVERLOADED_CONNECTIONS: usize = 64;

/// The shortest and the longest pause after the system refused to accept.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// A listener of the serving ports.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
    /// The listener for Redis clients.
    Resp(UnixListener),
}

/// Accepts connections and gives them to the workers, also after a panic. Completes when their threads have ended;
/// without a listener, never.
///
/// # Cancel safety
///
/// A future that is dropped loses no connection that was accepted.
pub(crate) async fn accept_all(
    listener: Option<&Listener>,
    permits: &Arc<Semaphore>,
    workers: &Workers,
) {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    while let Err(Panicked) = catch_panic(accept(listener, permits, workers)).await {
        Task::Accept.count_fault();
        let task = Task::Accept.name();
        tracing::error!(task, "a task met an internal fault and is started again");
        sleep(PAUSES.0).await;
    }
}

async fn accept(listener: &Listener, permits: &Arc<Semaphore>, workers: &Workers) {
    let mut pause = PAUSES.0;
    loop {
        // Before accepting, so that every accepted connection can be answered.
        let Ok(permit) = Arc::clone(permits).acquire_owned().await else {
            return;
        };
        let stream = match listener.accept().await {
            Ok(stream) => stream,
            Err(error) if concerns_one_connection(&error) => continue,
            Err(error) => {
                // The system is out of descriptors or memory. The connection stays in the queue,
                // so that trying again at once would spin.
                tracing::warn!(%error, pause_ms = pause.as_millis(), "cannot accept");
                sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
                continue;
            }
        };
        pause = PAUSES.0;
        faults::turn(Task::Accept.name());
        let share = workers.reserve(&stream);
        let is_overloaded = permits.available_permits() < OVERLOADED_CONNECTIONS || share.is_none();
        let accepted = Accepted {
            counted: OpenConnection::count(workers.figures(), stream.listener(), is_overloaded),
            stream,
            is_overloaded,
            permit,
            share: share.unwrap_or(Share::NONE),
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
                // Responses are written as a whole: waiting for more bytes would only delay them.
                // This fails only for a connection that is gone, as its reader will find.
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

/// Returns `true` if an error concerns the connection that was to be accepted, and not the next.
fn concerns_one_connection(error: &io::Error) -> bool {
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
