//! `codeid identify --explain`: the rules that accept a code value, and the one that decides.

use std::io::{self, Write};

use codeid_daemon::api::explain::ExplainedRule;
use codeid_engine::Explanation;
use serde::Serialize;

use crate::explanation;

/// Writes a table of the rules that accept the code value, in order.
///
/// # Errors
///
/// An [`io::Error`] if `output` cannot be written.
pub(super) fn show(output: &mut impl Write, explanations: &[Explanation<'_>]) -> io::Result<()> {
    explanation::show(output, &rules(explanations))
}

/// Adds the rules that accept the code value, in order, to the JSON object `body` as its last
/// member, `explanation`.
pub(super) fn add_to(body: &mut Vec<u8>, explanations: &[Explanation<'_>]) {
    add_member(body, "explanation", &rules(explanations));
}

/// Adds the member `name` to the JSON object `body`, which has others, as its last.
pub(super) fn add_member(body: &mut Vec<u8>, name: &str, value: &impl Serialize) {
    body.truncate(body.len() - b"}".len());
    write!(body, ",\"{name}\":").expect("writing to memory cannot fail");
    serde_json::to_writer(&mut *body, value).expect("writing to memory cannot fail");
    body.extend_from_slice(b"}");
}

fn rules(explanations: &[Explanation<'_>]) -> Vec<ExplainedRule> {
    explanations.iter().map(ExplainedRule::from).collect()
}
