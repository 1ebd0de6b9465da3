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

    /// Waits until all connections are closed, those without a request after [`IDLE_GRACE`], and
    /// returns the number of those that are still open at the deadline.
    pub(super) async fn drain(&self, deadline: Duration, shutdown: &Shutdown) -> usize {
        let everything = u32::try_from(self.all).unwrap_or(u32::MAX);
        let drained = async {
            let grace = timeout(IDLE_GRACE, self.free.acquire_many(everything)).await;
            if grace.is_err() {
                shutdown.enter(Stage::CloseIdle);
                // Only a closed semaphore refuses, and this one is never closed.
                let _ = self.free.acquire_many(everything).await;
            }
        };
        match timeout(deadline, drained).await {
            Ok(()) => 0,
            Err(_) => self.open(),
        }
    }
}
