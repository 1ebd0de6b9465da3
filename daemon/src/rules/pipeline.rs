//! The way of a route config from its source into the live table. This is the one place that
//! decides what becomes of a config that a source gave:
//!
//! 1. Too large: fails unread.
//! 2. Identical to the live config: clears the source's refusal and may raise the live level. It is
//!    not compiled, and saved only if it came from the remote and the storage does not have it.
//! 3. Refused before: refused again, without compiling it.
//! 4. Otherwise: compiled, saved if it came from the remote, and published.
//!
//! Source: SPEC.md, section 3.

use std::collections::BTreeMap;
use std::sync::Arc;

use codeid_engine::{ConfigDigest, InitLevel, Problem};
use tokio::sync::{MutexGuard, OwnedMutexGuard};

use super::check::{Checker, ConfigRefused, parse_warnings};
use super::compiler::CompilerError;
use super::level_sources::LevelSources;
use super::outcome::{LoadError, LoadOutcome};
use super::publish::{Origin, Publisher};
use super::save::Saver;
use super::status::StatusRegistry;
use crate::api::problem;
use crate::api::status::RefusedConfig;
use crate::error_chain::ErrorChain;
use crate::sync::Mutex;

/// The most problems of a config that are logged; further ones are counted.
const MAX_LOGGED_PROBLEMS: usize = 20;

/// The most problems of a config that the status shows.
const MAX_SHOWN_PROBLEMS: usize = 20;

/// The steps that a route config takes.
pub(super) struct Pipeline {
    /// The registry that refusals are recorded in.
    pub(super) status: Arc<StatusRegistry>,
    /// Parses and compiles.
    pub(super) checker: Checker,
    /// Saves to the local storage.
    pub(super) saver: Saver,
    /// Makes a table live.
    pub(super) publisher: Publisher,
    /// The names of the sources, for messages.
    pub(super) sources: Arc<LevelSources>,
    /// Locked while a source or an operator decides which config becomes live.
    decision: Arc<tokio::sync::Mutex<()>>,
    /// The config that each source gave last, if it was refused.
    refused: Mutex<BTreeMap<InitLevel, (ConfigDigest, ConfigRefused)>>,
}

impl Pipeline {
    /// Returns a pipeline whose steps are these parts.
    pub(super) fn new(
        status: Arc<StatusRegistry>,
        sources: Arc<LevelSources>,
        checker: Checker,
        saver: Saver,
        publisher: Publisher,
    ) -> Self {
        Self {
            status,
            checker,
            saver,
            publisher,
            sources,
            decision: Arc::default(),
            refused: Mutex::default(),
        }
    }

