//! `codeid admin check`: a route config against the live one.

use std::path::PathBuf;
use std::process::ExitCode;

use codeid_daemon::api::check::Checked;

use super::candidate::Candidate;
use super::client::Condition;
use super::command_context::CommandContext;
use crate::output::Failure;

/// The command line of `codeid admin check`.
#[derive(Debug, clap::Args)]
pub(super) struct CheckCandidate {
    /// The route config; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Exit with status 1 if there are warnings
    #[arg(long)]
    deny_warnings: bool,
}

impl CheckCandidate {
    /// Shows the problems and the changes; exit status 1 if the config does not pass.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        let candidate = Candidate::read(&self.file)?;
        let response = context.post_bytes(
            "/v1/check",
            candidate.document.clone(),
            Condition::default(),
        );
        let response = response.map_err(|failure| candidate.explain_length(failure))?;
        let checked: Checked = context.parse(&response)?;
        if !context.is_json() {
            candidate.show(context.stdout, &checked)?;
        }
        let denied = self.deny_warnings && !checked.warnings.is_empty();
        Ok(match checked.ok && !denied {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        })
    }
}
