//! What is wrong with a route config: every problem, each with its place.

use std::fmt;

use serde::Serialize;

use crate::ProblemCode;

/// Why a route config was refused: all of its problems, in document order, at least one.
///
/// Displays as one line: the first problem, and how many more there are. The problems themselves
/// are for whoever shows them one by one.
///
/// Source: SPEC.md, section 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

impl ConfigError {
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        debug_assert!(!problems.is_empty(), "an error has at least one problem");
        Self { problems }
    }

    /// Every problem that was found, never empty.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.problems.as_slice() {
            [] => f.write_str("the route config is refused"),
            [only] => only.fmt(f),
            [first, rest @ ..] => write!(f, "{first} (and {} more)", rest.len()),
        }
    }
}

impl std::error::Error for ConfigError {}

/// One thing that is wrong, or questionable, in a route config.
///
/// Serializes as `{"code", "rule", "pointer", "position", "message", "hint"}`; an absent part is
/// `null`.
///
/// ```
/// use codeid_engine::{CompileLimits, ProblemCode, RouteTable};
/// let config = r#"{"format": "codeid/1", "version": "1", "rules": [
///     {"id": "a", "match": {"regex": "28(1"}, "action": {"type": "DECODE"}}]}"#;
/// let error = RouteTable::from_json(config.as_bytes(), &CompileLimits::default()).unwrap_err();
/// let problem = &error.problems()[0];
/// assert_eq!(problem.code(), ProblemCode::BadPattern);
/// assert_eq!(problem.rule(), Some("a"));
/// assert_eq!(problem.pointer(), "/rules/0/match/regex");
/// assert_eq!(problem.position().unwrap().line, 2);
/// assert_eq!(problem.position().unwrap().in_pattern, Some(2));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    code: ProblemCode,
    rule: Option<String>,
    pointer: String,
    position: Option<Position>,
    message: String,
    hint: Option<String>,
    #[serde(skip)]
    other_rule: Option<usize>,
}

impl Problem {
    pub(crate) fn new(
        code: ProblemCode,
        pointer: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let (pointer, message) = (pointer.into(), message.into());
        Self {
            code,
            rule: None,
            pointer,
            position: None,
            message,
            hint: None,
            other_rule: None,
        }
    }

    pub(crate) fn in_rule(mut self, rule: Option<&str>) -> Self {
        self.rule = rule.map(str::to_owned);
        self
    }

    pub(crate) fn at(mut self, position: Option<Position>) -> Self {
        self.position = position;
        self
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) const fn with_other_rule(mut self, index: usize) -> Self {
        self.other_rule = Some(index);
        self
    }

    /// The kind of problem.
    #[must_use]
    pub const fn code(&self) -> ProblemCode {
        self.code
    }

    /// The id of the rule concerned; `None` where the problem is not in a rule, or the rule's id
    /// cannot be read.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// Where in the document: a JSON pointer (RFC 6901), `""` for the document itself.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Where in the text; `None` for what is missing from it or concerns it as a whole.
    #[must_use]
    pub const fn position(&self) -> Option<Position> {
        self.position
    }

    /// What is wrong and what is allowed: one lower-case line without a full stop.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The index, from 0, of the other rule involved: the one with the same id, or the one that
    /// keeps this rule from winning.
    #[must_use]
    pub const fn other_rule(&self) -> Option<usize> {
        self.other_rule
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(rule) = &self.rule {
            write!(f, "rule {rule}: ")?;
        }
        f.write_str(&self.message)?;
        match (self.position, self.pointer.as_str()) {
            (Some(Position { line, column, .. }), "") => {
                write!(f, " (line {line}, column {column})")
            }
            (Some(Position { line, column, .. }), pointer) => {
                write!(f, " ({pointer}, line {line}, column {column})")
            }
            (None, "") => Ok(()),
            (None, pointer) => write!(f, " ({pointer})"),
        }
    }
}

/// A place in the text of a route config.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in the line, counted from 1.
    pub column: usize,
    /// The byte in the document, counted from 0.
    pub offset: usize,
    /// For a pattern or a template: the character inside it, counted from 0, as it is after JSON's
    /// escapes were resolved.
    #[serde(rename = "inPattern", skip_serializing_if = "Option::is_none")]
    pub in_pattern: Option<usize>,
}
