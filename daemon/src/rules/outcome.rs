//! The outcome of checking a source, as the steps of a reload report it.

use std::time::Duration;

use codeid_engine::InitLevel;
use thiserror::Error;

use super::check::ConfigRefused;
use super::compiler::CompilerError;
use super::level_sources::CallError;
use crate::api::status::{CheckOutcome, SourceCheck};
use crate::error_chain::ErrorChain;

/// The result of one check of a source.
#[derive(Debug)]
pub(super) struct CheckResult {
    /// The level of the source.
    pub(super) level: InitLevel,
    /// The effect of the check, or the reason why it had none.
    pub(super) outcome: Result<LoadOutcome, LoadError>,
    /// `true` if the outcome differs from that of the check before.
    pub(super) is_news: bool,
    /// The time from the call to the source to the end of publishing.
    pub(super) took: Duration,
}

/// The effect of a check that was good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoadOutcome {
    /// The source gave a config that is live now.
    Activated,
    /// The source gave or confirmed the live config.
    Unchanged,
}

/// The reason why a check had no effect.
#[derive(Debug, Error)]
pub(super) enum LoadError {
    /// A pull was asked for, and there is no remote source.
    #[error("ac.route.pull-route-config-url is not set")]
    NoRemote,
    /// The local storage is empty, as before the first config was saved.
    #[error("no route config was saved yet")]
    NothingSaved,
    /// The config of the source was not read, or not published, because of a freeze.
    #[error("an operator froze the live route config")]
    Frozen,
    /// The source failed, or did not respond in time.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The source broke the contract of conditional reads: it was given no revision.
    #[error("the source responded that nothing changed, but was asked for the whole config")]
    NotConditional,
    /// The document is longer than the limit, which follows from `ac.route.max-config-characters`. It was
    /// not parsed.
    #[error("the source gave {given} bytes, and a route config has at most {limit} bytes")]
    TooLong {
        /// The length of the document, in bytes.
        given: usize,
        /// The most bytes of a document.
        limit: usize,
    },
    /// The config was compiled, and the compile thread did not publish its table.
    #[error("the route config was not published")]
    NotPublished(#[from] CompilerError),
    /// The config is not valid, or was not compiled.
    #[error(transparent)]
    Refused(#[from] ConfigRefused),
}

impl CheckResult {
    /// Returns the outcome in one word.
    pub(super) const fn word(&self) -> CheckOutcome {
        match &self.outcome {
            Ok(LoadOutcome::Activated) => CheckOutcome::Activated,
            Ok(LoadOutcome::Unchanged) => CheckOutcome::Unchanged,
            Err(LoadError::NoRemote | LoadError::NothingSaved | LoadError::Frozen) => {
                CheckOutcome::Absent
            }
            Err(LoadError::Refused(_)) => CheckOutcome::Refused,
            Err(
                LoadError::Call(_)
                | LoadError::NotConditional
                | LoadError::TooLong { .. }
                | LoadError::NotPublished(_),
            ) => CheckOutcome::Failed,
        }
    }

    /// Returns the error and its causes in one line.
    pub(super) fn why(&self) -> Option<String> {
        let error = self.outcome.as_ref().err()?;
        Some(ErrorChain(error).to_string())
    }

    /// Returns the document that reports the check.
    pub(super) fn document(&self) -> SourceCheck {
        SourceCheck {
            level: self.level,
            outcome: self.word(),
            why: self.why(),
        }
    }
}
