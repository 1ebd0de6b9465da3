//! The stages in which the daemon stops, which all of its parts can read and await.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// The time for which a client without a whole request may be silent while the daemon stops. It counts
/// from the last response or the connect if no request has begun, so that a client that is about to
/// send its next request still gets a response, which announces the close.
pub(crate) const GRACE: Duration = Duration::from_millis(250);

/// The longest time that such a client has, from the beginning of the stop, however often it sends.
pub(crate) const MAX_GRACE: Duration = Duration::from_secs(1);

/// A stage of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Stage {
    /// No connection is accepted, each response closes its connection, and connections without a
    /// request are closed.
    Drain = 1,
    /// The remaining connections are cut.
    Cut,
}

/// The progress of a stop, shared by all parts of the daemon.
#[derive(Debug, Default)]
pub(crate) struct Shutdown {
    /// The last stage that was entered; 0 while the daemon serves.
    stage: AtomicU8,
    /// One for each stage, so that a task that awaits one is not woken for another.
    entered: [Notify; 2],
    /// Set once an operator has asked for [`Stage::Drain`] without the daemon's end after it.
    draining: AtomicBool,
    asked_to_drain: Notify,
}

impl Shutdown {
    /// Enters a stage, which comes after those entered before.
    pub(crate) fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Release);
        self.notify(stage).notify_waiters();
    }

    /// Returns `true` if `stage` was entered.
    pub(crate) fn reached(&self, stage: Stage) -> bool {
        self.stage.load(Ordering::Acquire) >= stage as u8
    }

    /// Returns a future that completes when `stage` is entered after this call; [`Self::reached`]
    /// covers the time before.
    pub(crate) fn entered(&self, stage: Stage) -> Notified<'_> {
        self.notify(stage).notified()
    }

    /// Waits until `stage` is entered.
    pub(crate) async fn wait_for(&self, stage: Stage) {
        // In this order, so that no entry is missed between the two.
        let entered = self.entered(stage);
        if !self.reached(stage) {
            entered.await;
        }
    }

    /// Asks the daemon to stop serving and to keep running.
    pub(crate) fn ask_to_drain(&self) {
        self.draining.store(true, Ordering::Release);
        self.asked_to_drain.notify_one();
    }

    /// Returns `true` once [`Self::ask_to_drain`] was called.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Waits for [`Self::ask_to_drain`].
    pub(crate) async fn asked_to_drain(&self) {
        self.asked_to_drain.notified().await;
    }

    const fn notify(&self, stage: Stage) -> &Notify {
        &self.entered[stage as usize - 1]
    }
}
