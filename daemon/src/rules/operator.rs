//! The commands of operators: apply a route config, roll back to one, freeze, thaw, reload, and forget
//! the saved one.
//!
//! One config is decided about at a time, whether it comes from an operator or a source
//! ([`super::pipeline`]). The caller must poll a command to its end, even if its client is gone.

use std::sync::Arc;

use codeid_engine::{ConfigDigest, InitLevel, Problem, RouteConfig};
use thiserror::Error;
use tokio::sync::MutexGuard;

use super::candidate::{Candidate, CheckReport};
use super::check::ConfigRefused;
use super::freeze::{FreezeFile, FreezeFileError, FrozenConfig};
use super::handing_over::Held;
use super::history::Entry;
use super::level_sources::CallError;
use super::loader::Loader;
use super::publish::Origin;
use super::requests::Requests;
use super::status::StatusRegistry;
use crate::api::apply::{Applied, ApplyOutcome};
use crate::api::forget::{Forgotten, NotAsked};
use crate::api::freeze::{Freeze, FreezeAction};
use crate::api::problem;
use crate::api::status::SourceCheck;
use crate::error_chain::ErrorChain;

/// Carries out the commands of operators.
#[derive(Clone)]
pub(crate) struct Operator {
    loader: Arc<Loader>,
    freeze_file: FreezeFile,
    requests: Arc<Requests>,
}

/// A command to make a route config live.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// The route config, as the operator sent it; not checked yet.
    pub(crate) text: Vec<u8>,
    /// The digest that the live config must have; `None` if it may have any.
    pub(crate) replaces: Option<ConfigDigest>,
    /// The action as which the freeze that follows is recorded.
    pub(crate) action: FreezeAction,
    /// The operator.
    pub(crate) by: String,
    /// `true` if the command may end a freeze that an operator began as such.
    pub(crate) overrides: bool,
}

