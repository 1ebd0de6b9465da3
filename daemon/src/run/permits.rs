//! The permits of connections, and the end of the connections when the daemon stops.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The permits of all connections, by which a stop knows how many are open.
#[derive(Clone)]
pub(super) struct Permits {
    free: Arc<Semaphore>,
    all: usize,
}

impl Permits {
    /// Creates permits for `all` connections, none of which is open.
    pub(super) fn new(all: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(all)),
            all,
        }
    }

    /// Returns the semaphore that each connection takes a permit of.
    pub(super) const fn semaphore(&self) -> &Arc<Semaphore> {
        &self.free
    }

    /// Returns the number of connections that are open.
    pub(super) fn open(&self) -> usize {
        self.all - self.free.available_permits()
    }

    /// Waits until all connections are closed, and returns the number of those that are still open at
    /// the deadline.
    pub(super) async fn drain(&self, deadline: Duration) -> usize {
        let everything = u32::try_from(self.all).unwrap_or(u32::MAX);
        match timeout(deadline, self.free.acquire_many(everything)).await {
            // Only a closed semaphore refuses, and this one is never closed.
            Ok(_) => 0,
            Err(_) => self.open(),
        }
    }
}
