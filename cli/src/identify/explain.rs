//! `codeid identify --explain`: which rules accept a code value, and which of them decides.

use std::io::{self, Write};

use codeid_engine::Explanation;

use codeid_daemon::api::explain::ExplainedRule;

/// Writes a table of the rules that accept the code value, in order.
pub(super) fn show(output: &mut impl Write, explanations: &[Explanation<'_>]) -> io::Result<()> {
    if explanations.is_empty() {
        return writeln!(output, "No rule accepts this code value.");
    }
    let rows: Vec<[String; 4]> = explanations
        .iter()
        .map(|explanation| {
            [
                format!("/rules/{}", explanation.index),
                explanation.rule.to_string(),
                part(explanation).to_owned(),
                explanation.admission.to_string(),
            ]
        })
        .collect();
    let header = ["POINTER", "RULE", "PART", "CANARY"].map(str::to_owned);
    let width = |column: usize| {
        rows.iter()
            .chain([&header])
            .map(|row| row[column].len())
            .max()
            .unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2)];
    writeln!(output, "The rules that accept this code value, in order:")?;
    for [pointer, rule, part, canary] in [&header].into_iter().chain(&rows) {
        let [a, b, c] = widths;
        writeln!(output, "  {pointer:<a$}  {rule:<b$}  {part:<c$}  {canary}")?;
    }
    Ok(())
}

/// What the rule had to do with the answer. One behind the rule that decides is never asked.
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
