//! `codeid admin rollback`: a route config of the history becomes live again.

use std::process::ExitCode;

use codeid_daemon::api::apply::{Applied, RollbackRequest};
use codeid_daemon::api::history::{History, HistoryEntry, MAX_ENTRIES};

use super::apply;
use super::client::{Condition, IfMatch};
use super::command_context::CommandContext;
use crate::output::Failure;

/// The reason why no config was live before the live one.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum NoPrevious {
    /// No table is live.
    #[error(
        "no table is live, so none can be rolled back; codeid admin apply FILE makes a config live"
    )]
    NotLive,
    /// All tables of the history have the same config.
    #[error(
        "the history, which has the last {MAX_ENTRIES} tables since the daemon started, holds no other \
         config than the live one; codeid admin apply FILE makes another one live"
    )]
    OnlyLive,
}

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
                let (live, previous) = previous(&history.entries).map_err(Failure::other)?;
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
///
/// # Errors
///
/// [`NoPrevious`] if one of the two is not among `entries`.
fn previous(entries: &[HistoryEntry]) -> Result<(&HistoryEntry, &HistoryEntry), NoPrevious> {
    let live = entries.iter().find(|entry| entry.live);
    let live = live.ok_or(NoPrevious::NotLive)?;
    let previous = entries
        .iter()
        .filter(|entry| entry.generation < live.generation && entry.sha256 != live.sha256)
        .max_by_key(|entry| entry.generation);
    Ok((live, previous.ok_or(NoPrevious::OnlyLive)?))
}

#[cfg(test)]
mod tests {
    use codeid_engine::{ConfigDigest, InitLevel};

    use super::*;

    fn entry(generation: u64, config: &str, live: bool) -> HistoryEntry {
        HistoryEntry {
            generation,
            sha256: ConfigDigest::new(config.as_bytes()),
            version: "1".to_owned(),
            rule_count: 1,
            level: InitLevel::Preset,
            uri: String::new(),
            loaded_at: 0,
            compile_us: 0,
            memory_bytes: 0,
            live,
            by: None,
            changes: None,
        }
    }

    #[test]
    fn the_previous_table_is_the_newest_earlier_one_with_another_config() {
        let history = [
            entry(4, "b", true),
            entry(3, "b", false),
            entry(2, "a", false),
            entry(1, "c", false),
        ];
        let generations = |entries| {
            let (live, previous): (&HistoryEntry, &HistoryEntry) = previous(entries)?;
            Ok((live.generation, previous.generation))
        };
        assert_eq!(generations(&history), Ok((4, 2)));
        assert_eq!(generations(&history[..2]), Err(NoPrevious::OnlyLive));
        assert_eq!(generations(&history[1..]), Err(NoPrevious::NotLive));
        assert_eq!(generations(&[]), Err(NoPrevious::NotLive));
    }
}
