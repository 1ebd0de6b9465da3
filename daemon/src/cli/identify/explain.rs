//! `codeid identify --explain`: which rules accept a code value, and which of them decides.

use std::io::{self, Write};

use bytes::BytesMut;
use codeid_engine::{Admission, Explanation};
use serde::Serialize;

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
    let header = ["PLACE", "RULE", "PART", "CANARY"].map(str::to_owned);
    let width = |column: usize| {
        rows.iter()
            .chain([&header])
            .map(|row| row[column].len())
            .max()
            .unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2)];
    writeln!(output, "The rules that accept this code value, in order:")?;
    for [place, rule, part, canary] in [&header].into_iter().chain(&rows) {
        let [a, b, c] = widths;
        writeln!(output, "  {place:<a$}  {rule:<b$}  {part:<c$}  {canary}")?;
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
    body: &mut BytesMut,
    explanations: &[Explanation<'_>],
) -> serde_json::Result<()> {
    let rows: Vec<Row<'_>> = explanations.iter().map(Row::new).collect();
    let rows = serde_json::to_vec(&rows)?;
    body.truncate(body.len() - b"}".len());
    body.extend_from_slice(b",\"explanation\":");
    body.extend_from_slice(&rows);
    body.extend_from_slice(b"}");
    Ok(())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    rule: &'a str,
    pointer: String,
    decides: bool,
    admits: bool,
    reason: &'static str,
    /// The user's bucket, `0..10_000`, where it was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket: Option<u16>,
    /// The rule's percentage in hundredths: it admits the buckets below.
    #[serde(skip_serializing_if = "Option::is_none")]
    hundredths: Option<u16>,
}

impl<'a> Row<'a> {
    fn new(explanation: &'a Explanation<'a>) -> Self {
        let (reason, bucket, hundredths) = match explanation.admission {
            Admission::NoCanary => ("noCanary", None, None),
            Admission::Allowlisted => ("allowlisted", None, None),
            Admission::InsidePercentage { bucket, percentage } => (
                "insidePercentage",
                Some(bucket.get()),
                Some(percentage.hundredths()),
            ),
            Admission::Refused { bucket, percentage } => {
                ("refused", Some(bucket.get()), Some(percentage.hundredths()))
            }
            _ => ("other", None, None),
        };
        Self {
            rule: explanation.rule.as_str(),
            pointer: format!("/rules/{}", explanation.index),
            decides: explanation.decides,
            admits: explanation.admission.admits(),
            reason,
            bucket,
            hundredths,
        }
    }
}
