//! The daemon's own judgement of its state: whether it is healthy, and each problem with what to do about
//! it.
//!
//! It is derived from what the status and the figures show anyway, so that the console, `codeid admin
//! status` and `codeid top` say the same. The thresholds and their periods are those of
//! `config/alerts.yml`, where an alert exists.
//!
//! Source: SPEC.md, section 6.

mod problems;

use self::problems::problems;
use crate::api::figures::{FigureCounts, INTERVAL_MS};
use crate::api::health::{Health, HealthProblem, Severity};
use crate::api::readiness::Readiness;
use crate::api::status::{RulesStatus, ServiceState};

/// The period in which failures of requests and connections count, in intervals of the figures.
pub(crate) const SHORT_PERIOD: usize = (5 * 60_000 / INTERVAL_MS) as usize;

/// The period in which faults and missing log lines count, in intervals of the figures.
pub(crate) const LONG_PERIOD: usize = 3 * SHORT_PERIOD;

/// The most problems that the sentence names.
const NAMED: usize = 3;

/// The state that the judgement depends on.
pub(crate) struct Facts<'a> {
    /// The reasons why the daemon is not ready.
    pub(crate) readiness: &'a Readiness,
    /// The state of the service.
    pub(crate) state: ServiceState,
    /// The live table and its sources.
    pub(crate) rules: &'a RulesStatus,
    /// The counts of [`SHORT_PERIOD`].
    pub(crate) short: FigureCounts,
    /// The counts of [`LONG_PERIOD`].
    pub(crate) long: FigureCounts,
    /// The certificates of the listeners.
    pub(crate) certificates: &'a [Validity],
    /// The present, in seconds since 1970.
    pub(crate) now: u64,
    /// `true` if the last line of the audit log is not in its file.
    pub(crate) is_audit_behind: bool,
}

/// The end of the validity of a listener's certificate.
pub(crate) struct Validity {
    /// The listener, such as `admin.http`.
    pub(crate) listener: String,
    /// The last second of the validity, since 1970.
    pub(crate) until: u64,
}

/// A problem, and the words that stand for it in the sentence.
struct Found {
    problem: HealthProblem,
    brief: String,
}

/// Returns the judgement.
pub(crate) fn health(facts: &Facts<'_>) -> Health {
    let mut found = problems(facts);
    // Stable: problems of one severity stay in the order in which they are looked for.
    found.sort_by_key(|found| found.problem.severity);
    let severity = found.first().map(|worst| worst.problem.severity);
    Health {
        ok: severity.is_none_or(|worst| worst == Severity::Info),
        severity,
        sentence: sentence(severity, &found),
        problems: found.into_iter().map(|found| found.problem).collect(),
    }
}

/// Returns the sentence: it names the problems of the worst severity, and says how many others there are.
fn sentence(severity: Option<Severity>, found: &[Found]) -> String {
    let Some(severity) = severity else {
        return "Healthy: the daemon is ready, and no problem is known.".to_owned();
    };
    let worst = found
        .iter()
        .filter(|found| found.problem.severity == severity);
    let named: Vec<&str> = worst.take(NAMED).map(|found| &*found.brief).collect();
    let others = match found.len() - named.len() {
        0 => String::new(),
        1 => " There is 1 more problem.".to_owned(),
        others => format!(" There are {others} more problems."),
    };
    let named = enumerate(&named);
    match severity {
        Severity::Critical => format!("Not healthy: {named}.{others}"),
        Severity::Warning => format!("Needs attention: {named}.{others}"),
        Severity::Info => format!("Healthy, and {named}.{others}"),
    }
}

/// Returns the words as one list: `a, b and c`.
fn enumerate(words: &[&str]) -> String {
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

#[cfg(test)]
mod tests;
