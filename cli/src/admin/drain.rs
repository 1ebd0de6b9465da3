//! `codeid admin drain` and `undrain`: the daemon goes out of service, and comes back.

use std::io::Write;
use std::process::ExitCode;

use codeid_daemon::api::drain::Drained;
use codeid_daemon::api::empty::EmptyRequest;

use super::client::Condition;
use super::command_context::CommandContext;
use crate::output::Failure;

/// The command line of `codeid admin drain`.
#[derive(Debug, clap::Args)]
pub(super) struct Drain {}

impl Drain {
    /// Drains the daemon.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        let _: Drained = context.post("/v1/drain", &EmptyRequest {}, Condition::default())?;
        if !context.is_json() {
            writeln!(
                context.stdout,
                "draining: no longer ready; after serve.lame-duck-ms no new connections; the process \
                 runs until SIGTERM"
            )?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The command line of `codeid admin undrain`.
#[derive(Debug, clap::Args)]
pub(super) struct Undrain {}

impl Undrain {
    /// Takes a drain back.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        let _: Drained = context.post("/v1/undrain", &EmptyRequest {}, Condition::default())?;
        if !context.is_json() {
            writeln!(
                context.stdout,
                "not draining: the daemon accepts connections"
            )?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
