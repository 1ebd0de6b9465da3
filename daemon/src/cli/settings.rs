//! `codeid settings`: shows every setting, its value, and which source gave it.

use std::process::ExitCode;

/// The command line of `codeid settings`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowSettings {}

impl ShowSettings {
    pub(crate) fn run(self) -> ExitCode {
        ExitCode::FAILURE
    }
}
