//! `codeid admin freeze` and `thaw`: they stop and resume the daemon's following of its sources.

use std::io::{self, Write};
use std::process::ExitCode;

use codeid_daemon::api::empty::EmptyRequest;
use codeid_daemon::api::freeze::{Freeze, FreezeAction, FreezeRequest, Frozen};
use codeid_daemon::api::status::CheckOutcome;
use codeid_daemon::api::thaw::Thawed;

use super::client::Condition;
use super::command_context::CommandContext;
use super::reload;
use crate::moment::utc_and_ago;
use crate::output::{Failure, printable};

/// The command line of `codeid admin freeze`.
#[derive(Debug, clap::Args)]
pub(super) struct FreezeConfig {
    /// The reason, for other operators: at most 200 characters
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// The command line of `codeid admin thaw`.
#[derive(Debug, clap::Args)]
pub(super) struct Thaw {}

impl FreezeConfig {
    /// Freezes the live config.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        let request = FreezeRequest {
            reason: self.reason,
        };
        let frozen: Frozen = context.post("/v1/freeze", &request, Condition::default())?;
        if !context.is_json() {
            show(context.stdout, &frozen.freeze)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Thaw {
    /// Ends the freeze, and shows what the sources gave.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        let thawed: Thawed = context.post("/v1/thaw", &EmptyRequest {}, Condition::default())?;
        if !context.is_json() {
            show_thawed(context.stdout, &thawed)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes a line that says that the live config is frozen, and the consequence.
///
/// # Errors
///
/// An [`io::Error`] if `output` cannot be written.
pub(super) fn show(output: &mut impl Write, freeze: &Freeze) -> io::Result<()> {
    writeln!(
        output,
        "frozen {}\nthe sources are not followed until codeid admin thaw",
        printable(&describe(freeze))
    )
}

fn show_thawed(output: &mut impl Write, thawed: &Thawed) -> io::Result<()> {
    if !thawed.was_frozen {
        return writeln!(output, "nothing was frozen: the daemon follows its sources");
    }
    reload::show_checks(output, &thawed.checks)?;
    let last = thawed.checks.last().map(|check| check.outcome);
    let effect = match last {
        Some(CheckOutcome::Activated) => "the config of a source is live",
        Some(CheckOutcome::Unchanged) => "the live config is that of its source",
        _ => "no source gave a valid config, so the live one stays until one does",
    };
    writeln!(output, "thawed: the daemon follows its sources; {effect}")
}

/// Describes a freeze in one line: the time, the operator and the reason.
pub(crate) fn describe(freeze: &Freeze) -> String {
    let did = match freeze.action {
        FreezeAction::Apply => "who applied a config",
        FreezeAction::Rollback => "who rolled back",
        FreezeAction::Freeze => "who froze it",
    };
    let reason = freeze.reason.as_deref();
    let reason = reason.map_or_else(String::new, |reason| format!("; reason: {reason}"));
    format!(
        "since {} by {}, {did}{reason}",
        utc_and_ago(freeze.since),
        freeze.by
    )
}
