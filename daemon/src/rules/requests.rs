//! Requests for checks of the sources, waiting for the reload loop.

use std::mem;

use tokio::sync::{Notify, oneshot};

use crate::api::status::SourceCheck;
use crate::sync::Mutex;

/// The requests that wait. Any number of requests of a kind leads to one check.
#[derive(Debug, Default)]
pub(super) struct Requests {
    /// The remote source announced a change.
    pub(super) announced: Notify,
    /// SIGHUP came, or an operator asked for a reload.
    pub(super) hangup: Notify,
    /// The file of the preset changed.
    pub(super) preset_changed: Notify,
    /// The rules were frozen or thawed.
    pub(super) freeze_changed: Notify,
    /// Receive the checks of the next reload. Bounded by the connections of the admin plane, each
    /// of which waits for one report.
    reports: Mutex<Vec<oneshot::Sender<Vec<SourceCheck>>>>,
}

impl Requests {
    /// Asks for a check of every source that may replace the live config.
    pub(super) fn request_reload(&self) {
        self.hangup.notify_one();
    }

    /// Like [`Self::request_reload`], and returns the checks; the sender is dropped if the reload
    /// loop panics.
    pub(super) fn request_report(&self) -> oneshot::Receiver<Vec<SourceCheck>> {
        let (sender, report) = oneshot::channel();
        self.reports.lock().push(sender);
        self.request_reload();
        report
    }

    /// Returns the senders of all reports that wait.
    pub(super) fn take_reports(&self) -> Vec<oneshot::Sender<Vec<SourceCheck>>> {
        mem::take(&mut *self.reports.lock())
    }
}
