//! The choice of a worker for each connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::sync::mpsc::UnboundedSender;

use super::accepted::Accepted;

/// The error for a connection whose thread has ended, after a fault or because the daemon stops.
#[derive(Debug)]
pub(crate) struct WorkerGone;

/// Gives each connection to the worker that has the fewest.
#[derive(Clone, Debug)]
pub(crate) struct Dispatcher(Vec<Inbox>);

/// The connections that one worker gets.
#[derive(Clone, Debug)]
pub(super) struct Inbox {
    /// Bounded by the places of connections.
    pub(super) accepted: UnboundedSender<Accepted>,
    /// The number of connections that the worker has.
    pub(super) open: Arc<AtomicUsize>,
}

impl Dispatcher {
    /// Returns a dispatcher to `workers`.
    pub(super) const fn new(workers: Vec<Inbox>) -> Self {
        Self(workers)
    }

    /// Gives a connection to the worker that has the fewest.
    ///
    /// # Errors
    ///
    /// [`WorkerGone`] if the thread of that worker has ended.
    pub(crate) fn dispatch(&self, accepted: Accepted) -> Result<(), WorkerGone> {
        let fewest = self.0.iter().min_by_key(|worker| worker.open.load(Relaxed));
        let worker = fewest.ok_or(WorkerGone)?;
        worker.open.fetch_add(1, Relaxed);
        worker.accepted.send(accepted).map_err(|_| WorkerGone)
    }
}
