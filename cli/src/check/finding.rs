//! One error or warning about a file, from reading, parsing, compiling or linting.

use codeid_engine::{Position, Problem};
use serde::Serialize;

use crate::route_config::{Examined, Refused};

/// An error or a warning, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(crate) struct Finding<'a> {
    /// The file's name; present only if several files are checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<&'a str>,
    pub(crate) severity: Severity,
    /// The problem's code, or `unreadable-file`.
    pub(crate) code: &'a str,
    pub(crate) rule: Option<&'a str>,
    pub(crate) pointer: &'a str,
    pub(crate) position: Option<Position>,
    pub(crate) message: &'a str,
    pub(crate) hint: Option<&'a str>,
}

/// The severity of a finding: an error makes the config unusable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    Error,
    Warning,
}

/// Returns everything found in a file: errors first, each kind in document order.
pub(super) fn from_examined(examined: &Examined) -> Vec<Finding<'_>> {
    match &examined.outcome {
        Ok(accepted) => with_severity(Severity::Warning, &accepted.warnings).collect(),
        Err(Refused::Unreadable(message)) => vec![Finding {
            file: None,
            severity: Severity::Error,
            code: "unreadable-file",
            rule: None,
            pointer: "",
            position: None,
            message,
            hint: None,
        }],
        Err(Refused::Wrong { errors, warnings }) => with_severity(Severity::Error, errors)
            .chain(with_severity(Severity::Warning, warnings))
            .collect(),
    }
}

fn with_severity(severity: Severity, problems: &[Problem]) -> impl Iterator<Item = Finding<'_>> {
    problems.iter().map(move |problem| Finding {
        file: None,
        severity,
        code: problem.code().as_str(),
        rule: problem.rule(),
        pointer: problem.pointer(),
        position: problem.position(),
        message: problem.message(),
        hint: problem.hint(),
    })
}
