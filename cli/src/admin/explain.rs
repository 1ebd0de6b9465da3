//! `codeid admin explain`: what the daemon answers to a code value, and why.

use std::io::{self, Write};
use std::process::ExitCode;

use codeid_daemon::api::explain::{AdmissionReason, ExplainRequest, Explained, ExplainedRule};
use codeid_daemon::api::identify::ActionType;

use super::desk::Desk;
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
        let content = ExplainRequest {
            code_value: self.code,
            open_id: self.open_id,
        };
        let explained: Explained = desk.post("/v1/explain", &content, None)?;
        if !desk.is_json() {
            show(desk.stdout, &explained)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(output: &mut impl Write, explained: &Explained) -> io::Result<()> {
    let mut field = |name: &str, value: &str| writeln!(output, "{name:<12} {}", printable(value));
    let response = &explained.response;
    field(
        "supported",
        match response.is_supported {
            Some(true) => "yes",
            _ => "no",
        },
    )?;
    match response.post_code_match_action_type {
        Some(ActionType::Decode) => field("action", "DECODE")?,
        Some(ActionType::OpenUrl) => field("action", "OPEN_URL")?,
        None => {}
    }
    for (name, value) in [
        ("codeValue", &response.code_value),
        ("redirectUrl", &response.redirect_url),
        ("userAgent", &response.user_agent),
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
        Column::Left("POINTER"),
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

/// What the rule had to do with the response. One behind the rule that decides is never asked.
const fn role(part: &ExplainedRule) -> &'static str {
    match (part.decides, part.admits) {
        (true, _) => "decides",
        (false, true) => "comes later",
        (false, false) => "refuses",
    }
}

/// What the rule's canary made of the user.
fn admission(part: &ExplainedRule) -> String {
    let percent = |hundredths: u16| format!("{}.{:02} %", hundredths / 100, hundredths % 100);
    match (part.reason, part.bucket, part.hundredths) {
        (AdmissionReason::NoCanary, ..) => "no canary".to_owned(),
        (AdmissionReason::Allowlisted, ..) => "on the allowlist".to_owned(),
        (AdmissionReason::InsidePercentage, Some(bucket), Some(hundredths)) => {
            format!(
                "bucket {} is below {}",
                percent(bucket),
                percent(hundredths)
            )
        }
        (AdmissionReason::Refused, Some(bucket), Some(hundredths)) => format!(
            "bucket {} is not below {}, and not on the allowlist",
            percent(bucket),
            percent(hundredths)
        ),
        _ => "another reason".to_owned(),
    }
}
