//! `codeid admin explain`: what the daemon answers to a code value, and why.

use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::json;

use super::desk::Desk;
use super::documents::{Explained, Part};
use crate::output::{Failure, printable};
use crate::table::{Column, Table};

/// The command line of `codeid admin explain`.
#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// The code value
    code: String,
    /// The user, on whom canaries decide: 3 to 256 characters
    #[arg(long, value_name = "ID")]
    open_id: String,
}

impl Explain {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<ExitCode, Failure> {
        let content = json!({"codeValue": self.code, "openId": self.open_id});
        let explained: Explained = desk.post("/v1/explain", &content, None)?;
        if !desk.is_json() {
            show(desk.stdout, &explained)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(output: &mut impl Write, explained: &Explained) -> io::Result<()> {
    let mut field = |name: &str, value: &str| writeln!(output, "{name:<12} {}", printable(value));
    let answer = &explained.answer;
    field("supported", if answer.is_supported { "yes" } else { "no" })?;
    for (name, value) in [
        ("action", &answer.post_code_match_action_type),
        ("codeValue", &answer.code_value),
        ("redirectUrl", &answer.redirect_url),
        ("userAgent", &answer.user_agent),
    ] {
        if let Some(value) = value {
            field(name, value)?;
        }
    }
    let decides = explained.explanation.iter().find(|part| part.decides);
    field("rule", decides.map_or("none", |part| &part.rule))?;
    field("generation", &explained.generation.to_string())?;
    writeln!(output)?;
    if explained.explanation.is_empty() {
        return writeln!(output, "No rule accepts this code value.");
    }
    let mut table = Table::new([
        Column::Left("PLACE"),
        Column::Left("RULE"),
        Column::Left("PART"),
        Column::Left("CANARY"),
    ]);
    for part in &explained.explanation {
        table.row([
            part.pointer.clone(),
            part.rule.clone(),
            role(part).to_owned(),
            admission(part),
        ]);
    }
    writeln!(output, "The rules that accept this code value, in order:")?;
    table.write(output, "  ")
}

/// What the rule had to do with the answer. One behind the rule that decides is never asked.
const fn role(part: &Part) -> &'static str {
    match (part.decides, part.admits) {
        (true, _) => "decides",
        (false, true) => "comes later",
        (false, false) => "refuses",
    }
}

/// What the rule's canary made of the user.
fn admission(part: &Part) -> String {
    let percent = |hundredths: u16| format!("{}.{:02} %", hundredths / 100, hundredths % 100);
    match (&*part.reason, part.bucket, part.hundredths) {
        ("noCanary", ..) => "no canary".to_owned(),
        ("allowlisted", ..) => "on the allowlist".to_owned(),
        ("insidePercentage", Some(bucket), Some(hundredths)) => {
            format!(
                "bucket {} is below {}",
                percent(bucket),
                percent(hundredths)
            )
        }
        ("refused", Some(bucket), Some(hundredths)) => format!(
            "bucket {} is not below {}, and not on the allowlist",
            percent(bucket),
            percent(hundredths)
        ),
        (reason, ..) => reason.to_owned(),
    }
}
