//! Lines of the log on their way to standard error.
//!
//! Standard error may be a full disk, or a pipe that is never read. So a thread that logs puts its line
//! into a queue of limited size and goes on, and the [writer](super::writer) takes it from there.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::sync::Condvar;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::sync::Mutex;

/// The most lines that wait.
const MAX_LINES: usize = 1024;

/// The most bytes of the lines that wait.
const MAX_BYTES: usize = 1 << 20;

/// Lines that wait to be written. A line that has no room is dropped and counted.
#[derive(Debug, Default)]
pub(super) struct LogQueue {
    waiting: Mutex<Waiting>,
    /// Notified when the writer has something to do.
    work: Condvar,
    /// Notified when the writer has nothing left to write.
    idle: Condvar,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: VecDeque<Box<[u8]>>,
    /// The length of `lines`.
    bytes: usize,
    /// `true` while the writer writes a line that it has taken.
    is_writing: bool,
    /// `true` if the writer should look at its figures, although no line may wait.
    is_called: bool,
}

thread_local! {
    /// On the writer's own thread: the text of its events, which the writer writes itself.
    static OWN: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

impl LogQueue {
    /// Appends a line, with its line feed, or drops it if the queue is full.
    pub(super) fn push(&self, line: &[u8]) {
        let mut waiting = self.waiting.lock();
        if waiting.lines.len() >= MAX_LINES || waiting.bytes + line.len() > MAX_BYTES {
            drop(waiting);
            self.count_dropped(1);
            return;
        }
        waiting.bytes += line.len();
        waiting.lines.push_back(line.into());
        drop(waiting);
        self.work.notify_one();
    }

    /// Takes the first line, once there is one. Returns `None` if the writer is called instead, or at
    /// `deadline`. Every line that was taken before counts as written.
    pub(super) fn take(&self, deadline: Option<Instant>) -> Option<Box<[u8]>> {
        let mut waiting = self.waiting.lock();
        waiting.is_writing = false;
        loop {
            if let Some(line) = waiting.lines.pop_front() {
                waiting.bytes -= line.len();
                waiting.is_writing = true;
                return Some(line);
            }
            self.idle.notify_all();
            if std::mem::take(&mut waiting.is_called) {
                return None;
            }
            let timeout = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            if timeout.is_some_and(|timeout| timeout.is_zero()) {
                return None;
            }
            waiting = self.wait(waiting, timeout);
        }
    }

    fn wait<'a>(
        &'a self,
        waiting: std::sync::MutexGuard<'a, Waiting>,
        timeout: Option<Duration>,
    ) -> std::sync::MutexGuard<'a, Waiting> {
        // A day is as good as for ever: the caller waits again.
        let timeout = timeout.unwrap_or(Duration::from_hours(24));
        let waited = self.work.wait_timeout(waiting, timeout);
        waited.unwrap_or_else(std::sync::PoisonError::into_inner).0
    }

    /// Makes [`take`](Self::take) return.
    pub(super) fn call(&self) {
        self.waiting.lock().is_called = true;
        self.work.notify_one();
    }

    /// Waits until every line was written or dropped, but no longer than `patience`.
    pub(super) fn flush(&self, patience: Duration) {
        let waiting = self.waiting.lock();
        let is_busy = |waiting: &mut Waiting| waiting.is_writing || !waiting.lines.is_empty();
        // Whether it is done or not, the caller goes on.
        drop(self.idle.wait_timeout_while(waiting, patience, is_busy));
    }

    /// Counts lines that will never be written.
    pub(super) fn count_dropped(&self, lines: u64) {
        self.dropped.fetch_add(lines, Relaxed);
    }

    /// Returns the number of lines dropped so far.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }
}

/// Makes this thread the writer's: what it logs is for [`own_events`].
pub(super) fn become_writer() {
    OWN.set(Some(Vec::new()));
}

/// Returns `true` on the writer's thread.
pub(super) fn is_writer() -> bool {
    OWN.with_borrow(Option::is_some)
}

/// Returns the text of the events that `log` logs, on the writer's thread.
pub(super) fn own_events(log: impl FnOnce()) -> Vec<u8> {
    log();
    OWN.with_borrow_mut(|own| own.as_mut().map(std::mem::take))
        .unwrap_or_default()
}

/// Takes one line with each call, whole.
impl io::Write for &LogQueue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let is_own = OWN.with_borrow_mut(|own| match own {
            Some(own) => {
                own.extend_from_slice(line);
                true
            }
            None => false,
        });
        if !is_own {
            self.push(line);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_taken_in_order_and_those_without_room_are_counted() {
        let queue = LogQueue::default();
        for number in 0..MAX_LINES + 3 {
            queue.push(format!("{number}\n").as_bytes());
        }
        assert_eq!(queue.dropped(), 3);
        let deadline = Some(Instant::now());
        for number in 0..MAX_LINES {
            let line = queue.take(deadline).unwrap();
            assert_eq!(*line, *format!("{number}\n").as_bytes());
        }
        assert_eq!(queue.take(deadline), None);
        // The room is that of the bytes, too.
        queue.push(&vec![b'x'; MAX_BYTES]);
        queue.push(b"y");
        assert_eq!(queue.dropped(), 4);
        assert_eq!(queue.take(deadline).unwrap().len(), MAX_BYTES);
        queue.push(b"y");
        assert_eq!(queue.dropped(), 4);
    }

    #[test]
    fn flushing_waits_for_the_line_that_is_being_written() {
        let queue = LogQueue::default();
        queue.push(b"a\n");
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                let line = queue.take(None).unwrap();
                let next = queue.take(None);
                (line, next)
            });
            queue.flush(Duration::MAX);
            queue.call();
            let (line, next) = writer.join().unwrap();
            assert_eq!(*line, *b"a\n");
            assert_eq!(next, None);
        });
    }
}
