//! Failures in the log: what a caller is not told, without a line for each of thousands.

use std::fmt::Display;
use std::time::{Duration, Instant};

use crate::sync::Mutex;

/// How long one line stands for all that fails after it.
const INTERVAL: Duration = Duration::from_secs(1);

/// Failures of one kind.
pub(super) struct Complaints {
    message: &'static str,
    /// When the last line was written, and how often it could have been since.
    state: Mutex<(Option<Instant>, u64)>,
}

impl Complaints {
    /// None so far; each will be told with this message.
    pub(super) const fn new(message: &'static str) -> Self {
        Self {
            message,
            state: Mutex::new((None, 0)),
        }
    }

    /// Tells of a failure; at most once a second, with how many went untold since.
    pub(super) fn tell(&self, why: &dyn Display) {
        let untold = {
            let mut state = self.state.lock();
            let now = Instant::now();
            if state.0.is_some_and(|last| now - last < INTERVAL) {
                state.1 += 1;
                return;
            }
            state.0 = Some(now);
            std::mem::take(&mut state.1)
        };
        tracing::warn!(%why, untold, "{}", self.message);
    }
}
