//! The `regex` match: a pattern of java.util.regex.

use std::borrow::Cow;

use super::json::Node;
use super::problems::Problems;
use crate::pattern::{Pattern, PatternError};
use crate::{Problem, ProblemCode};

/// The characters that JSON writes `\b` and `\f`, as patterns write an assertion and a form feed.
const JSON_ESCAPES: [(char, &str, &str); 2] = [
    (
        '\u{8}',
        "\\b",
        "a backspace, which no code has: write \"\\\\b\" for a word boundary, or \"\\\\x08\" if a backspace is \
         meant",
    ),
    (
        '\u{c}',
        "\\f",
        "a form feed: write \"\\\\f\" for it, or the letter f if that is meant",
    ),
];

/// Reads the pattern `text` of the string `node`, which may cost `max_cost`. Returns `None` if it is
/// refused, which is reported.
pub(super) fn parse(
    problems: &mut Problems<'_>,
    (node, text): (Node<'_>, Cow<'_, str>),
    pointer: String,
    max_cost: usize,
) -> Option<Pattern> {
    match Pattern::parse(&text, max_cost) {
        Ok(pattern) => {
            warn_of_escapes(problems, node, &pointer, &text);
            Some(pattern)
        }
        Err(PatternError {
            index,
            code,
            message,
            hint,
        }) => {
            let problem = Problem::new(code, pointer, message).with_hint(hint);
            problems.error_inside(node, index, problem);
            None
        }
    }
}

/// Warns of the first character of each kind that is written as an escape of JSON where one of patterns
/// was probably meant.
fn warn_of_escapes(problems: &mut Problems<'_>, node: Node<'_>, pointer: &str, text: &str) {
    for (character, escape, meaning) in JSON_ESCAPES {
        let Some(index) = text.chars().position(|c| c == character) else {
            continue;
        };
        let document = problems.document();
        let offset = node.offset_in_string(document, index);
        if document[offset..].starts_with(escape) {
            let message = format!("{escape} in JSON is not {escape} in a pattern");
            let problem = Problem::new(ProblemCode::JsonEscape, pointer, message);
            problems.warn_inside(node, index, problem.with_hint(format!("it is {meaning}")));
        }
    }
}
