//! `codeid admin freeze` and `thaw`: they stop and resume the daemon's following of its sources.

use std::io::{self, Write};
use std::process::ExitCode;

use codeid_daemon::api::empty::EmptyRequest;
use codeid_daemon::api::freeze::{Freeze, FreezeAction, FreezeChanged, FreezeRequest};

use super::context::CommandContext;
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
        let changed: FreezeChanged = context.post("/v1/freeze", &request, None)?;
        if !context.is_json() {
            show(context.stdout, changed.freeze.as_ref())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Thaw {
    /// Ends the freeze.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        let changed: FreezeChanged = context.post("/v1/thaw", &EmptyRequest {}, None)?;
        if !context.is_json() {
            show(context.stdout, changed.freeze.as_ref())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes a line that says whether the live config is frozen, and the consequence.
pub(super) fn show(output: &mut impl Write, freeze: Option<&Freeze>) -> io::Result<()> {
    match freeze {
        None => writeln!(
            output,
            "not frozen: the daemon follows its sources, from the next pull on"
        ),
        Some(freeze) => writeln!(
            output,
            "frozen {}\nthe sources are not followed until codeid admin thaw",
            printable(&describe(freeze))
        ),
    }
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
