//! Checks a source: reads it, submits its config to the pipeline, and records the outcome.
//!
//! One check runs at a time: those of the start until there is a table, then those of the reload
//! loop.

use std::sync::Arc;
use std::time::Duration;

use codeid_engine::{ConfigDigest, InitLevel};
use tokio::time::Instant;

use super::level_sources::{CallError, LevelSources, Remote};
use super::outcome::{CheckResult, LoadError, LoadOutcome};
use super::pipeline::Pipeline;
use super::schedule::Schedule;
use super::source::{RemoteConfig, Revision};
use super::status::StatusRegistry;
use crate::api::status::{Check, CheckOutcome};
use crate::sync::Mutex;
use crate::timestamp::milliseconds;

/// Loads route configs from their sources.
pub(super) struct Loader {
    /// The registry that each check is recorded in.
    pub(super) status: Arc<StatusRegistry>,
    /// The sources and the local storage.
    pub(super) sources: Arc<LevelSources>,
    /// The steps that a config takes once a source gave it.
    pub(super) pipeline: Pipeline,
    pulls: Mutex<Pulls>,
}

/// The state of pulling. It survives a panic of the task that pulls.
struct Pulls {
    /// The revision of the live config at the remote; `None` if the live config is not from there,
    /// or the remote has no revisions.
    known: Option<Revision>,
    schedule: Schedule,
    next: Option<Instant>,
}

impl Loader {
    /// Returns a loader that has read nothing yet.
    pub(super) fn new(sources: Arc<LevelSources>, pipeline: Pipeline, schedule: Schedule) -> Self {
        Self {
            status: Arc::clone(&pipeline.status),
            sources,
            pipeline,
            pulls: Mutex::new(Pulls {
                known: None,
                schedule,
                next: None,
            }),
        }
    }

    /// Checks the source of `level`, which must not be below the live level.
    pub(super) async fn check_source(&self, level: InitLevel) -> CheckResult {
        let begun = Instant::now();
        let outcome = match level {
            InitLevel::Remote => self.check_remote().await,
            InitLevel::Local => self.check_local().await,
            InitLevel::Preset => self.check_preset().await,
        };
        let mut result = CheckResult {
            level,
            outcome,
            is_news: false,
            took: begun.elapsed(),
        };
        result.is_news = self.record(&result);
        result
    }

    /// Returns the time of the next pull; `None` without a remote and while the rules are frozen.
    pub(super) fn next_pull(&self) -> Option<Instant> {
        self.pulls.lock().next.filter(|_| !self.status.is_frozen())
    }

    /// Forgets the remote config that was live: the next pull asks for the whole config, and the
    /// one before is not saved any more.
    pub(super) fn forget_remote(&self) {
        self.pulls.lock().known = None;
        self.pipeline.saver.forget_pending();
    }

    /// Has the local storage forget its config. The next pull asks for the whole config, and saves it.
    /// Returns `false` if none was saved.
    ///
    /// # Errors
    ///
    /// The [`CallError`] of the local storage.
    pub(super) async fn forget_saved(&self) -> Result<bool, CallError> {
        let forgotten = self.pipeline.saver.forget().await;
        self.forget_remote();
        forgotten.map_err(|error| self.count_panic(error))
    }

    async fn check_remote(&self) -> Result<LoadOutcome, LoadError> {
        let Some(remote) = &self.sources.remote else {
            return Err(LoadError::NoRemote);
        };
        // In case that this task dies before it sets the time of the next pull.
        self.schedule_next_pull(|schedule| schedule.delay_after_death());
        let known = self.pulls.lock().known.clone();
        let pending = self.pipeline.saver.pending();
        self.status.lock().next_pull_at = None;
        let outcome = match self.pull(remote, known.as_ref()).await {
            Ok(RemoteConfig::Unchanged) => self.confirm_unchanged(known.is_some()),
            Ok(RemoteConfig::Config {
                route_config_data,
                revision,
            }) => {
                let submitted = self.pipeline.submit(InitLevel::Remote, route_config_data);
                let submitted = submitted.await;
                if submitted.is_ok() {
                    // Only then: a refused config must come again, since it may be accepted later.
                    self.pulls.lock().known = revision;
                }
                submitted
            }
            Err(error) => Err(error),
        };
        if pending.is_some() {
            // So that no operator has the storage forget its config meanwhile.
            let _decision = self.pipeline.decide().await;
            self.pipeline.saver.retry(pending).await;
        }
        let delay = self.schedule_next_pull(|schedule| schedule.delay_after(outcome.is_ok()));
        self.status.lock().next_pull_at = Some(self.status.now_ms().saturating_add(delay));
        outcome
    }

