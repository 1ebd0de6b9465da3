//! The accept loop: it finds each connection its place, and pauses when the system has no descriptors left.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::time::sleep;

use super::accepted::{Accepted, Stream};
use super::admission::Admission;
use super::worker::Workers;
use crate::budget::Share;
use crate::faults;
use crate::listen::peer::Peer;
use crate::metrics::{self, Task};
use crate::panic::{Panicked, catch_panic};

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
    admission: &Arc<Admission>,
    workers: &Workers,
) {
    let Some(listener) = listener else {
        return std::future::pending().await;
    };
    while let Err(Panicked) = catch_panic(accept(listener, admission, workers)).await {
        Task::Accept.count_fault();
        let task = Task::Accept.name();
        tracing::error!(task, "a task met an internal fault and is started again");
        sleep(PAUSES.0).await;
    }
}

async fn accept(listener: &Listener, admission: &Arc<Admission>, workers: &Workers) {
    let of = listener.of();
    let mut pause = PAUSES.0;
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) if concerns_one_connection(&error) => continue,
            Err(error) => {
                // The system is out of descriptors or memory. The connection stays in the queue,
                // so that trying again at once would spin.
                tracing::warn!(%error, pause_ms = pause.as_millis(), "cannot accept");
                admission.cannot_accept(of);
                sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
                continue;
            }
        };
        pause = PAUSES.0;
        faults::turn(Task::Accept.name());
        let share = workers.reserve(&stream);
        let Some(place) = admission.admit(of, peer, share.is_some()) else {
            continue;
        };
        let accepted = Accepted {
            stream,
            place,
            share: share.unwrap_or(Share::NONE),
        };
        if workers.serve(accepted).is_err() {
            return;
        }
    }
}

impl Listener {
    /// Returns the listener that metrics name.
    const fn of(&self) -> metrics::Listener {
        match self {
            Self::Tcp(_) => metrics::Listener::Http,
            Self::Unix(_) => metrics::Listener::Unix,
            Self::Resp(_) => metrics::Listener::Resp,
        }
    }

    async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                // Responses are written as a whole: waiting for more bytes would only delay them.
                // This fails only for a connection that is gone, as its reader will find.
                let _ = stream.set_nodelay(true);
                Ok((
                    stream.into_std().map(Stream::Tcp)?,
                    Peer::of_address(address),
                ))
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                let peer = Peer::of_unix(&stream);
                Ok((stream.into_std().map(Stream::Unix)?, peer))
            }
            Self::Resp(listener) => {
                let (stream, _) = listener.accept().await?;
                let peer = Peer::of_unix(&stream);
                Ok((stream.into_std().map(Stream::Resp)?, peer))
            }
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(listener) => listener.as_fd(),
            Self::Unix(listener) | Self::Resp(listener) => listener.as_fd(),
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
