//! `codeid admin reload`: the daemon reads its sources again.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use codeid_daemon::api::empty::EmptyRequest;
use codeid_daemon::api::reload::{ReloadOutcome, Reloaded};
use codeid_daemon::api::status::SourceCheck;

use super::client::{Condition, TIMEOUT};
use super::command_context::CommandContext;
use crate::output::{Failure, printable};
use crate::table::{Column, Table};

/// The command line of `codeid admin reload`.
#[derive(Debug, clap::Args)]
pub(super) struct Reload {
    /// Wait no longer than this for the outcome
    ///
    /// The daemon itself ends the wait after a minute. If the outcome is not known in time, the exit status
    /// is 3, and the reload goes on.
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        default_missing_value = "60",
        value_parser = clap::value_parser!(u64).range(1..=60)
    )]
    wait: Option<u64>,
}

impl Reload {
    /// Returns the limit on the time until the outcome is known.
    pub(super) fn timeout(&self) -> Duration {
        self.wait.map_or(TIMEOUT, Duration::from_secs)
    }

    /// Reloads; exit status 1 if the config was refused or could not be read.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        let reloaded: Reloaded =
            context.post("/v1/reload", &EmptyRequest {}, Condition::default())?;
        if !context.is_json() {
            show_checks(context.stdout, &reloaded.checks)?;
            let live = match (reloaded.generation, &reloaded.sha256) {
                (Some(generation), Some(sha256)) => {
                    format!("; generation {generation} is live, sha256 {sha256}")
                }
                _ => String::new(),
            };
            let line = format!("{}{live}", reloaded.outcome);
            writeln!(context.stdout, "{}", printable(&line))?;
        }
        Ok(match reloaded.outcome {
            ReloadOutcome::Activated | ReloadOutcome::Unchanged => ExitCode::SUCCESS,
            ReloadOutcome::Refused | ReloadOutcome::Failed => ExitCode::FAILURE,
        })
    }
}

/// Writes a table of checks, and an empty line if there are any.
///
/// # Errors
///
/// An [`io::Error`] if `output` cannot be written.
pub(super) fn show_checks(output: &mut impl Write, checks: &[SourceCheck]) -> io::Result<()> {
    let mut table = Table::new([
        Column::Left("SOURCE"),
        Column::Left("OUTCOME"),
        Column::Left("WHY"),
    ]);
    for check in checks {
        let why = check.why.clone().unwrap_or_default();
        table.row([check.level.to_string(), check.outcome.to_string(), why]);
    }
    if !table.is_empty() {
        table.write(output, "")?;
        writeln!(output)?;
    }
    Ok(())
}
