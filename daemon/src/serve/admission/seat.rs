//! The state of one connection's place, which the connection and the accepting thread share.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Waker;
use std::time::Duration;

use crate::listen::peer::Peer;
use crate::metrics::{Listener, Refusal};
use crate::sync::Mutex;
use crate::timestamp::milliseconds;

/// The value of [`Seat::idle_since`] for a connection that is not idle.
const BUSY: u64 = u64::MAX;

/// The state of a place, shared by the connection and the accepting thread.
#[derive(Debug)]
pub(super) struct Seat {
    /// The number of the connection, which no other has.
    pub(super) number: u64,
    /// The listener that accepted the connection.
    pub(super) listener: Listener,
    /// The other side of the connection.
    pub(super) peer: Peer,
    /// The reason why the connection is refused; `None` if it is served.
    pub(super) refusal: Option<Refusal>,
    /// The time since which no request has begun, in milliseconds since the beginning of the admission;
    /// or [`BUSY`].
    idle_since: AtomicU64,
    is_displaced: AtomicBool,
    /// The task of the connection, once it is known.
    task: Mutex<Option<Waker>>,
}

impl Seat {
    /// The state of a connection that is busy: it has not reached its worker.
    pub(super) fn new(
        number: u64,
        listener: Listener,
        peer: Peer,
        refusal: Option<Refusal>,
    ) -> Self {
        Self {
            number,
            listener,
            peer,
            refusal,
            idle_since: AtomicU64::new(BUSY),
            is_displaced: AtomicBool::new(false),
            task: Mutex::new(None),
        }
    }

    /// Returns the time since which the connection is idle; `None` if it is not, or for less than `least`
    /// before `now`, which counts like the result.
    pub(super) fn idle_since(&self, now: u64, least: Duration) -> Option<u64> {
        let since = self.idle_since.load(Ordering::Relaxed);
        let is_idle = since.saturating_add(milliseconds(least)) <= now;
        is_idle.then_some(since)
    }

    /// Notes that the connection is idle since then, in milliseconds since the beginning of the admission.
    pub(super) fn set_idle(&self, since: u64) {
        self.idle_since.store(since, Ordering::Relaxed);
    }

    /// Notes that the connection is not idle.
    pub(super) fn set_busy(&self) {
        self.idle_since.store(BUSY, Ordering::Relaxed);
    }

    /// Returns `true` once the connection was asked to leave.
    pub(super) fn is_displaced(&self) -> bool {
        self.is_displaced.load(Ordering::Acquire)
    }

    /// Sets the task that is woken when the connection is asked to leave after this call.
    pub(super) fn set_task(&self, task: Waker) {
        *self.task.lock() = Some(task);
    }

    /// Asks the connection to leave.
    pub(super) fn displace(&self) {
        self.is_displaced.store(true, Ordering::Release);
        let task = self.task.lock().take();
        if let Some(task) = task {
            task.wake();
        }
    }
}
