//! The problems of a route config, and the error that lists them.

use std::fmt;

use serde::Serialize;

use crate::ProblemCode;

/// The error of a refused route config: all of its problems, in document order, at least one.
///
/// Displays as one line: the first problem, and how many more there are. To show them all, go
/// through [`Self::problems`].
///
/// Source: SPEC.md, section 2.
///
/// ```
/// use codeid_engine::{CompileLimits, ProblemCode, RouteTable};
/// let config = br#"{"format": "codeid/1", "version": "1", "rules": [
///     {"id": "a", "match": {"prefix": "28"}, "action": {"type": "DECODED"}},
///     {"id": "b", "match": {"prefix": "29"}}]}"#;
/// let error = RouteTable::from_json(config, &CompileLimits::default()).unwrap_err();
/// let codes: Vec<_> = error.problems().iter().map(|problem| problem.code()).collect();
/// assert_eq!(codes, [ProblemCode::UnknownAction, ProblemCode::MissingField]);
/// assert!(error.to_string().ends_with(" (and 1 more)"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Never empty.
    problems: Vec<Problem>,
}

impl ConfigError {
    /// The error of a config with these `problems`, at least one, in document order.
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        debug_assert!(!problems.is_empty(), "an error has at least one problem");
        Self { problems }
    }

    /// Returns every problem that was found, at least one, in document order.
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

/// One error or warning about a route config. Its [`ProblemCode`] says which: an error refuses the
/// config, a warning does not.
///
/// Serializes as `{"code", "rule", "pointer", "position", "message", "hint"}`; an absent part is
/// `null`.
///
/// Source: SPEC.md, section 2.4.
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
    /// Left out of the document, where the message names the other rule.
    #[serde(skip)]
    other_rule: Option<usize>,
}

impl Problem {
    /// A problem at the JSON `pointer`, without a rule, a position and a hint.
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

    /// Sets the id of the rule concerned, if it can be read.
    pub(crate) fn in_rule(mut self, rule: Option<&str>) -> Self {
        self.rule = rule.map(str::to_owned);
        self
    }

    /// Sets the position in the text, if there is one.
    pub(crate) fn at(mut self, position: Option<Position>) -> Self {
        self.position = position;
        self
    }

    /// Sets what to do about the problem: one lower-case line without a full stop.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the other rule involved, by its index from 0.
    pub(crate) const fn with_other_rule(mut self, index: usize) -> Self {
        self.other_rule = Some(index);
        self
    }

    /// Returns the kind of problem, for programs.
    #[must_use]
    pub const fn code(&self) -> ProblemCode {
        self.code
    }

    /// Returns the id of the rule concerned; `None` where the problem is not in a rule, or the
    /// rule's id cannot be read.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_deref()
    }

    /// Returns the JSON pointer (RFC 6901) of the value concerned, `""` for the whole document.
    ///
    /// For a field that is missing it is the pointer of the object that lacks the field.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Returns the position in the text; `None` where the problem concerns the text as a whole.
    #[must_use]
    pub const fn position(&self) -> Option<Position> {
        self.position
    }

    /// Returns the message, for people: one lower-case line without a full stop, which says what
    /// is wrong and what is allowed.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the index, from 0, of the other rule involved: the earlier rule with the same id
    /// ([`ProblemCode::DuplicateId`]), or the one that keeps this rule from winning
    /// ([`ProblemCode::NeverWins`]). `None` for every other code.
    #[must_use]
    pub const fn other_rule(&self) -> Option<usize> {
        self.other_rule
    }

    /// Returns what to do about the problem, in the form of [`Self::message`]; `None` where that is
    /// not known.
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

/// A position in the text of a route config. Lines and columns are counted from 1, as editors do;
/// offsets from 0.
///
/// Source: SPEC.md, section 2.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    /// The number of the line, from 1.
    pub line: usize,
    /// The number of the character in the line, from 1. A character is a Unicode scalar value.
    pub column: usize,
    /// The number of bytes of the document before the position.
    pub offset: usize,
    /// In a pattern or a template: the number of its characters before the position, after JSON's
    /// escapes are resolved. `None` elsewhere, and then left out of the document.
    #[serde(rename = "inPattern", skip_serializing_if = "Option::is_none")]
    pub in_pattern: Option<usize>,
}
