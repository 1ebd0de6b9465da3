//! The log: intents before their actions, outcomes after them, and summaries of refusals.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use codeid_engine::ConfigDigest;
use thiserror::Error;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::file::AuditFile;
use super::line::{Line, Outcome};
use super::refusals::{INTERVAL, Pair, Refusals};
use super::sinks::Sinks;
use crate::api::log_level::LogLevel;
use crate::api::refusal::ErrorCode;
use crate::clock::Clock;
use crate::settings::Audit;
use crate::sync::Mutex;
use crate::trace_context::TraceParent;

/// The actions that may follow each other at once.
const ACTION_BURST: u32 = 1000;

/// The time after which another action is allowed, over time.
const ACTION_INTERVAL: Duration = Duration::from_millis(100);

/// The audit log. Clones are the same log.
#[derive(Clone, Debug)]
pub(crate) struct AuditLog(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    sinks: Mutex<Sinks>,
    /// `true` if the file lacks the last line. Beside the lock, which is held while the disk works.
    is_behind: AtomicBool,
    refusals: Mutex<Refusals>,
    /// Notified when the first refusal is counted.
    refused: Notify,
    /// The time at which none of [`ACTION_BURST`] is used up.
    actions_free_at: Mutex<Option<Instant>>,
    gate: Mutex<Gate>,
    /// Notified when an action has its outcome.
    concluded: Notify,
    clock: Clock,
}

/// The admission of lines.
#[derive(Debug, Default)]
struct Gate {
    /// `true` while only outcomes are written: another process takes over.
    is_closed: bool,
    /// The number of actions that are intended and have no outcome yet.
    under_way: usize,
}

/// Counts an action as under way while the value lives.
#[derive(Debug)]
struct UnderWay(Arc<Shared>);

/// An action that is about to be carried out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Action {
    /// The caller, as it displays.
    pub(crate) who: String,
    /// The name of the action, as the route has it.
    pub(crate) name: &'static str,
    /// The digest of the live route config.
    pub(crate) from: Option<ConfigDigest>,
    /// The digest of the route config that is to be live.
    pub(crate) to: Option<ConfigDigest>,
    /// The log level that is to be set.
    pub(crate) level: Option<LogLevel>,
    /// The reason that the caller gave.
    pub(crate) reason: Option<String>,
    /// The trace that the request belongs to.
    pub(crate) trace: Option<TraceParent>,
}

/// An action that is recorded as intended, so that it may be carried out.
#[derive(Debug)]
#[must_use = "an action has an outcome"]
pub(crate) struct Intent {
    number: u64,
    who: String,
    name: &'static str,
    _under_way: UnderWay,
    trace: Option<TraceParent>,
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
    /// Another daemon takes over, and writes the log from then on.
    #[error("another daemon takes over from this one")]
    HandingOver,
}

impl AuditLog {
    /// Opens the log that the settings name. `clock` dates the lines.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the file cannot be written, unless syslog can.
    pub(crate) fn open(settings: &Audit, clock: Clock) -> io::Result<Self> {
        Self::open_as(settings, clock, false)
    }

    /// Opens the log beside the process that writes it, and alone may until [`Self::begin_to_write`].
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the file cannot be written, unless syslog can.
    pub(crate) fn open_beside(settings: &Audit, clock: Clock) -> io::Result<Self> {
        Self::open_as(settings, clock, true)
    }

    fn open_as(settings: &Audit, clock: Clock, is_beside: bool) -> io::Result<Self> {
        let sinks = Sinks::open(settings, &clock, is_beside)?;
        Ok(Self(Arc::new(Shared {
            is_behind: AtomicBool::new(sinks.is_behind()),
            sinks: Mutex::new(sinks),
            refusals: Mutex::default(),
            refused: Notify::new(),
            actions_free_at: Mutex::default(),
            gate: Mutex::new(Gate {
                is_closed: is_beside,
                under_way: 0,
            }),
            concluded: Notify::new(),
            clock,
        })))
    }

    /// Checks that the file of the log can be written. Nothing is changed.
    ///
    /// # Errors
    ///
    /// An [`io::Error`], as for [`Self::open`], also if syslog would do.
    pub(crate) fn rehearse(settings: &Audit) -> io::Result<()> {
        AuditFile::rehearse(&settings.path)
    }

    /// Returns `true` if the file lacks the last line, because it could not be written.
    pub(crate) fn is_behind(&self) -> bool {
        self.0.is_behind.load(Ordering::Relaxed)
    }

    /// Writes lines from now on, since the process that wrote the file has ceased to. Repairs what it left.
    pub(crate) async fn begin_to_write(&self, settings: &Audit) {
        let settings = settings.clone();
        let opened = self.in_background(move |sinks, clock| {
            *sinks = Sinks::open(&settings, clock, false)?;
            Ok(0)
        });
        if let Err(error) = opened.await {
            // The next line tries again.
            tracing::error!(%error, "the audit log of the daemon before cannot be opened");
        }
        self.reopen();
    }

    /// Admits no further action, writes what is known of refusals, and waits until no action but one is under way.
    /// From then on only the outcome of that one is written.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the log stays closed until [`Self::reopen`].
    pub(crate) async fn close_but_for_one(&self) {
        self.0.gate.lock().is_closed = true;
        let rest = self.0.refusals.lock().take_all();
        if let Err(error) = self.write_lines(rest).await {
            tracing::error!(%error, "refusals are missing from the audit log");
        }
        while self.0.gate.lock().under_way > 1 {
            self.0.concluded.notified().await;
        }
    }

    /// Admits actions again.
    pub(crate) fn reopen(&self) {
        self.0.gate.lock().is_closed = false;
    }

    /// Counts an action as under way, unless none is admitted.
    fn enter(&self) -> Result<UnderWay, AuditError> {
        let mut gate = self.0.gate.lock();
        if gate.is_closed {
            return Err(AuditError::HandingOver);
        }
        gate.under_way += 1;
        Ok(UnderWay(Arc::clone(&self.0)))
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
            _under_way: self.enter()?,
            trace: action.trace,
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
                    traceparent: action.trace.map(|trace| trace.to_string()),
                    outcome: Line::INTENDED.to_owned(),
                    ..Line::blank()
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
            who: intent.who.clone(),
            action: action.to_owned(),
            from,
            to,
            outcome: outcome.to_string(),
            intent: Some(intent.number),
            traceparent: intent.trace.map(|trace| trace.to_string()),
            ..Line::blank()
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

    /// Writes lines about refusals, unless another process writes the file.
    async fn write_refusals(&self, due: impl IntoIterator<Item = (Pair, u64)>) -> io::Result<()> {
        if self.0.gate.lock().is_closed {
            tracing::debug!("refusals are missing from the audit log, which another daemon writes");
            return Ok(());
        }
        self.write_lines(due).await
    }

    async fn write_lines(&self, due: impl IntoIterator<Item = (Pair, u64)>) -> io::Result<()> {
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
                    ..Line::blank()
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
        let write = move || {
            let mut sinks = shared.sinks.lock();
            let written = write(&mut sinks, &shared.clock);
            let is_behind = written.is_err() || sinks.is_behind();
            shared.is_behind.store(is_behind, Ordering::Relaxed);
            written
        };
        spawn_blocking(write)
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

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.gate.lock().under_way -= 1;
        self.0.concluded.notify_one();
    }
}

#[cfg(test)]
mod tests;
