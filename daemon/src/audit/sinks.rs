//! The sinks of the log: its file, and syslog beside it.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;

use super::file::{AuditFile, Chain};
use super::line::{Line, LineDigest, Outcome};
use super::retention::Retention;
use super::syslog::Syslog;
use crate::clock::Clock;
use crate::count::counted;
use crate::settings::Audit;
use crate::timestamp::iso_8601;

/// The most lines that wait until the file can be written again. Syslog has those beyond.
const MAX_UNWRITTEN: usize = 1024;

/// The caller that the log names for what it does with itself.
const ITSELF: &str = "codeid";

/// The file of the log and syslog, one of which suffices.
#[derive(Debug)]
pub(super) struct Sinks {
    path: PathBuf,
    max_bytes: u64,
    /// `None` until the file can be opened, if only syslog could take a line at the start.
    file: Option<AuditFile>,
    syslog: Option<Syslog>,
    chain: Chain,
    /// Lines that the file does not have yet.
    unwritten: VecDeque<Vec<u8>>,
    retention: Retention,
}

impl Sinks {
    /// Opens the file and syslog, as far as the settings name them. If `is_beside` is `true`, another process
    /// writes the file, and no line in it is repaired and no old file deleted.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the file cannot be written, unless syslog can.
    pub(super) fn open(settings: &Audit, clock: &Clock, is_beside: bool) -> io::Result<Self> {
        let syslog = settings.syslog_path.as_deref().map(Syslog::new);
        let mut sinks = Self {
            path: settings.path.clone(),
            max_bytes: settings.max_bytes,
            file: None,
            syslog,
            chain: Chain::start(),
            unwritten: VecDeque::new(),
            retention: Retention::new(&settings.path, settings.keep),
        };
        if let Err(error) = sinks.open_file(clock, is_beside) {
            if sinks.syslog.is_none() {
                return Err(error);
            }
            tracing::warn!(%error, "the file of the audit log cannot be written; syslog has the lines");
        }
        if !is_beside {
            sinks.expire(clock);
        }
        Ok(sinks)
    }

    fn open_file(&mut self, clock: &Clock, is_beside: bool) -> io::Result<()> {
        let (file, chain, torn) = AuditFile::open(&self.path, self.max_bytes, is_beside)?;
        self.file = Some(file);
        if self.unwritten.is_empty() {
            self.chain = chain;
        }
        if torn > 0 {
            tracing::warn!(bytes = torn, "removed a torn last line of the audit log");
            let torn = counted(torn, "byte");
            let reason = format!("removed {torn} of a line that was not written whole");
            self.record(itself("repair", reason), clock)?;
        }
        Ok(())
    }

    /// Makes the file ready for a line. One that could not be opened before is tried again.
    fn prepare_file(&mut self, clock: &Clock) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return self.open_file(clock, false);
        };
        if let Some(chain) = file.prepare()?
            && self.unwritten.is_empty()
        {
            self.chain = chain;
        }
        Ok(())
    }

    /// Writes a line to both sinks. Returns its number.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if none took it; it is then as if it had never been.
    pub(super) fn record(&mut self, line: Line, clock: &Clock) -> io::Result<u64> {
        self.expire(clock);
        let prepared = self.prepare_file(clock);
        let (number, bytes) = self.next_line(line, clock);
        let to_file = prepared.and_then(|()| self.write_to_file(&bytes));
        let to_syslog = self.syslog.as_ref().map(|syslog| syslog.send(&bytes));
        match (to_file, to_syslog) {
            (Ok(()), None | Some(Ok(()))) => {}
            (Ok(()), Some(Err(error))) => {
                tracing::warn!(%error, "syslog does not take lines of the audit log");
            }
            (Err(error), Some(Ok(()))) => {
                tracing::warn!(%error, "the file of the audit log cannot be written; syslog has the line");
                self.push_unwritten(bytes.clone());
            }
            (Err(error), _) => return Err(error),
        }
        self.advance(number, &bytes);
        Ok(number)
    }

    /// Returns `true` if lines wait until the file can be written again, or it was never opened.
    pub(super) fn is_behind(&self) -> bool {
        self.file.is_none() || !self.unwritten.is_empty()
    }

    /// Keeps a line that no sink took, until the file can be written again.
    pub(super) fn keep(&mut self, line: Line, clock: &Clock) {
        let (number, bytes) = self.next_line(line, clock);
        self.advance(number, &bytes);
        self.push_unwritten(bytes);
    }

    fn next_line(&self, line: Line, clock: &Clock) -> (u64, Vec<u8>) {
        let line = Line {
            seq: self.chain.next,
            time: iso_8601(clock.now()),
            prev: self.chain.prev.clone(),
            ..line
        };
        (line.seq, line.to_bytes())
    }

    fn advance(&mut self, number: u64, bytes: &[u8]) {
        let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        self.chain = Chain {
            next: number + 1,
            prev: LineDigest::new(line).to_string(),
        };
    }

    fn push_unwritten(&mut self, line: Vec<u8>) {
        if self.unwritten.len() == MAX_UNWRITTEN {
            self.unwritten.pop_front();
        }
        self.unwritten.push_back(line);
    }

    /// Appends the lines that the file does not have yet, and this one.
    fn write_to_file(&mut self, line: &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return Err(io::Error::other("the file cannot be opened"));
        };
        let mut bytes: Vec<u8> = self.unwritten.iter().flatten().copied().collect();
        bytes.extend_from_slice(line);
        let before = self.chain.next - 1 - self.unwritten.len() as u64;
        file.append(&bytes, before)?;
        self.unwritten.clear();
        Ok(())
    }

    /// Deletes files that are too old, and records it.
    fn expire(&mut self, clock: &Clock) {
        for file in self.retention.check(clock.now()) {
            // The log has a warning about it already.
            let _ = self.record(
                itself("delete", format!("deleted the old file {file}")),
                clock,
            );
        }
    }
}

/// Returns a line about the log itself.
fn itself(action: &str, reason: String) -> Line {
    Line {
        who: ITSELF.to_owned(),
        action: action.to_owned(),
        reason: Some(reason),
        outcome: Outcome::Done.to_string(),
        ..Line::blank()
    }
}
