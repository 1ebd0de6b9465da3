//! The writer, which takes records from the rings and makes lines of them for the log and the watchers.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use tokio::task::{JoinHandle, spawn_blocking};

use super::exchange::{LOG, RING_RECORDS};
use super::file::LogFile;
use super::line::{Form, Now, write_line};
use super::record::Record;
use super::watcher::Watcher;
use crate::error_chain::ErrorChain;
use crate::metrics::DecisionFigures;

/// The most bytes of lines that wait while the file is written. It is full after seconds on a disk that hangs.
const MAX_WAITING_BYTES: usize = 4 << 20;

/// Takes records from the rings.
#[derive(Debug, Default)]
pub(super) struct Writer {
    /// The receiving end of each worker's ring, once something was wanted.
    pub(super) rings: Vec<Receiver<Record>>,
    /// The log; `None` if it is off.
    pub(super) log: Option<LogOutput>,
    /// The clients that watch.
    pub(super) watchers: Vec<Watcher>,
}

/// The lines of the log on their way to its file.
#[derive(Debug)]
pub(super) struct LogOutput {
    file: Arc<LogFile>,
    form: Form,
    figures: Arc<DecisionFigures>,
    waiting: Lines,
    /// The write that is under way.
    writing: Option<JoinHandle<()>>,
}

/// Whole lines.
#[derive(Debug, Default)]
struct Lines {
    bytes: Vec<u8>,
    count: u64,
}

impl Writer {
    /// Takes the records that wait, sends watchers their lines, and begins to write those of the log unless a write
    /// is under way.
    pub(super) fn turn(&mut self, now: Now) {
        self.take_all(now);
        for watcher in &mut self.watchers {
            watcher.send(now);
        }
        if let Some(log) = &mut self.log {
            log.begin_to_write();
        }
    }

    /// Takes the records that wait.
    pub(super) fn take_all(&mut self, now: Now) {
        for ring in &self.rings {
            for record in ring.try_iter().take(RING_RECORDS) {
                if let Some(log) = &mut self.log
                    && record.wanted_by & LOG != 0
                {
                    log.add(&record, now);
                }
                for watcher in &mut self.watchers {
                    watcher.add(&record, now);
                }
            }
        }
    }
}

impl LogOutput {
    /// Returns the output to a file, with values in this form.
    pub(super) fn new(file: LogFile, form: Form, figures: Arc<DecisionFigures>) -> Self {
        Self {
            file: Arc::new(file),
            form,
            figures,
            waiting: Lines::default(),
            writing: None,
        }
    }

    fn add(&mut self, record: &Record, now: Now) {
        if self.waiting.bytes.len() >= MAX_WAITING_BYTES {
            self.figures.count_dropped_in_queue();
            return;
        }
        write_line(record, now, self.form, &mut self.waiting.bytes);
        self.waiting.count += 1;
    }

    fn begin_to_write(&mut self) {
        let is_busy = |writing: &JoinHandle<()>| !writing.is_finished();
        if self.waiting.count == 0 || self.writing.as_ref().is_some_and(is_busy) {
            return;
        }
        let write = self.take_write();
        self.writing = Some(spawn_blocking(write));
    }

    /// Returns what writes the lines that wait, and does so wherever it is called.
    pub(super) fn take_write(&mut self) -> impl FnOnce() + Send + 'static {
        let lines = std::mem::take(&mut self.waiting);
        let (file, figures) = (Arc::clone(&self.file), Arc::clone(&self.figures));
        move || lines.write(&file, &figures)
    }
}

impl Lines {
    fn write(&self, file: &LogFile, figures: &DecisionFigures) {
        if self.count == 0 {
            return;
        }
        match file.append(&self.bytes) {
            Ok(()) => {
                if figures.count_written(self.count) {
                    let dropped = figures.dropped_on_disk();
                    tracing::info!(dropped, "the decision log can be written again");
                }
            }
            Err(error) => self.log_failure(&error, figures),
        }
    }

    /// Counts the lines as dropped. The first failure in a row is logged.
    fn log_failure(&self, error: &io::Error, figures: &DecisionFigures) {
        let why = ErrorChain(error).to_string();
        if figures.count_dropped_on_disk(self.count, &why) {
            tracing::warn!(
                why,
                "the decision log cannot be written: its lines are dropped"
            );
        }
    }
}
