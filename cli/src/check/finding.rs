//! One error, warning or note about a file, from reading, parsing, compiling or linting.

use std::borrow::Cow;

use codeid_daemon::error_chain::ErrorChain;
use codeid_engine::{Position, Problem};
use serde::Serialize;

use crate::route_config::{Examined, Refused};

/// An error, a warning or a note, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(crate) struct Finding<'a> {
    /// The file's name; present only if several files are checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<&'a str>,
    /// An error, a warning, or a note.
    pub(crate) severity: Severity,
    /// The problem's code, `unreadable-file`, or `code-cost`.
    pub(crate) code: &'a str,
    /// The id of the rule; `None` if the problem is not in a rule, or its id is unknown.
    pub(crate) rule: Option<&'a str>,
    /// The JSON pointer of the value; empty for the whole document.
    pub(crate) pointer: &'a str,
    /// The position of the value in the file, if it is known.
    pub(crate) position: Option<Position>,
    /// A sentence that says what is wrong and what is allowed.
    pub(crate) message: Cow<'a, str>,
    /// A way to solve the problem, if one is known.
    pub(crate) hint: Option<&'a str>,
    /// The cost of the file's rules, if the finding is about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cost: Option<&'a Cost>,
}

/// The cost of the rules of a file, as `--json` prints it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cost {
    /// The most steps that a lookup can take, whatever the code value is.
    pub(super) max_steps: u64,
    /// The setting `compile.max-code-steps`.
    pub(super) allowed_steps: u64,
    /// The most expensive code value that was constructed.
    pub(super) code_value: String,
    /// The number of its characters.
    pub(super) characters: usize,
    /// The steps that it takes.
    pub(super) steps: u64,
    /// The rules that take the most of these.
    pub(super) rules: Vec<RuleShare>,
}

/// A rule that takes many of the steps.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RuleShare {
    /// The rule's id.
    pub(super) rule: String,
    /// The rule's place in the config, from 1.
    pub(super) position: usize,
    /// The steps that are taken for the rule.
    pub(super) steps: u64,
    /// The percentage of all steps, rounded.
    pub(super) percentage: u64,
}

/// The severity of a finding: an error makes the config unusable, and a note is about a good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// The config is refused.
    Error,
    /// The config is accepted, and probably not what its author meant.
    Warning,
    /// A fact about a config that is accepted, or about its cost.
    Note,
}

/// Returns everything found in a file: errors first, each kind in document order.
pub(super) fn from_examined(examined: &Examined) -> Vec<Finding<'_>> {
    match &examined.outcome {
        Ok(accepted) => with_severity(Severity::Warning, &accepted.warnings).collect(),
        Err(Refused::Unreadable(error)) => vec![Finding {
            file: None,
            severity: Severity::Error,
            code: "unreadable-file",
            rule: None,
            pointer: "",
            position: None,
            message: ErrorChain(error).to_string().into(),
            hint: None,
            cost: None,
        }],
        Err(Refused::Wrong { errors, warnings }) => with_severity(Severity::Error, errors)
            .chain(with_severity(Severity::Warning, warnings))
            .collect(),
    }
}

/// Returns the errors of a route config that is refused.
pub(crate) fn findings_of(errors: &[Problem]) -> Vec<Finding<'_>> {
    with_severity(Severity::Error, errors).collect()
}

fn with_severity(severity: Severity, problems: &[Problem]) -> impl Iterator<Item = Finding<'_>> {
    problems.iter().map(move |problem| Finding {
        file: None,
        severity,
        code: problem.code().as_str(),
        rule: problem.rule(),
        pointer: problem.pointer(),
        position: problem.position(),
        message: problem.message().into(),
        hint: problem.hint(),
        cost: None,
    })
}
