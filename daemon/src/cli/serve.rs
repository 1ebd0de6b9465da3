//! `codeid serve`: runs the daemon until it is told to stop.

use std::process::ExitCode;

/// The command line of `codeid serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {}

impl Serve {
    pub(crate) fn run(self) -> ExitCode {
        ExitCode::FAILURE
    }
}
