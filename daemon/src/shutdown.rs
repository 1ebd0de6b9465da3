//! The stages in which the daemon stops, told to all of its parts.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// How far the daemon is in stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Stage {
    /// Nothing new is accepted, and each answer closes its connection.
    Drain = 1,
    /// Connections without a request are closed, too.
    CloseIdle,
    /// What is left is cut.
    Cut,
}

/// Tells how far the daemon is in stopping.
#[derive(Debug, Default)]
pub(crate) struct Shutdown {
    /// The last stage that was entered; 0 while the daemon serves.
    stage: AtomicU8,
    /// One for each stage, so that whoever waits for one is not woken for another.
    entered: [Notify; 3],
    /// An operator asked for [`Stage::Drain`], without the daemon's end after it.
    draining: AtomicBool,
    asked_to_drain: Notify,
}

impl Shutdown {
    /// Enters a stage, which comes after those entered before.
    pub(crate) fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Release);
        self.notify(stage).notify_waiters();
    }

    /// Whether `stage` was entered.
    pub(crate) fn reached(&self, stage: Stage) -> bool {
        self.stage.load(Ordering::Acquire) >= stage as u8
    }

    /// Is woken when `stage` is entered after this call; see [`Self::reached`] for before.
    pub(crate) fn entered(&self, stage: Stage) -> Notified<'_> {
        self.notify(stage).notified()
    }

    /// Waits until `stage` is entered.
    pub(crate) async fn wait_for(&self, stage: Stage) {
        // In this order, so that no entry falls between.
        let entered = self.entered(stage);
        if !self.reached(stage) {
            entered.await;
        }
    }

    /// Asks for the daemon to serve nobody any more, and to go on all the same.
    pub(crate) fn ask_to_drain(&self) {
        self.draining.store(true, Ordering::Release);
        self.asked_to_drain.notify_one();
    }

    /// Whether somebody asked for that.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Waits until somebody asks for that.
    pub(crate) async fn asked_to_drain(&self) {
        self.asked_to_drain.notified().await;
    }

    const fn notify(&self, stage: Stage) -> &Notify {
        &self.entered[stage as usize - 1]
    }
}