    /// Waits until no other config is being decided about, and keeps others waiting while the guard
    /// lives.
    pub(super) async fn decide(&self) -> MutexGuard<'_, ()> {
        self.decision.lock().await
    }

    /// Like [`Self::decide`], for a guard that outlives the borrow.
    pub(super) async fn decide_owned(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.decision).lock_owned().await
    }

    /// Decides about the config that the source of `level` gave.
    ///
    /// # Errors
    ///
    /// [`LoadError`] if the config does not become live; [`LoadError::Frozen`] without looking at
    /// it.
    pub(super) async fn submit(
        &self,
        level: InitLevel,
        bytes: Vec<u8>,
    ) -> Result<LoadOutcome, LoadError> {
        let _decision = self.decide().await;
        if self.status.is_frozen() {
            return Err(LoadError::Frozen);
        }
        let (given, limit) = (bytes.len(), self.checker.max_bytes());
        if given > limit {
            return Err(LoadError::TooLong { given, limit });
        }
        let digest = ConfigDigest::new(&bytes);
        if self.status.live_digest() == Some(digest) {
            self.confirm(level, digest, bytes).await;
            return Ok(LoadOutcome::Unchanged);
        }
        if let Some(refused) = self.refused_before(level, digest) {
            return Err(refused.into());
        }
        let config = match self.checker.check(digest, bytes, parse_warnings).await {
            Ok(config) => config,
            // Not a fault of the config, which the next check may compile.
            Err(ConfigRefused::NotCompiled(error @ CompilerError::Busy)) => {
                return Err(error.into());
            }
            Err(refused) => {
                self.refuse(level, digest, &refused);
                return Err(refused.into());
            }
        };
        if level == InitLevel::Remote && !self.saver.has_saved(digest) {
            // A failure is in the status and does not keep the config from becoming live.
            let _ = self.saver.save(digest, Arc::clone(&config.text)).await;
        }
        let origin = Origin {
            level,
            shown: self.sources.shown(level).to_owned(),
            by: None,
            is_orphan: false,
        };
        self.publisher.publish(config, origin).await?;
        self.clear_refusal(level);
        if level == InitLevel::Remote {
            self.status.staleness.confirm();
        }
        Ok(LoadOutcome::Activated)
    }

    /// Clears the refusal of the source of `level`, which gave or confirmed a good config.
    pub(super) fn clear_refusal(&self, level: InitLevel) {
        self.refused.lock().remove(&level);
        if let Some(source) = self.status.lock().source(level) {
            source.refusal = None;
        }
    }

    /// Handles the live config, which came again from the source of `level`.
    async fn confirm(&self, level: InitLevel, digest: ConfigDigest, bytes: Vec<u8>) {
        self.clear_refusal(level);
        let shown = self.sources.shown(level);
        self.publisher.raise_level(level, shown, digest);
        if level == InitLevel::Remote {
            self.status.staleness.confirm();
            if !self.saver.has_saved(digest) {
                let text = String::from_utf8(bytes).expect("the live config is UTF-8");
                // A failure is in the status, and the next pull tries again.
                let _ = self.saver.save(digest, text.into()).await;
            }
        }
    }

    /// Returns why the config was refused, if a source gave it last and it was.
    fn refused_before(&self, level: InitLevel, digest: ConfigDigest) -> Option<ConfigRefused> {
        let mut refused = self.refused.lock();
        let (_, why) = refused.values().find(|(refused, _)| *refused == digest)?;
        let why = why.clone();
        refused.insert(level, (digest, why.clone()));
        Some(why)
    }

    /// Remembers that a config is refused, and logs its problems.
    fn refuse(&self, level: InitLevel, digest: ConfigDigest, refused: &ConfigRefused) {
        let problems = refused.problems();
        let consequence = match self.status.live_level() {
            Some(_) => "; the live table stays",
            None => "",
        };
        tracing::warn!(
            %level,
            source = self.sources.shown(level),
            sha256 = %digest,
            problems = problems.len(),
            why = %ErrorChain(refused),
            "route config refused{consequence}"
        );
        for problem in problems.iter().take(MAX_LOGGED_PROBLEMS) {
            log(problem);
        }
        if problems.len() > MAX_LOGGED_PROBLEMS {
            let more = problems.len() - MAX_LOGGED_PROBLEMS;
            tracing::warn!(more, "further problems; `codeid check` shows all of them");
        }
        self.refused.lock().insert(level, (digest, refused.clone()));
        if let Some(source) = self.status.lock().source(level) {
            let shown = problems.iter().take(MAX_SHOWN_PROBLEMS);
            source.refusal = Some(RefusedConfig {
                sha256: digest,
                at: self.status.now_ms(),
                problem_count: problems.len(),
                problems: shown.map(problem::Problem::from).collect(),
            });
        }
    }
}

fn log(problem: &Problem) {
    let position = problem.position();
    tracing::warn!(
        rule = problem.rule(),
        pointer = problem.pointer(),
        line = position.map(|position| position.line),
        column = position.map(|position| position.column),
        in_pattern = position.and_then(|position| position.in_pattern),
        hint = problem.hint(),
        "{}",
        problem.message()
    );
}
