//! The log: intents before their actions, outcomes after them, and summaries of refusals.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use codeid_engine::ConfigDigest;
use thiserror::Error;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::file::{AuditFile, Chain};
use super::line::{Line, LineDigest, Outcome};
use super::refusals::{INTERVAL, Pair, Refusals};
use super::retention::Retention;
use super::syslog::Syslog;
use crate::api::log_level::LogLevel;
use crate::api::refusal::ErrorCode;
use crate::clock::Clock;
use crate::settings::Audit;
use crate::sync::Mutex;
use crate::timestamp::iso_8601;

/// The most lines that wait until the file can be written again. Syslog has those beyond.
const MAX_UNWRITTEN: usize = 1024;

/// The actions that may follow each other at once.
const ACTION_BURST: u32 = 1000;

/// The time after which another action is allowed, over time.
const ACTION_INTERVAL: Duration = Duration::from_millis(100);

/// The caller that the log names for what it does with itself.
const ITSELF: &str = "codeid";

/// The audit log. Clones are the same log.
#[derive(Clone, Debug)]
pub(crate) struct AuditLog(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    sinks: Mutex<Sinks>,
    refusals: Mutex<Refusals>,
    /// Notified when the first refusal is counted.
    refused: Notify,
    /// The time at which none of [`ACTION_BURST`] is used up.
    actions_free_at: Mutex<Option<Instant>>,
    clock: Clock,
}

#[derive(Debug)]
struct Sinks {
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

/// An action that is about to be carried out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Action {
    /// The caller, as it displays.
    pub(crate) who: String,
    pub(crate) name: &'static str,
    /// The digest of the live route config.
    pub(crate) from: Option<ConfigDigest>,
    /// The digest of the route config that is to be live.
    pub(crate) to: Option<ConfigDigest>,
    /// The log level that is to be set.
    pub(crate) level: Option<LogLevel>,
    /// The reason that the caller gave.
    pub(crate) reason: Option<String>,
}

/// An action that is recorded as intended, so that it may be carried out.
#[derive(Debug)]
#[must_use = "an action has an outcome"]
pub(crate) struct Intent {
    number: u64,
    who: String,
    name: &'static str,
}

/// The reason why an action must not be carried out.
#[derive(Debug, Error)]
pub(crate) enum AuditError {
    /// No sink took the line.
    #[error("the audit log cannot be written")]
    Unwritten(#[from] io::Error),
    /// There were too many actions.
    #[error("there were more than {ACTION_BURST} actions, and more than 10 a second since")]
    TooMany,
}

impl AuditLog {
    /// Opens the log that the settings name. `clock` dates the lines.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the file cannot be written, unless syslog can.
    pub(crate) fn open(settings: &Audit, clock: Clock) -> io::Result<Self> {
        let syslog = settings.syslog_path.as_deref().map(Syslog::new);
        let mut sinks = Sinks {
            path: settings.path.clone(),
            max_bytes: settings.max_bytes,
            file: None,
            syslog,
            chain: Chain::start(),
            unwritten: VecDeque::new(),
            retention: Retention::new(&settings.path, settings.keep),
        };
        if let Err(error) = sinks.open_file(&clock) {
            if sinks.syslog.is_none() {
                return Err(error);
            }
            tracing::warn!(%error, "the file of the audit log cannot be written; syslog has the lines");
        }
        sinks.expire(&clock);
        Ok(Self(Arc::new(Shared {
            sinks: Mutex::new(sinks),
            refusals: Mutex::default(),
            refused: Notify::new(),
            actions_free_at: Mutex::default(),
            clock,
        })))
    }

    /// Records durably that an action is about to be carried out.
    ///
    /// # Errors
    ///
    /// [`AuditError`] if it must not be carried out.
    pub(crate) async fn intend(&self, action: Action) -> Result<Intent, AuditError> {
        if !self.admit(Instant::now()) {
            return Err(AuditError::TooMany);
        }
        let intent = Intent {
            number: 0,
            who: action.who.clone(),
            name: action.name,
        };
        let number = self.in_background(move |sinks, clock| {
            sinks.record(
                Line {
                    who: action.who,
                    action: action.name.to_owned(),
                    from: action.from,
                    to: action.to,
                    level: action.level,
                    reason: action.reason,
                    outcome: Line::INTENDED.to_owned(),
                    ..blank()
                },
                clock,
            )
        });
        Ok(Intent {
            number: number.await?,
            ..intent
        })
    }

