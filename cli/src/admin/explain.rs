//! `codeid admin explain`: the result for a code value, and the rules that accept it.

use std::io::{self, Write};
use std::process::ExitCode;

use codeid_daemon::api::explain::{ExplainRequest, Explained};
use codeid_daemon::api::identify::ActionType;

use super::client::Condition;
use super::command_context::CommandContext;
use crate::explanation;
use crate::output::{Failure, printable};

/// The command line of `codeid admin explain`.
#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// The code value
    code: String,
    /// The user for whom canaries decide: 3 to 256 characters
    #[arg(long, value_name = "ID")]
    open_id: String,
}

impl Explain {
    /// Prints the result and the rules.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        let request = ExplainRequest {
            code_value: self.code,
            open_id: self.open_id,
        };
        let explained: Explained = context.post("/v1/explain", &request, Condition::default())?;
        if !context.is_json() {
            show(context.stdout, &explained)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(output: &mut impl Write, explained: &Explained) -> io::Result<()> {
    let mut field = |name: &str, value: &str| writeln!(output, "{name:<12} {}", printable(value));
    let response = &explained.response;
    let is_supported = response.is_supported.unwrap_or_default();
    field("supported", if is_supported { "yes" } else { "no" })?;
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
    let decides = explained.explanation.iter().find(|rule| rule.decides);
    field("rule", decides.map_or("none", |rule| &rule.rule))?;
    field("generation", &explained.generation.to_string())?;
    writeln!(output)?;
    explanation::show(output, &explained.explanation)
}
