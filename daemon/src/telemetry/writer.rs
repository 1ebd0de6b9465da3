//! The thread that writes the log to standard error.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::queue::{self, LogQueue};
use super::throttle::Throttle;
use crate::faults;

/// The shortest time between two reports of lines that are missing from the log.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);

/// The pause before the thread continues after a panic.
const RESTART_PAUSE: Duration = Duration::from_millis(100);

/// The parts of the log that its writer reads.
#[derive(Debug)]
pub(super) struct Writer {
    /// The lines that wait to be written.
    pub(super) queue: Arc<LogQueue>,
    /// Drops events that come too often, and counts them.
    pub(super) throttle: Throttle,
    /// The number of times that the thread was started again after a panic.
    restarts: AtomicU64,
}

/// The output, and what is missing from it.
struct Output<W> {
    out: W,
    /// `true` if the last line was written in part.
    is_torn: bool,
    /// The number of dropped lines that the output reports.
    reported: u64,
    /// The time before which nothing more is reported.
    next_report: Instant,
    /// `true` if lines may have been suppressed since the last report.
    is_called: bool,
}

impl Writer {
    /// Creates a writer, and starts its thread.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the thread cannot be started, or standard error is closed.
    pub(super) fn start(queue: Arc<LogQueue>, throttle: Throttle) -> io::Result<Arc<Self>> {
        // A descriptor without the lock of `io::stderr`, which would stay held while a write blocks.
        let out = StandardError(File::from(io::stderr().as_fd().try_clone_to_owned()?));
        let writer = Arc::new(Self {
            queue,
            throttle,
            restarts: AtomicU64::new(0),
        });
        let running = Arc::clone(&writer);
        thread::Builder::new().name("log".into()).spawn(move || {
            queue::become_writer();
            let mut output = Output::new(out);
            loop {
                let _ = catch_unwind(AssertUnwindSafe(|| running.run(&mut output)));
                running.restarts.fetch_add(1, Relaxed);
                thread::sleep(RESTART_PAUSE);
            }
        })?;
        Ok(writer)
    }

    /// Returns the number of times that the thread was started again after a panic.
    pub(super) fn restarts(&self) -> u64 {
        self.restarts.load(Relaxed)
    }

    fn run(&self, output: &mut Output<impl Write>) {
        loop {
            faults::turn("log");
            output.turn(&self.queue, &self.throttle);
        }
    }
}

impl<W: Write> Output<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            is_torn: false,
            reported: 0,
            next_report: Instant::now(),
            is_called: false,
        }
    }

    /// Waits for a line and writes it, or waits until it is time for a report.
    fn turn(&mut self, queue: &LogQueue, throttle: &Throttle) {
        let is_missing = self.is_called || queue.dropped() > self.reported;
        match queue.take(is_missing.then_some(self.next_report)) {
            Some(line) => {
                if self.write_line(&line).is_err() {
                    queue.count_dropped(1);
                    return;
                }
            }
            None => self.is_called = true,
        }
        let now = Instant::now();
        if now >= self.next_report {
            self.next_report = now + REPORT_INTERVAL;
            self.is_called = false;
            self.report(queue, throttle);
        }
    }

    /// Logs the number of lines that were dropped or suppressed since the last report.
    fn report(&mut self, queue: &LogQueue, throttle: &Throttle) {
        let dropped = queue.dropped();
        if dropped > self.reported {
            let lines = dropped - self.reported;
            let text = queue::own_events(|| {
                tracing::warn!(
                    lines,
                    "log lines were dropped: the log could not be written"
                );
            });
            // What cannot be reported now is part of the next report.
            if self.write_line(&text).is_err() {
                return;
            }
            self.reported = dropped;
        }
        for suppressed in throttle.take_suppressed() {
            let lines = suppressed.lines;
            let text = queue::own_events(|| {
                let like = suppressed.message;
                tracing::warn!(lines, like, "similar log lines were suppressed");
            });
            if self.write_line(&text).is_err() {
                queue.count_dropped(1);
            }
        }
    }

    /// Writes a line. If it cannot be written whole, the next line begins on a line of its own.
    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_torn {
            self.out.write_all(b"\n")?;
            self.is_torn = false;
        }
        let mut rest = line;
        while !rest.is_empty() {
            match self.out.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    rest = rest.get(count..).unwrap_or_default();
                    self.is_torn = !rest.is_empty();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Standard error. If another process has made it non-blocking, a write waits all the same.
struct StandardError(File);

impl Write for StandardError {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.0.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let writable = PollFd::new(self.0.as_fd(), PollFlags::POLLOUT);
                    poll(&mut [writable], PollTimeout::NONE)?;
                }
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a number of bytes, and refuses more.
    struct Disk {
        content: Vec<u8>,
        room: usize,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.room);
            if count == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.content.extend_from_slice(&bytes[..count]);
            self.room -= count;
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_cannot_be_written_is_counted_and_the_next_begins_on_its_own_line() {
        let queue = Arc::new(LogQueue::default());
        let throttle = Throttle::new(Arc::clone(&queue));
        let disk = Disk {
            content: Vec::new(),
            room: 6,
        };
        let mut output = Output::new(disk);
        for line in ["one\n", "two\n", "three\n"] {
            queue.push(line.as_bytes());
            output.turn(&queue, &throttle);
        }
        assert_eq!(queue.dropped(), 2);
        output.out.room = 1000;
        queue.push(b"four\n");
        output.turn(&queue, &throttle);
        assert_eq!(output.out.content, b"one\ntw\nfour\n");
        assert_eq!(queue.dropped(), 2);
    }
}
