//! `codeid identify --explain`: the rules that accept a code value, and the one that decides.

use std::io::{self, Write};

use codeid_daemon::api::explain::ExplainedRule;
use codeid_engine::Explanation;

use crate::table::{Column, Table};

/// Writes a table of the rules that accept the code value, in order.
pub(super) fn show(output: &mut impl Write, explanations: &[Explanation<'_>]) -> io::Result<()> {
    if explanations.is_empty() {
        return writeln!(output, "No rule accepts this code value.");
    }
    let mut table = Table::new([
        Column::Right("POSITION"),
        Column::Left("RULE"),
        Column::Left("PART"),
        Column::Left("CANARY"),
    ]);
    for explanation in explanations {
        table.row([
            (explanation.index + 1).to_string(),
            explanation.rule.to_string(),
            part(explanation).to_owned(),
            explanation.admission.to_string(),
        ]);
    }
    writeln!(output, "The rules that accept this code value, in order:")?;
    table.write(output, "  ")
}

/// Returns the part that the rule plays in the response. A rule after the one that decides is never
/// tried.
const fn part(explanation: &Explanation<'_>) -> &'static str {
    match (explanation.decides, explanation.admission.admits()) {
        (true, _) => "decides",
        (false, true) => "comes later",
        (false, false) => "refuses",
    }
}

/// Adds the rules that accept the code value, in order, to the JSON object `body` as its last
/// field, `explanation`.
pub(super) fn add_to(
    body: &mut Vec<u8>,
    explanations: &[Explanation<'_>],
) -> serde_json::Result<()> {
    let rows: Vec<ExplainedRule> = explanations.iter().map(ExplainedRule::from).collect();
    let rows = serde_json::to_vec(&rows)?;
    body.truncate(body.len() - b"}".len());
    body.extend_from_slice(b",\"explanation\":");
    body.extend_from_slice(&rows);
    body.extend_from_slice(b"}");
    Ok(())
}
