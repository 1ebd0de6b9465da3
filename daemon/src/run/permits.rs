//! The permits of connections, and the end of the connections when the daemon stops.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The permits of all connections, by which a stop knows how many are open.
#[derive(Clone)]
pub(super) struct Permits {
    free: Arc<Semaphore>,
    all: u32,
}

impl Permits {
    /// Creates permits for `all` connections, none of which is open.
    pub(super) fn new(all: u32) -> Self {
        Self {
            free: Arc::new(Semaphore::new(all as usize)),
            all,
        }
    }

    /// Returns the semaphore that each connection takes a permit of.
    pub(super) const fn semaphore(&self) -> &Arc<Semaphore> {
        &self.free
    }

    /// Returns the number of connections that are open.
    ///
    /// While [`Self::drain`] waits, it has the free permits, which then count as open connections.
    pub(super) fn open(&self) -> usize {
        self.all as usize - self.free.available_permits()
    }

    /// Waits until all connections are closed, and returns the number of those that are still open after
    /// `patience`.
    ///
    /// # Cancel safety
    ///
    /// A call that is dropped gives back the permits that it has.
    pub(super) async fn drain(&self, patience: Duration) -> usize {
        match timeout(patience, self.free.acquire_many(self.all)).await {
            // Only a closed semaphore refuses, and this one is never closed.
            Ok(_) => 0,
            Err(_) => self.open(),
        }
    }
}
