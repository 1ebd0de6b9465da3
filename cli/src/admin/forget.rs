//! `codeid admin forget`: the daemon's local storage forgets its route config.

use std::io::{self, Write};
use std::process::ExitCode;

use codeid_daemon::api::empty::EmptyRequest;
use codeid_daemon::api::forget::{Forgotten, NotAsked};
use codeid_daemon::api::status::CheckOutcome;

use super::client::Condition;
use super::command_context::CommandContext;
use super::reload;
use crate::output::Failure;

/// The command line of `codeid admin forget`.
#[derive(Debug, clap::Args)]
pub(super) struct Forget {
    /// Forget the saved config even if an operator has frozen the live one with codeid admin freeze
    #[arg(long = "override")]
    overrides: bool,
}

impl Forget {
    /// Has the storage forget its config, and shows what the sources gave.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        let condition = Condition {
            overrides: self.overrides,
            ..Condition::default()
        };
        let forgotten: Forgotten = context.post("/v1/forget", &EmptyRequest {}, condition)?;
        if !context.is_json() {
            show(context.stdout, &forgotten)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn show(output: &mut impl Write, forgotten: &Forgotten) -> io::Result<()> {
    reload::show_checks(output, &forgotten.checks)?;
    let removed = match forgotten.was_saved {
        true => "the saved config is forgotten",
        false => "no config was saved",
    };
    let last = forgotten.checks.last().map(|check| check.outcome);
    let effect = match (forgotten.not_asked_because, last) {
        (Some(NotAsked::Remote), _) => {
            "the live one stays, and the next that the remote gives is saved again"
        }
        (Some(NotAsked::Frozen), _) => "the live one is frozen and stays until codeid admin thaw",
        (Some(NotAsked::Stopping), _) => {
            "the live one stays, since the daemon is stopping or drained"
        }
        (None, Some(CheckOutcome::Activated)) => "the config of a source is live",
        (None, Some(CheckOutcome::Unchanged)) => "the live config is that of its source",
        (None, _) => "no source gave a valid config, so the live one stays until one does",
    };
    writeln!(output, "{removed}; {effect}")
}
