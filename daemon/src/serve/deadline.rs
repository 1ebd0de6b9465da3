//! Until when a connection may stay as it is.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tokio::task::coop::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

/// One deadline, which moves on with every bit of progress.
///
/// Its timer is left to fire and then set anew, unless the deadline comes to lie before it: so a
/// busy connection hardly ever touches the timer.
#[derive(Debug)]
pub(super) struct Deadline {
    at: Instant,
    timer: Pin<Box<Sleep>>,
    is_watched: bool,
}

impl Deadline {
    pub(super) fn new(at: Instant) -> Self {
        Self {
            at,
            timer: Box::pin(sleep_until(at)),
            is_watched: false,
        }
    }

    /// Moves it.
    pub(super) const fn set(&mut self, at: Instant) {
        self.at = at;
    }

    /// Tells when it is over.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.at < self.timer.deadline() {
            self.timer.as_mut().reset(self.at);
        } else if self.is_watched && !self.timer.is_elapsed() {
            return Poll::Pending;
        }
        self.is_watched = true;
        // Whatever else the task did: a timer that may not be polled now would wake nobody.
        while pin!(unconstrained(self.timer.as_mut())).poll(cx).is_ready() {
            if self.at <= Instant::now() {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(self.at);
        }
        Poll::Pending
    }
}
