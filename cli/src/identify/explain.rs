//! `codeid identify --explain`: the rules that accept a code value, and the one that decides.

use std::io::{self, Write};

use codeid_daemon::api::explain::ExplainedRule;
use codeid_engine::Explanation;

use crate::explanation;

/// Writes a table of the rules that accept the code value, in order.
pub(super) fn show(output: &mut impl Write, explanations: &[Explanation<'_>]) -> io::Result<()> {
    explanation::show(output, &rules(explanations))
}

/// Adds the rules that accept the code value, in order, to the JSON object `body` as its last
/// member, `explanation`.
pub(super) fn add_to(
    body: &mut Vec<u8>,
    explanations: &[Explanation<'_>],
) -> serde_json::Result<()> {
    let rules = serde_json::to_vec(&rules(explanations))?;
    body.truncate(body.len() - b"}".len());
    body.extend_from_slice(b",\"explanation\":");
    body.extend_from_slice(&rules);
    body.extend_from_slice(b"}");
    Ok(())
}

fn rules(explanations: &[Explanation<'_>]) -> Vec<ExplainedRule> {
    explanations.iter().map(ExplainedRule::from).collect()
}
