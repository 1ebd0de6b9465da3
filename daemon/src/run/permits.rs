//! The permits of connections, and the end of the connections when the daemon stops.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::shutdown::{Shutdown, Stage};

/// The time for which a connection without a request stays open while the daemon stops: a client that
/// is about to send its next request still gets a response, which announces the close.
const IDLE_GRACE: Duration = Duration::from_secs(1);

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

    /// Waits until all connections are closed, those without a request after [`IDLE_GRACE`], and
    /// returns the number of those that are still open after `patience`.
    ///
    /// # Cancel safety
    ///
    /// A call that is dropped gives back the permits that it has. If it has entered
    /// [`Stage::CloseIdle`], the daemon stays in that stage.
    pub(super) async fn drain(&self, patience: Duration, shutdown: &Shutdown) -> usize {
        let drained = async {
            let grace = timeout(IDLE_GRACE, self.free.acquire_many(self.all)).await;
            if grace.is_err() {
                shutdown.enter(Stage::CloseIdle);
                // Only a closed semaphore refuses, and this one is never closed.
                let _ = self.free.acquire_many(self.all).await;
            }
        };
        match timeout(patience, drained).await {
            Ok(()) => 0,
            Err(_) => self.open(),
        }
    }
}
