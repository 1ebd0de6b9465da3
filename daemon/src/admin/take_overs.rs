//! The admission of successors: one at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::hand_over::Desk;

/// Hands the listening sockets over to successors, one at a time.
#[derive(Clone, Debug)]
pub(crate) struct TakeOvers {
    /// The desk of the thread that has the sockets.
    pub(super) desk: Desk,
    only_one: Arc<Semaphore>,
    /// The time that a successor may take to become ready.
    pub(super) deadline: Duration,
}

impl TakeOvers {
    /// Returns the take-overs whose orders are given at `desk`.
    pub(crate) fn new(desk: Desk, deadline: Duration) -> Self {
        Self {
            desk,
            only_one: Arc::new(Semaphore::new(1)),
            deadline,
        }
    }

    /// Begins a take-over, which lasts as long as the value that is returned. `None` while another one lasts.
    pub(super) fn begin(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.only_one).try_acquire_owned().ok()
    }
}
