//! `codeid admin reload`: the daemon looks at its sources now.

use std::io::Write;
use std::process::ExitCode;

use codeid_daemon::api::reload::{ReloadOutcome, Reloaded};
use serde_json::json;

use super::desk::Desk;
use crate::output::{Failure, printable};
use crate::table::{Column, Table};

/// The command line of `codeid admin reload`.
#[derive(Debug, clap::Args)]
pub(super) struct Reload {}

impl Reload {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<ExitCode, Failure> {
        let reloaded: Reloaded = desk.post("/v1/reload", &json!({}), None)?;
        if !desk.is_json() {
            let mut looks = Table::new([
                Column::Left("SOURCE"),
                Column::Left("OUTCOME"),
                Column::Left("WHY"),
            ]);
            for look in &reloaded.checks {
                let why = look.why.clone().unwrap_or_default();
                looks.row([look.level.to_string(), look.outcome.to_string(), why]);
            }
            if !looks.is_empty() {
                looks.write(desk.stdout, "")?;
                writeln!(desk.stdout)?;
            }
            let serves = match (reloaded.generation, &reloaded.sha256) {
                (Some(generation), Some(sha256)) => {
                    format!("; generation {generation} serves, sha256 {sha256}")
                }
                _ => String::new(),
            };
            let line = format!("{}{serves}", reloaded.outcome);
            writeln!(desk.stdout, "{}", printable(&line))?;
        }
        Ok(match reloaded.outcome {
            ReloadOutcome::Activated | ReloadOutcome::Unchanged => ExitCode::SUCCESS,
            ReloadOutcome::Refused | ReloadOutcome::Failed => ExitCode::FAILURE,
        })
    }
}