    async fn check_local(&self) -> Result<LoadOutcome, LoadError> {
        let read = self.sources.read_local().await;
        let bytes = read.map_err(|error| self.count_panic(error))?;
        let bytes = bytes.ok_or(LoadError::NothingSaved)?;
        self.pipeline.saver.note_saved(ConfigDigest::new(&bytes));
        self.pipeline.submit(InitLevel::Local, bytes).await
    }

    async fn check_preset(&self) -> Result<LoadOutcome, LoadError> {
        let read = self.sources.read_preset().await;
        let bytes = read.map_err(|error| self.count_panic(error))?;
        self.pipeline.submit(InitLevel::Preset, bytes).await
    }

    async fn pull(
        &self,
        remote: &Remote,
        known: Option<&Revision>,
    ) -> Result<RemoteConfig, LoadError> {
        let read = self.sources.read_remote(remote, known).await;
        let mut status = self.status.lock();
        match &read {
            Ok(RemoteConfig::Unchanged) => status.counters.pulls.not_modified += 1,
            Ok(RemoteConfig::Config { .. }) => {
                status.counters.pulls.downloaded += 1;
                if let Some(source) = status.source(InitLevel::Remote) {
                    source.last_download_at = Some(self.status.now_ms());
                }
            }
            Err(_) => status.counters.pulls.failed += 1,
        }
        drop(status);
        read.map_err(|error| self.count_panic(error).into())
    }

    /// Handles the response that nothing changed, to a request that was conditional if
    /// `was_conditional`.
    fn confirm_unchanged(&self, was_conditional: bool) -> Result<LoadOutcome, LoadError> {
        if self.status.is_frozen() {
            return Err(LoadError::Frozen);
        }
        if !was_conditional || self.status.live_level() != Some(InitLevel::Remote) {
            return Err(LoadError::NotConditional);
        }
        self.status.staleness.confirm();
        self.pipeline.clear_refusal(InitLevel::Remote);
        Ok(LoadOutcome::Unchanged)
    }

    /// Sets the time of the next pull, and returns the milliseconds until then.
    fn schedule_next_pull(&self, delay: impl FnOnce(&mut Schedule) -> Duration) -> u64 {
        let mut pulls = self.pulls.lock();
        let delay = delay(&mut pulls.schedule);
        pulls.next = Some(Instant::now() + delay);
        milliseconds(delay)
    }

    fn count_panic(&self, error: CallError) -> CallError {
        if let CallError::Panicked(task) = error {
            self.status.count_restart(task);
        }
        error
    }

    /// Records a check, and returns `true` if its outcome differs from that of the check before.
    fn record(&self, result: &CheckResult) -> bool {
        let (at, outcome, why) = (self.status.now_ms(), result.word(), result.why());
        let mut status = self.status.lock();
        let reloads = &mut status.counters.reloads;
        match outcome {
            CheckOutcome::Activated => {
                reloads.activated += 1;
                status.last_activation_at = Some(at);
            }
            CheckOutcome::Unchanged => reloads.unchanged += 1,
            CheckOutcome::Refused => reloads.refused += 1,
            CheckOutcome::Failed | CheckOutcome::Absent => {}
        }
        let Some(source) = status.source(result.level) else {
            return false;
        };
        let good = result.outcome.is_ok();
        let before = source.last_check.take();
        let is_news = before
            .as_ref()
            .is_none_or(|before| (before.outcome, &before.why) != (outcome, &why));
        let failures = before.map_or(0, |before| before.failures) + 1;
        source.last_check = Some(Check {
            at,
            good,
            outcome,
            why,
            failures: if good { 0 } else { failures },
        });
        if good {
            source.last_good_check_at = Some(at);
        }
        is_news
    }
}
