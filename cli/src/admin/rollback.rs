//! `codeid admin rollback`: a route config of the history becomes live again.

use std::process::ExitCode;

use codeid_daemon::api::apply::{Applied, RollbackRequest};
use codeid_daemon::api::history::{History, HistoryEntry, MAX_ENTRIES};

use super::apply;
use super::client::{Condition, IfMatch};
use super::command_context::CommandContext;
use crate::output::Failure;

/// The command line of `codeid admin rollback`.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("to").required(true).args(["generation", "previous"])))]
pub(super) struct Rollback {
    /// A generation of codeid admin history
    generation: Option<u64>,
    /// The config that was live before the live one; refused if another one is live by then
    #[arg(long)]
    previous: bool,
    /// Replace the live config even if an operator has frozen it with codeid admin freeze
    #[arg(long = "override")]
    overrides: bool,
}

impl Rollback {
    /// Rolls back to the chosen config.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        let (generation, if_match) = match self.generation {
            Some(generation) => (generation, None),
            None => {
                let history: History = context.fetch("/v1/history")?;
                let (live, previous) = previous(&history.entries).ok_or_else(|| {
                    Failure::other(format!(
                        "the history, which has the last {MAX_ENTRIES} tables since the daemon \
                         started, holds no other config than the live one; codeid admin apply FILE \
                         makes another one live"
                    ))
                })?;
                let replaced = IfMatch::Sha256(live.sha256);
                (previous.generation, Some(replaced))
            }
        };
        let request = RollbackRequest { generation };
        let condition = Condition {
            if_match,
            overrides: self.overrides,
        };
        let applied: Applied = context.post("/v1/rollback", &request, condition)?;
        if !context.is_json() {
            apply::show_applied(context.stdout, &applied)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Returns the live table, and the newest earlier one with another config. After a rollback that is
/// the table rolled back from, so that a second rollback undoes the first.
fn previous(entries: &[HistoryEntry]) -> Option<(&HistoryEntry, &HistoryEntry)> {
    let live = entries.iter().find(|entry| entry.live)?;
    let previous = entries
        .iter()
        .filter(|entry| entry.generation < live.generation && entry.sha256 != live.sha256)
        .max_by_key(|entry| entry.generation)?;
    Some((live, previous))
}
