//! `codeid admin reload`: the daemon reads its sources again.

use std::io::Write;
use std::process::ExitCode;

use codeid_daemon::api::empty::EmptyRequest;
use codeid_daemon::api::reload::{ReloadOutcome, Reloaded};

use super::context::CommandContext;
use crate::output::{Failure, printable};
use crate::table::{Column, Table};

/// The command line of `codeid admin reload`.
#[derive(Debug, clap::Args)]
pub(super) struct Reload {}

impl Reload {
    /// Reloads; exit status 1 if the config was refused or could not be read.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        let reloaded: Reloaded = context.post("/v1/reload", &EmptyRequest {}, None)?;
        if !context.is_json() {
            let mut checks = Table::new([
                Column::Left("SOURCE"),
                Column::Left("OUTCOME"),
                Column::Left("WHY"),
            ]);
            for check in &reloaded.checks {
                let why = check.why.clone().unwrap_or_default();
                checks.row([check.level.to_string(), check.outcome.to_string(), why]);
            }
            if !checks.is_empty() {
                checks.write(context.stdout, "")?;
                writeln!(context.stdout)?;
            }
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
