//! `codeid admin config`: the text of the live route config, or of one of the history.

use std::process::ExitCode;

use super::command_context::CommandContext;
use crate::output::Failure;

/// The command line of `codeid admin config`.
#[derive(Debug, clap::Args)]
pub(super) struct PrintConfig {
    /// A generation of codeid admin history, instead of the live one
    #[arg(long, value_name = "N")]
    generation: Option<u64>,
}

impl PrintConfig {
    /// Prints the config.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        let text = context.fetch_text(&match self.generation {
            None => "/v1/config".to_owned(),
            Some(generation) => format!("/v1/history/{generation}"),
        })?;
        context.write_bytes(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
