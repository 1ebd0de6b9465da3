//! Requests to stop the daemon.

use std::io;

use nix::libc::SIGXFSZ;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

/// The source of requests to stop a daemon.
///
/// The first request makes it drain: connections that wait to be accepted and requests that were
/// read are still answered, within `serve.drain-deadline-ms`. A second one ends it at once.
#[derive(Debug)]
pub struct StopRequests(Source);

#[derive(Debug)]
enum Source {
    Signals,
    Handle(mpsc::UnboundedReceiver<()>),
}

/// Asks one daemon to stop; made by [`StopRequests::with_handle`].
#[derive(Clone, Debug)]
pub struct StopHandle(mpsc::UnboundedSender<()>);

impl StopRequests {
    /// Returns the requests that arrive as SIGTERM and SIGINT, from when the daemon starts.
    #[must_use]
    pub const fn from_signals() -> Self {
        Self(Source::Signals)
    }

    /// Returns the requests that are made through a handle. Without a handle left, none arrives.
    #[must_use]
    pub fn with_handle() -> (StopHandle, Self) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (StopHandle(sender), Self(Source::Handle(receiver)))
    }

    /// Begins to listen; within a runtime.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the system refuses a handler of SIGTERM, SIGINT or SIGXFSZ.
    pub(super) fn listen(self) -> io::Result<Listening> {
        match self.0 {
            Source::Signals => {
                // With a handler, which stays for good, a write beyond RLIMIT_FSIZE fails like one on a
                // full disk; without, it ends the process.
                let _ = signal(SignalKind::from_raw(SIGXFSZ))?;
                Ok(Listening::Signals {
                    terminate: signal(SignalKind::terminate())?,
                    interrupt: signal(SignalKind::interrupt())?,
                })
            }
            Source::Handle(receiver) => Ok(Listening::Handle(receiver)),
        }
    }
}

impl StopHandle {
    /// Asks the daemon to stop. A daemon that has ended ignores it.
    pub fn stop(&self) {
        let _ = self.0.send(());
    }
}

/// Requests to stop, listened to.
pub(super) enum Listening {
    Signals {
        terminate: Signal,
        interrupt: Signal,
    },
    Handle(mpsc::UnboundedReceiver<()>),
}

impl Listening {
    /// Waits for the next request and returns its name for the log.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, it loses no request.
    pub(super) async fn next(&mut self) -> &'static str {
        match self {
            Self::Signals {
                terminate,
                interrupt,
            } => tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            },
            Self::Handle(requests) => match requests.recv().await {
                Some(()) => "stop requested",
                None => std::future::pending().await,
            },
        }
    }
}
