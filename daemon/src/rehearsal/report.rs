//! The report of a rehearsal.

use std::error::Error;
use std::fmt;

use codeid_engine::Problem;
use serde::{Serialize, Serializer};

use crate::error_chain::ErrorChain;

/// The things that were tried, in order.
#[derive(Debug, Default)]
pub struct Report {
    checks: Vec<Check>,
}

/// One thing that was tried, and what became of it.
#[derive(Debug)]
pub struct Check {
    /// The kind of thing.
    pub kind: Kind,
    /// The outcome of the trial.
    pub outcome: Outcome,
    /// One line that names the thing, and of a problem also what is wrong and what is allowed. It shows no
    /// secret.
    pub text: String,
    /// The route config, if the thing is one and is refused.
    pub config: Option<RefusedConfig>,
}

/// A route config that is refused.
#[derive(Debug)]
pub struct RefusedConfig {
    /// The bytes of the config, not necessarily UTF-8.
    pub document: Vec<u8>,
    /// The problems of the config, at least one.
    pub problems: Vec<Problem>,
}

/// The kinds of things that a start needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// The settings themselves.
    Settings,
    /// A key, or a token, by which somebody shows who they are.
    Key,
    /// A certificate with its key, or the authorities to trust.
    Certificate,
    /// The way to another server.
    Call,
    /// A file that the daemon writes.
    File,
    /// A listener.
    Listener,
    /// A route config.
    Config,
}

/// The outcomes of trying a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// The start can use it.
    Good,
    /// The start can use it, or do without it, and an operator should know.
    Warning,
    /// The start would fail, or the daemon would not do what its settings say.
    Problem,
    /// It depends on another machine, and was not tried.
    NotAsked,
}

impl Report {
    /// Returns what was tried, in order.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// Returns the number of things with this outcome.
    #[must_use]
    pub fn count(&self, outcome: Outcome) -> usize {
        let checks = self.checks.iter();
        checks.filter(|check| check.outcome == outcome).count()
    }

    /// Adds a thing in one line.
    pub fn add(&mut self, kind: Kind, outcome: Outcome, text: impl Into<String>) {
        self.checks.push(Check {
            kind,
            outcome,
            text: text.into(),
            config: None,
        });
    }

    /// Adds a thing that the start can use.
    pub(super) fn good(&mut self, kind: Kind, text: impl Into<String>) {
        self.add(kind, Outcome::Good, text);
    }

    /// Adds a thing that the start cannot use, with the error that the start would report.
    pub(super) fn problem(&mut self, kind: Kind, error: &(dyn Error + 'static)) {
        self.add(kind, Outcome::Problem, ErrorChain(error).to_string());
    }

    /// Adds a thing with its outcome.
    pub(super) fn push(&mut self, check: Check) {
        self.checks.push(check);
    }
}

/// Serializes as a route config's problems.
impl Serialize for RefusedConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let problems = self.problems.iter().map(crate::api::problem::Problem::from);
        serializer.collect_seq(problems)
    }
}

/// Displays as it serializes.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
