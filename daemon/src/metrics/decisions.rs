//! The figures of the decision log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::api::status::DecisionLogStatus;
use crate::sync::Mutex;

/// The numbers of lines of the decision log.
#[derive(Debug, Default)]
pub(crate) struct DecisionFigures {
    written: AtomicU64,
    /// Shared with the threads that decide, which count what has no room in their rings.
    dropped_in_queue: Arc<AtomicU64>,
    dropped_on_disk: AtomicU64,
    /// The reason why the last write failed; `None` if it did not.
    failure: Mutex<Option<String>>,
}

impl DecisionFigures {
    /// Counts lines that were written. Returns `true` if the write before them failed.
    pub(crate) fn count_written(&self, lines: u64) -> bool {
        self.written.fetch_add(lines, Relaxed);
        self.failure.lock().take().is_some()
    }

    /// Counts lines that could not be written. Returns `true` if the write before them did not fail.
    pub(crate) fn count_dropped_on_disk(&self, lines: u64, why: &str) -> bool {
        self.dropped_on_disk.fetch_add(lines, Relaxed);
        self.failure.lock().replace(why.to_owned()).is_none()
    }

    /// Counts a line that found no room on its way to the file.
    pub(crate) fn count_dropped_in_queue(&self) {
        self.dropped_in_queue.fetch_add(1, Relaxed);
    }

    /// Returns the number of lines that found no room on their way to the file.
    pub(crate) const fn dropped_in_queue(&self) -> &Arc<AtomicU64> {
        &self.dropped_in_queue
    }

    /// Returns the number of lines that could not be written.
    pub(crate) fn dropped_on_disk(&self) -> u64 {
        self.dropped_on_disk.load(Relaxed)
    }

    /// Returns each outcome of a line, which is the label `outcome` of metrics, with its number.
    pub(super) fn outcomes(&self) -> [(&'static str, u64); 3] {
        [
            ("written", self.written.load(Relaxed)),
            ("dropped_queue", self.dropped_in_queue.load(Relaxed)),
            ("dropped_disk", self.dropped_on_disk()),
        ]
    }

    /// Returns the state of the log, whose file is shown as `path`.
    pub(crate) fn status(&self, path: String) -> DecisionLogStatus {
        DecisionLogStatus {
            path,
            written: self.written.load(Relaxed),
            dropped_in_queue: self.dropped_in_queue.load(Relaxed),
            dropped_on_disk: self.dropped_on_disk(),
            failure: self.failure.lock().clone(),
        }
    }
}
