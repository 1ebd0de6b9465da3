//! The least pace at which a client takes what is written for it.

use std::time::Duration;

use tokio::time::Instant;

/// The least bytes that a client takes in a second, on average over the time in which bytes wait for it.
const LEAST_RATE: u64 = 4 << 10;

/// The pace of a client since bytes began to wait for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    since: Instant,
    taken: u64,
}

impl Pace {
    /// The pace of a client for which bytes wait from `since` on.
    pub(super) const fn new(since: Instant) -> Self {
        Self { since, taken: 0 }
    }

    /// Adds bytes that the client has taken.
    pub(super) const fn take(&mut self, bytes: u64) {
        self.taken += bytes;
    }

    /// Returns the time by which the client must have taken more: `patience`, and the time that the bytes
    /// that it has taken may have needed.
    pub(super) fn deadline(&self, patience: Duration) -> Instant {
        let milliseconds = self.taken.saturating_mul(1000) / LEAST_RATE;
        self.since + patience + Duration::from_millis(milliseconds)
    }
}
