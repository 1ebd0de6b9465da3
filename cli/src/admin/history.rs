//! `codeid admin history`: the tables that are live or were live.

use std::process::ExitCode;

use codeid_daemon::api::history::{ChangeCounts, History};

use super::command_context::CommandContext;
use crate::moment::utc_and_ago;
use crate::output::Failure;
use crate::table::{Column, Table};

/// The number of digits of a digest in the table: enough to distinguish configs.
const DIGITS: usize = 12;

/// The command line of `codeid admin history`.
#[derive(Debug, clap::Args)]
pub(super) struct ShowHistory {}

impl ShowHistory {
    /// Prints the tables of the history.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        let history: History = context.get("/v1/history")?;
        if !context.is_json() {
            let mut table = Table::new([
                Column::Right("GENERATION"),
                Column::Left("LIVE"),
                Column::Left("VERSION"),
                Column::Right("RULES"),
                Column::Left("CHANGES"),
                Column::Left("LOADED"),
                Column::Left("BY"),
                Column::Left("SHA256"),
                Column::Left("FROM"),
            ]);
            for entry in history.entries {
                table.row([
                    entry.generation.to_string(),
                    if entry.live { "yes" } else { "" }.to_owned(),
                    entry.version,
                    entry.rule_count.to_string(),
                    entry
                        .changes
                        .as_ref()
                        .map_or_else(|| "-".to_owned(), changes),
                    utc_and_ago(entry.loaded_at),
                    entry.by.unwrap_or_else(|| "-".to_owned()),
                    entry.sha256.to_string().chars().take(DIGITS).collect(),
                    format!("{} {}", entry.level, entry.uri),
                ]);
            }
            table.write(context.stdout, "")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Returns the numbers of rules that differ from the table before; what did not happen is left out.
fn changes(counts: &ChangeCounts) -> String {
    let events = [
        (counts.added, "added"),
        (counts.removed, "removed"),
        (counts.changed, "changed"),
        (counts.moved, "moved"),
    ];
    let happened = events.iter().filter(|(count, _)| *count > 0);
    let happened: Vec<String> = happened
        .map(|(count, event)| format!("{count} {event}"))
        .collect();
    match happened.is_empty() {
        true => "none".to_owned(),
        false => happened.join(", "),
    }
}
