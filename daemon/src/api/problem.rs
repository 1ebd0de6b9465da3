//! One error or warning about a route config.
//!
//! Source: SPEC.md, section 2.4.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An error or a warning, with its place in the route config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The kind of problem, such as `duplicate-id`; it does not change when the message does.
    pub code: String,
    /// The id of the rule; `null` for a problem outside of the rules, or if the id cannot be read.
    pub rule: Option<String>,
    /// The JSON pointer (RFC 6901) of the value concerned; empty for the whole document.
    pub pointer: String,
    /// The place in the text; `null` for a member that is missing.
    pub position: Option<TextPosition>,
    /// A sentence that says what is wrong and what is allowed.
    pub message: String,
    /// A way to solve the problem; `null` where none is known.
    pub hint: Option<String>,
}

/// A place in the text of a route config.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TextPosition {
    /// The line, from 1.
    #[schemars(range(min = 1))]
    pub line: usize,
    /// The character in the line, from 1.
    #[schemars(range(min = 1))]
    pub column: usize,
    /// The byte in the document, from 0.
    pub offset: usize,
    /// The character in the pattern or template, from 0; absent elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_pattern: Option<usize>,
}

impl From<&codeid_engine::Problem> for Problem {
    fn from(problem: &codeid_engine::Problem) -> Self {
        Self {
            code: problem.code().to_string(),
            rule: problem.rule().map(str::to_owned),
            pointer: problem.pointer().to_owned(),
            position: problem.position().map(TextPosition::from),
            message: problem.message().to_owned(),
            hint: problem.hint().map(str::to_owned),
        }
    }
}

impl From<codeid_engine::Position> for TextPosition {
    fn from(position: codeid_engine::Position) -> Self {
        Self {
            line: position.line,
            column: position.column,
            offset: position.offset,
            in_pattern: position.in_pattern,
        }
    }
}

impl From<TextPosition> for codeid_engine::Position {
    fn from(position: TextPosition) -> Self {
        Self {
            line: position.line,
            column: position.column,
            offset: position.offset,
            in_pattern: position.in_pattern,
        }
    }
}
