//! Watchers: clients of the admin plane that are shown decisions as they are made.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::exchange::{LOG, Party};
use super::filter::Filter;
use super::line::{Form, Now, write_line};
use super::record::Record;

/// The bits of watchers among those that want a record.
const BITS: [u8; 4] = [LOG << 1, LOG << 2, LOG << 3, LOG << 4];

/// The most bytes of the lines of one turn of the writer.
const MAX_CHUNK_BYTES: usize = 64 << 10;

/// The most chunks that wait for a watcher, a mebibyte at most.
const MAX_CHUNKS: usize = 16;

/// The longest time without a line: a client sees that the daemon is there, and the daemon that the client is.
const SILENCE: Duration = Duration::from_secs(10);

/// A watcher, as the writer sees it.
#[derive(Debug)]
pub(super) struct Watcher {
    bit: u8,
    /// The version of what is wanted that has this watcher. Records of earlier ones are for one before it.
    since: u64,
    chunks: mpsc::Sender<Bytes>,
    /// Counts the records that a ring had no room for.
    missed: Arc<AtomicU64>,
    /// The number of lines that it lost and was not told of.
    lost: u64,
    chunk: Vec<u8>,
    /// The number of lines in `chunk`.
    lines: u64,
    last_sent: Instant,
    gone: Gone,
    /// For whom the end of the writer's interest is a notice: who asks for `ended`.
    notice: oneshot::Sender<()>,
}

/// Completes when a watch has ended.
pub(crate) type Gone = oneshot::Receiver<()>;

/// The lines for a watcher, as its client takes them. The watch ends with the value.
#[derive(Debug)]
pub(crate) struct Watch {
    chunks: mpsc::Receiver<Bytes>,
    /// Rises whenever the client is ready for more.
    progress: Arc<AtomicU64>,
    /// For whom the end is a notice: the writer, and who asks for `ended`.
    _notices: [oneshot::Sender<()>; 2],
    ended: Option<[Gone; 2]>,
}

impl Watcher {
    /// Returns a watcher beside `others`, with its party and the watch of its client; `None` if there are `most`
    /// already.
    pub(super) fn join(
        others: &[Self],
        most: usize,
        filter: Filter,
    ) -> Option<(Self, Party, Watch)> {
        let is_free = |bit: &&u8| others.iter().all(|other| other.bit != **bit);
        let bit = *BITS.iter().find(is_free)?;
        if others.len() >= most {
            return None;
        }
        let missed = Arc::new(AtomicU64::new(0));
        let (sender, chunks) = mpsc::channel(MAX_CHUNKS);
        let ((for_writer, gone), (for_other, ended)) = (oneshot::channel(), oneshot::channel());
        let (notice, given_up) = oneshot::channel();
        let party = Party {
            bit,
            filter,
            missed: Arc::clone(&missed),
        };
        let watcher = Self {
            bit,
            since: u64::MAX,
            chunks: sender,
            missed,
            lost: 0,
            chunk: Vec::new(),
            lines: 0,
            last_sent: Instant::now(),
            gone,
            notice,
        };
        let watch = Watch {
            chunks,
            progress: Arc::default(),
            _notices: [for_writer, for_other],
            ended: Some([ended, given_up]),
        };
        Some((watcher, party, watch))
    }

    /// Shows the watcher what is recorded from this version of what is wanted on.
    pub(super) const fn begin(&mut self, version: u64) {
        self.since = version;
    }

    /// Returns `true` for the party of the watcher.
    pub(super) const fn is(&self, party: &Party) -> bool {
        self.bit == party.bit
    }

    /// Returns `true` once its client has gone.
    pub(super) fn has_left(&self) -> bool {
        self.chunks.is_closed()
    }

    /// Adds the line of a record, if the watcher wants it.
    pub(super) fn add(&mut self, record: &Record, now: Now) {
        if record.wanted_by & self.bit == 0 || record.version < self.since {
            return;
        }
        if self.chunk.len() >= MAX_CHUNK_BYTES {
            self.lost += 1;
            return;
        }
        write_line(record, now, Form::Masked, &mut self.chunk);
        self.lines += 1;
    }

    /// Sends the lines that were added, behind one that reports what was lost before them. Lines for which there
    /// is no room are lost, too.
    pub(super) fn send(&mut self, now: Now) {
        self.lost += self.missed.swap(0, Relaxed);
        let silence = now.instant.saturating_duration_since(self.last_sent);
        if self.lines == 0 && self.lost == 0 && silence < SILENCE {
            return;
        }
        let mut chunk = Vec::with_capacity(self.chunk.len() + 32);
        if self.lost > 0 || self.lines == 0 {
            chunk.extend_from_slice(format!("{{\"dropped\":{}}}\n", self.lost).as_bytes());
        }
        chunk.append(&mut self.chunk);
        match self.chunks.try_send(chunk.into()) {
            Ok(()) => {
                self.lost = 0;
                self.last_sent = now.instant;
            }
            Err(_) => self.lost += self.lines,
        }
        self.lines = 0;
    }

    /// Ends the watch. Returns what completes when its client has taken everything, or has gone; and what is dropped
    /// when that is not waited for any longer.
    pub(super) fn end(self) -> (Gone, oneshot::Sender<()>) {
        (self.gone, self.notice)
    }
}

impl Watch {
    /// Returns the next lines, or `None` at the end.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.progress.fetch_add(1, Relaxed);
        self.chunks.poll_recv(cx)
    }

    /// Returns a count that rises whenever the client is ready for more.
    pub(crate) fn progress(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.progress)
    }

    /// Returns what completes when the watch has ended, or its client does not take the last lines in time; `None` at
    /// a second call.
    pub(crate) fn take_ended(&mut self) -> Option<impl Future<Output = ()> + Send + use<>> {
        let [ended, given_up] = self.ended.take()?;
        Some(async {
            // Errors are what is awaited: nothing is ever sent.
            tokio::select! {
                _ = ended => {}
                _ = given_up => {}
            }
        })
    }
}
