//! The rules that accept a code value, as a table.

use std::io::{self, Write};

use codeid_daemon::api::explain::{AdmissionReason, ExplainedRule};

use crate::table::{Column, Table};

/// Writes a table of the rules that accept a code value, in the order in which they are tried.
///
/// # Errors
///
/// An [`io::Error`] if `output` cannot be written.
pub(super) fn show(output: &mut impl Write, rules: &[ExplainedRule]) -> io::Result<()> {
    if rules.is_empty() {
        return writeln!(output, "No rule accepts this code value.");
    }
    let mut table = Table::new([
        Column::Right("POSITION"),
        Column::Left("RULE"),
        Column::Left("PART"),
        Column::Left("CANARY"),
    ]);
    for rule in rules {
        table.row([
            rule.position.to_string(),
            rule.rule.clone(),
            part(rule).to_owned(),
            admission(rule),
        ]);
    }
    writeln!(output, "The rules that accept this code value, in order:")?;
    table.write(output, "  ")
}

/// Describes the part that the rule has in the result; a rule after the one that decides has none.
const fn part(rule: &ExplainedRule) -> &'static str {
    match (rule.decides, rule.admits) {
        (true, _) => "decides",
        (false, true) => "comes later",
        (false, false) => "refuses",
    }
}

/// Returns the reason for the decision of the rule's canary.
fn admission(rule: &ExplainedRule) -> String {
    let percent = |hundredths: u16| format!("{}.{:02} %", hundredths / 100, hundredths % 100);
    match (rule.reason, rule.bucket, rule.hundredths) {
        (AdmissionReason::NoCanary, ..) => "no canary".to_owned(),
        (AdmissionReason::Allowlisted, ..) => "on the allowlist".to_owned(),
        (AdmissionReason::InsidePercentage, Some(bucket), Some(hundredths)) => format!(
            "bucket {} is below {}",
            percent(bucket),
            percent(hundredths)
        ),
        (AdmissionReason::Refused, Some(bucket), Some(hundredths)) => format!(
            "bucket {} is not below {}, and not on the allowlist",
            percent(bucket),
            percent(hundredths)
        ),
        _ => "another reason".to_owned(),
    }
}