/// The reason why a command was not carried out. It changed nothing.
#[derive(Debug, Error)]
pub(crate) enum OperatorError {
    /// Another config became live since the operator compared.
    #[error("another route config is live than the one to replace")]
    Stale {
        /// The digest of the live config; `None` without a live table.
        live: Option<ConfigDigest>,
    },
    /// The config is not valid, or was not compiled.
    #[error(transparent)]
    Refused(#[from] ConfigRefused),
    /// The file of the freeze was not changed, so that the command had no effect.
    #[error("the freeze was not saved or removed")]
    FreezeFile(#[from] FreezeFileError),
    /// The call to the local storage failed.
    #[error("the local storage did not forget its route config")]
    Store(#[from] CallError),
    /// A freeze forbids the command. Ending the freeze first allows it.
    #[error("the live route config is frozen by {}", .0.by)]
    Frozen(Freeze),
    /// A freeze forbids the command, which may override it if the operator asks for that.
    #[error("the live route config is frozen by {}, and the command does not override that", .0.by)]
    NotOverridden(Freeze),
    /// A thread that the command needs has ended, or met a fault.
    #[error("an internal fault occurred")]
    Fault,
}

impl Operator {
    /// Returns the operator's side of `loader`, which asks the control thread by `requests`.
    pub(super) const fn new(
        loader: Arc<Loader>,
        freeze_file: FreezeFile,
        requests: Arc<Requests>,
    ) -> Self {
        Self {
            loader,
            freeze_file,
            requests,
        }
    }

    /// Waits until no config is being decided about, and holds the decision for a take-over.
    pub(crate) async fn hold(&self) -> Held {
        Held::new(Arc::clone(&self.loader)).await
    }

    /// Saves what was held back, and everything from now on.
    pub(super) async fn begin_to_save(&self) {
        let _decision = self.decide().await;
        self.loader.pipeline.saver.release().await;
    }

    /// Returns the status of the live table and the sources.
    pub(crate) fn status(&self) -> &StatusRegistry {
        &self.loader.status
    }

    /// Returns the most bytes that a route config can have.
    pub(crate) fn max_bytes(&self) -> usize {
        self.loader.pipeline.checker.max_bytes()
    }

    /// Returns the live table's entry in the history.
    pub(crate) fn live(&self) -> Option<Arc<Entry>> {
        let status = self.status();
        let generation = status.with_table(|table| Some(table?.generation()))?;
        status.history.find(generation.get())
    }

    /// Returns the digest of the live config.
    pub(crate) fn live_digest(&self) -> Option<ConfigDigest> {
        self.status().live_digest()
    }

    /// Checks a route config without making it live.
    pub(crate) async fn check(&self, bytes: Vec<u8>) -> CheckReport {
        let sha256 = ConfigDigest::new(&bytes);
        let checker = &self.loader.pipeline.checker;
        let checked = checker.check(sha256, bytes, RouteConfig::lint).await;
        CheckReport {
            sha256,
            candidate: checked.map(Candidate::from),
            live: self.live(),
        }
    }

    /// Makes a route config live, and freezes it. Only the file of the freeze has it: once it is thawed,
    /// any source may replace it.
    ///
    /// # Errors
    ///
    /// [`OperatorError`] if the config does not become live.
    pub(crate) async fn apply(&self, order: Order) -> Result<Applied, OperatorError> {
        let loader = &self.loader;
        let _decision = self.decide().await;
        let replaced = self.live_digest();
        if order
            .replaces
            .is_some_and(|digest| Some(digest) != replaced)
        {
            return Err(OperatorError::Stale { live: replaced });
        }
        self.require_override(order.overrides)?;
        let digest = ConfigDigest::new(&order.text);
        let freeze = self.new_freeze(order.action, order.by.clone(), digest, None);
        if let Some(live) = self.live().filter(|_| replaced == Some(digest)) {
            self.set_freeze(self.frozen(freeze.clone(), &live)).await?;
            return Ok(Applied {
                outcome: ApplyOutcome::Unchanged,
                ..applied(&live, replaced, &[], freeze)
            });
        }
        let checker = &loader.pipeline.checker;
        let config = checker.check(digest, order.text, RouteConfig::lint).await?;
        let origin = Origin {
            level: InitLevel::Local,
            shown: format!("{} by {}", past_participle(order.action), order.by),
            by: Some(order.by),
            is_orphan: true,
        };
        let before = loader.status.frozen();
        // Before the config is live: a restart must not undo what was announced as done.
        self.set_freeze(FrozenConfig {
            freeze: freeze.clone(),
            level: origin.level,
            uri: origin.shown.clone(),
            is_orphan: true,
            text: Arc::clone(&config.text),
        })
        .await?;
        let warnings = config.warnings.clone();
        let published = loader.pipeline.publisher.publish(config, origin).await;
        let Ok(generation) = published else {
            self.restore_freeze(before).await;
            return Err(OperatorError::Fault);
        };
        loader.forget_remote();
        self.count_activation();
        let entry = loader.status.history.find(generation.get());
        let entry = entry.ok_or(OperatorError::Fault)?;
        Ok(applied(&entry, replaced, &warnings, freeze))
    }

    /// Freezes the live config.
    ///
    /// # Errors
    ///
    /// [`OperatorError`] if no config is live or the freeze cannot be saved.
    pub(crate) async fn freeze(
        &self,
        reason: Option<String>,
        by: String,
    ) -> Result<Freeze, OperatorError> {
        let _decision = self.decide().await;
        let live = self.live().ok_or(OperatorError::Fault)?;
        let digest = live.provenance.digest;
        let freeze = self.new_freeze(FreezeAction::Freeze, by, digest, reason);
        self.set_freeze(self.frozen(freeze.clone(), &live)).await?;
        Ok(freeze)
    }

    /// Ends a freeze, and reads the sources again as [`Self::reload`] does: at once, because the live
    /// config may have been an operator's alone. Returns the check of each; none if no config was frozen,
    /// or if `reads_sources` is `false`.
    ///
    /// # Errors
    ///
    /// [`OperatorError`] if the file of the freeze cannot be removed.
    pub(crate) async fn thaw(
        &self,
        reads_sources: bool,
    ) -> Result<Option<Vec<SourceCheck>>, OperatorError> {
        let decision = self.decide().await;
        let removed = self.freeze_file.remove().await;
        self.or_put_back(removed).await?;
        let was_frozen = self.loader.status.is_frozen();
        self.loader.status.set_frozen(None);
        self.requests.freeze_changed.notify_one();
        drop(decision);
        Ok(match (was_frozen, reads_sources) {
            (false, _) => None,
            (true, false) => Some(Vec::new()),
            // A fault of the reload loop is logged and counted; the freeze has ended.
            (true, true) => Some(self.requests.request_report().await.unwrap_or_default()),
        })
    }

    /// Reads the sources again, as SIGHUP does, and returns the check of each.
    ///
    /// # Errors
    ///
    /// [`OperatorError`] if the live config is frozen, or the reload loop panics.
    pub(crate) async fn reload(&self) -> Result<Vec<SourceCheck>, OperatorError> {
        let report = match self.loader.status.frozen() {
            Some(frozen) => return Err(OperatorError::Frozen(frozen.freeze.clone())),
            None => self.requests.request_report(),
        };
        report.await.map_err(|_| OperatorError::Fault)
    }

    /// Has the local storage forget its config. Without a remote, the sources are then read as at a start,
    /// and any of them may replace the live config, which stays if none gives a valid one. No source is read
    /// while the live config is frozen, nor if `is_stopping` is `true`.
    ///
    /// # Errors
    ///
    /// [`OperatorError`] if the live config is frozen by a command of its own and `overrides` is `false`, or
    /// the storage does not confirm that it has forgotten the config.
    pub(crate) async fn forget(
        &self,
        overrides: bool,
        is_stopping: bool,
    ) -> Result<Forgotten, OperatorError> {
        let loader = &self.loader;
        let decision = self.decide().await;
        self.require_override(overrides)?;
        let has_remote = loader.sources.remote.is_some();
        let becomes_orphan =
            !has_remote && loader.status.lowest_replacing_level() > Some(InitLevel::Preset);
        let frozen = loader.status.frozen();
        if let Some(frozen) = &frozen
            && becomes_orphan
        {
            // First: after a restart and a thaw, the config must not block the preset.
            let is_orphan = true;
            let frozen = FrozenConfig {
                is_orphan,
                ..FrozenConfig::clone(frozen)
            };
            self.set_freeze(frozen).await?;
        }
        let was_saved = loader.forget_saved().await?;
        if becomes_orphan {
            loader.status.set_orphan(true);
        }
        loader.pipeline.publisher.level_changed.notify_one();
        drop(decision);
        let not_asked_because = match (frozen, has_remote, is_stopping) {
            (Some(_), _, _) => Some(NotAsked::Frozen),
            (None, true, _) => Some(NotAsked::Remote),
            (None, false, true) => Some(NotAsked::Stopping),
            (None, false, false) => None,
        };
        let checks = match not_asked_because {
            Some(_) => Vec::new(),
            // A fault of the reload loop is logged and counted; the config is forgotten.
            None => self.requests.request_report().await.unwrap_or_default(),
        };
        Ok(Forgotten {
            was_saved,
            not_asked_because,
            checks,
        })
    }

    /// Refuses a command that does not override the freeze that an operator began as such.
    fn require_override(&self, overrides: bool) -> Result<(), OperatorError> {
        match self.status().frozen() {
            Some(frozen) if frozen.freeze.action == FreezeAction::Freeze && !overrides => {
                Err(OperatorError::NotOverridden(frozen.freeze.clone()))
            }
            _ => Ok(()),
        }
    }

    async fn decide(&self) -> MutexGuard<'_, ()> {
        self.loader.pipeline.decide().await
    }

    async fn set_freeze(&self, frozen: FrozenConfig) -> Result<(), OperatorError> {
        let written = self.freeze_file.write(&frozen).await;
        self.or_put_back(written).await?;
        self.loader.status.set_frozen(Some(Arc::new(frozen)));
        self.requests.freeze_changed.notify_one();
        Ok(())
    }

    /// Puts the file of the freeze back if changing it failed so late that it was changed: a restart must
    /// not bring what is refused. If that is impossible, the change counts, since a restart brings it.
    async fn or_put_back(&self, changed: Result<(), FreezeFileError>) -> Result<(), OperatorError> {
        let Err(error) = changed else { return Ok(()) };
        let before = self.loader.status.frozen();
        if error.has_changed() && self.freeze_file.put_back(before.as_deref()).await.is_err() {
            let why = ErrorChain(&error).to_string();
            tracing::error!(why, "a loss of power may undo a change of the freeze");
            return Ok(());
        }
        Err(error.into())
    }

    /// Goes back to the freeze before a command, or to none. A failure is logged.
    async fn restore_freeze(&self, before: Option<Arc<FrozenConfig>>) {
        if let Err(error) = self.freeze_file.put_back(before.as_deref()).await {
            let why = ErrorChain(&error).to_string();
            tracing::error!(why, "cannot undo the freeze of a command that failed");
        }
        self.loader.status.set_frozen(before);
        self.requests.freeze_changed.notify_one();
    }

    fn new_freeze(
        &self,
        action: FreezeAction,
        by: String,
        sha256: ConfigDigest,
        reason: Option<String>,
    ) -> Freeze {
        Freeze {
            since: self.status().now_ms(),
            by,
            action,
            sha256,
            reason,
        }
    }

    fn frozen(&self, freeze: Freeze, live: &Entry) -> FrozenConfig {
        FrozenConfig {
            freeze,
            level: live.provenance.level,
            uri: live.provenance.uri.clone(),
            is_orphan: self.status().is_orphan(),
            text: Arc::clone(live.config.text()),
        }
    }

    fn count_activation(&self) {
        let mut status = self.status().lock();
        status.counters.reloads.activated += 1;
        status.last_activation_at = Some(self.status().now_ms());
    }
}

const fn past_participle(action: FreezeAction) -> &'static str {
    match action {
        FreezeAction::Apply => "applied",
        FreezeAction::Rollback => "rolled back",
        FreezeAction::Freeze => "frozen",
    }
}

/// Returns the report of a command that made the table of `entry` live.
fn applied(
    entry: &Entry,
    replaced: Option<ConfigDigest>,
    warnings: &[Problem],
    freeze: Freeze,
) -> Applied {
    Applied {
        outcome: ApplyOutcome::Activated,
        generation: entry.generation.get(),
        sha256: entry.provenance.digest,
        replaced,
        version: entry.version.clone(),
        rule_count: entry.rule_count,
        warnings: warnings.iter().map(problem::Problem::from).collect(),
        freeze,
    }
}
