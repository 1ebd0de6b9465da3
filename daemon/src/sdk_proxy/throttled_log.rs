//! Warnings whose number is bounded, so that thousands of failures do not flood the log.

use std::fmt::Display;
use std::time::{Duration, Instant};

use crate::sync::Mutex;

/// The shortest time between two lines.
const INTERVAL: Duration = Duration::from_secs(1);

/// Warnings of one kind: at most one line per second.
pub(super) struct ThrottledLog {
    message: &'static str,
    state: Mutex<State>,
}

struct State {
    last_line: Option<Instant>,
    /// The number of warnings since `last_line` that were not logged.
    suppressed: u64,
}

impl ThrottledLog {
    /// Creates a log whose lines have this message.
    pub(super) const fn new(message: &'static str) -> Self {
        Self {
            message,
            state: Mutex::new(State {
                last_line: None,
                suppressed: 0,
            }),
        }
    }

    /// Logs a warning with its reason, and with the number of those suppressed before it; or
    /// suppresses it, if the last line is less than a second old.
    pub(super) fn warn(&self, why: &dyn Display) {
        let suppressed = {
            let mut state = self.state.lock();
            let now = Instant::now();
            if state.last_line.is_some_and(|last| now - last < INTERVAL) {
                state.suppressed += 1;
                return;
            }
            state.last_line = Some(now);
            std::mem::take(&mut state.suppressed)
        };
        tracing::warn!(%why, suppressed, "{}", self.message);
    }
}
