//! `codeid admin config`: the text of a route config that serves, or did.

use std::process::ExitCode;

use super::desk::Desk;
use crate::output::Failure;

/// The command line of `codeid admin config`.
#[derive(Debug, clap::Args)]
pub(super) struct PrintConfig {
    /// A generation of codeid admin history, instead of what serves
    #[arg(long, value_name = "N")]
    generation: Option<u64>,
}

impl PrintConfig {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<ExitCode, Failure> {
        let text = desk.text(&match self.generation {
            None => "/v1/config".to_owned(),
            Some(generation) => format!("/v1/history/{generation}"),
        })?;
        desk.write_bytes(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
