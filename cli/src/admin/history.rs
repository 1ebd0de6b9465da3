//! `codeid admin history` and `rollback`: the tables that served, and going back to one.

use std::process::ExitCode;

use codeid_daemon::api::apply::{Applied, RollbackRequest};
use codeid_daemon::api::history::{History, HistoryEntry};

use super::candidate;
use super::client::IfMatch;
use super::desk::Desk;
use crate::moment::utc_and_ago;
use crate::output::Failure;
use crate::table::{Column, Table};

/// How many digits of a digest tell configs apart in a table.
const DIGITS: usize = 12;

/// The command line of `codeid admin history`.
#[derive(Debug, clap::Args)]
pub(super) struct ShowHistory {}

/// The command line of `codeid admin rollback`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("to").required(true).args(["generation", "previous"])))]
pub(super) struct Rollback {
    /// The generation of codeid admin history
    generation: Option<u64>,
    /// What served before what serves now; nothing is done if something else serves meanwhile
    #[arg(long)]
    previous: bool,
}

impl ShowHistory {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<ExitCode, Failure> {
        let history: History = desk.get("/v1/history")?;
        if !desk.is_json() {
            let mut table = Table::new([
                Column::Right("GENERATION"),
                Column::Left("SERVES"),
                Column::Left("VERSION"),
                Column::Right("RULES"),
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
                    utc_and_ago(entry.loaded_at),
                    entry.by.unwrap_or_else(|| "-".to_owned()),
                    entry.sha256.to_string().chars().take(DIGITS).collect(),
                    format!("{} {}", entry.level, entry.uri),
                ]);
            }
            table.write(desk.stdout, "")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Rollback {
    pub(super) fn run(self, desk: &mut Desk<'_>) -> Result<ExitCode, Failure> {
        let (generation, if_match) = match self.generation {
            Some(generation) => (generation, None),
            None => {
                let history: History = desk.look_up("/v1/history")?;
                let (serving, previous) = previous(&history.entries).ok_or_else(|| {
                    Failure::Message(
                        "the history holds no other config than the one that serves".to_owned(),
                    )
                })?;
                let replaced = IfMatch::Sha256(serving.sha256);
                (previous.generation, Some(replaced))
            }
        };
        let content = RollbackRequest { generation };
        let applied: Applied = desk.post("/v1/rollback", &content, if_match)?;
        if !desk.is_json() {
            candidate::tell(desk.stdout, &applied)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What serves, and the newest before it whose config is another. After a rollback that is the one
/// rolled back from, so that doing it twice changes nothing.
fn previous(entries: &[HistoryEntry]) -> Option<(&HistoryEntry, &HistoryEntry)> {
    let serving = entries.iter().find(|entry| entry.live)?;
    let previous = entries
        .iter()
        .filter(|entry| entry.generation < serving.generation && entry.sha256 != serving.sha256)
        .max_by_key(|entry| entry.generation)?;
    Some((serving, previous))
}
