//! The least pace at which a client takes what is written for it, or sends more.

use std::time::Duration;

use tokio::time::Instant;

/// The least bytes that a client takes and sends in a second, on average, while bytes wait for it.
const LEAST_RATE: u64 = 4 << 10;

/// The pace of a client since bytes began to wait for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The longest time for which the client may rest.
    patience: Duration,
    deadline: Instant,
}

impl Pace {
    /// The pace of a client for which bytes wait from `since` on.
    pub(super) fn new(since: Instant, patience: Duration) -> Self {
        Self {
            patience,
            deadline: since + patience,
        }
    }

    /// Adds bytes that the client has taken, or sent, up to `now`: the time that they may have needed, but
    /// no more than the patience. So a client that has moved much does not save up time for a long rest.
    pub(super) fn add(&mut self, bytes: u64, now: Instant) {
        let needed = Duration::from_micros(bytes.saturating_mul(1_000_000) / LEAST_RATE);
        self.deadline = (self.deadline + needed).min(now + self.patience);
    }

    /// Returns the time by which the client must have moved more.
    pub(super) const fn deadline(&self) -> Instant {
        self.deadline
    }
}
