//! The time until which a connection may stay as it is.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use tokio::task::coop::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

/// A deadline that moves with every bit of progress.
///
/// Its timer is left to fire, and is then set to the deadline of that moment, unless the deadline
/// moves to before the timer. So a busy connection sets the timer at most once in the time that it has, not at each bit.
#[derive(Debug)]
pub(super) struct Deadline {
    at: Instant,
    timer: Pin<Box<Sleep>>,
    /// Set once the timer has the task's waker.
    is_registered: bool,
}

impl Deadline {
    /// Creates a deadline at `at`.
    pub(super) fn new(at: Instant) -> Self {
        Self {
            at,
            timer: Box::pin(sleep_until(at)),
            is_registered: false,
        }
    }

    /// Moves the deadline to `at`. If that is earlier than before, the task is woken in time only if it
    /// calls [`Self::poll`] again.
    pub(super) const fn set(&mut self, at: Instant) {
        self.at = at;
    }

    /// Completes once the deadline has passed, or `earlier`, if that is earlier. It may be called again
    /// after [`Self::set`].
    ///
    /// Only one task may poll a deadline: the timer keeps the waker of an earlier call.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, earlier: Option<Instant>) -> Poll<()> {
        let at = earlier.map_or(self.at, |earlier| self.at.min(earlier));
        if at < self.timer.deadline() {
            self.timer.as_mut().reset(at);
        } else if self.is_registered && !self.timer.is_elapsed() {
            return Poll::Pending;
        }
        self.is_registered = true;
        // Without a budget: a timer that tokio does not poll because the task has done much already
        // would not wake it.
        while pin!(unconstrained(self.timer.as_mut())).poll(cx).is_ready() {
            if at <= Instant::now() {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(at);
        }
        Poll::Pending
    }
}