    /// Records the outcome of an action, and the digests of the live route config before and after it. If
    /// that is impossible now, the line is written before the next one.
    pub(crate) async fn conclude(
        &self,
        intent: Intent,
        from: Option<ConfigDigest>,
        to: Option<ConfigDigest>,
        outcome: Outcome,
    ) {
        let action = intent.name;
        let line = Line {
            who: intent.who,
            action: action.to_owned(),
            from,
            to,
            outcome: outcome.to_string(),
            intent: Some(intent.number),
            ..blank()
        };
        let recorded = self.in_background(move |sinks, clock| {
            let recorded = sinks.record(line.clone(), clock);
            if recorded.is_err() {
                sinks.keep(line, clock);
            }
            recorded
        });
        if let Err(error) = recorded.await {
            tracing::error!(action, %outcome, %error, "the outcome of an action is not in the audit log yet");
        }
    }

    /// Counts an attempt that was refused before it was intended, and writes a line for it if the
    /// caller had none of this kind in the last minute.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if a line is due and cannot be written.
    pub(crate) async fn count_refusal(
        &self,
        who: String,
        action: &'static str,
        code: ErrorCode,
    ) -> io::Result<()> {
        let due = {
            let mut refusals = self.0.refusals.lock();
            let due = refusals.count((who, action, code), Instant::now());
            self.0.refused.notify_one();
            due
        };
        self.write_refusals(due).await
    }

    /// Writes the lines about refusals when they are due, for as long as the future is polled.
    pub(crate) async fn follow_refusals(self) {
        loop {
            if self.0.refusals.lock().is_empty() {
                self.0.refused.notified().await;
            }
            sleep(INTERVAL / 12).await;
            let due = self.0.refusals.lock().take_due(Instant::now());
            if let Err(error) = self.write_refusals(due).await {
                tracing::error!(%error, "refusals are missing from the audit log");
            }
        }
    }

    /// Writes everything that is known and not yet in the log.
    pub(crate) async fn flush(&self) {
        let rest = self.0.refusals.lock().take_all();
        if let Err(error) = self.write_refusals(rest).await {
            tracing::error!(%error, "refusals are missing from the audit log");
        }
    }

    async fn write_refusals(&self, due: impl IntoIterator<Item = (Pair, u64)>) -> io::Result<()> {
        let due: Vec<_> = due.into_iter().collect();
        if due.is_empty() {
            return Ok(());
        }
        let recorded = self.in_background(move |sinks, clock| {
            for ((who, action, code), count) in due {
                let line = Line {
                    who,
                    action: action.to_owned(),
                    outcome: code.to_string(),
                    count: (count > 1).then_some(count),
                    ..blank()
                };
                sinks.record(line, clock)?;
            }
            Ok(0)
        });
        recorded.await.map(drop)
    }

    async fn in_background(
        &self,
        write: impl FnOnce(&mut Sinks, &Clock) -> io::Result<u64> + Send + 'static,
    ) -> io::Result<u64> {
        let shared = Arc::clone(&self.0);
        spawn_blocking(move || write(&mut shared.sinks.lock(), &shared.clock))
            .await
            .unwrap_or_else(|_| Err(io::Error::other("the task that writes it panicked")))
    }

    /// Returns `true` if another action may follow now.
    fn admit(&self, now: Instant) -> bool {
        let mut free_at = self.0.actions_free_at.lock();
        let from = free_at.map_or(now, |at| at.max(now));
        if from - now > ACTION_INTERVAL * (ACTION_BURST - 1) {
            return false;
        }
        *free_at = Some(from + ACTION_INTERVAL);
        true
    }
}

impl Sinks {
    fn open_file(&mut self, clock: &Clock) -> io::Result<()> {
        let (file, chain, torn) = AuditFile::open(&self.path, self.max_bytes)?;
        self.file = Some(file);
        if self.unwritten.is_empty() {
            self.chain = chain;
        }
        if torn > 0 {
            tracing::warn!(bytes = torn, "removed a torn last line of the audit log");
            let reason = format!("removed {torn} bytes of a line that was not written whole");
            self.record(itself("repair", reason), clock)?;
        }
        Ok(())
    }

    /// Makes the file ready for a line. One that could not be opened before is tried again.
    fn prepare_file(&mut self, clock: &Clock) -> io::Result<()> {
        let Some(file) = &mut self.file else {
            return self.open_file(clock);
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
    fn record(&mut self, line: Line, clock: &Clock) -> io::Result<u64> {
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

    /// Keeps a line that no sink took, until the file can be written again.
    fn keep(&mut self, line: Line, clock: &Clock) {
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
        ..blank()
    }
}

/// Returns a line without content; its place in the chain is set when it is recorded.
fn blank() -> Line {
    Line {
        seq: 0,
        time: String::new(),
        who: String::new(),
        action: String::new(),
        from: None,
        to: None,
        level: None,
        reason: None,
        outcome: String::new(),
        intent: None,
        count: None,
        prev: String::new(),
    }
}

#[cfg(test)]
mod tests;
