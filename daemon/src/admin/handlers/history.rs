//! `/v1/history`: the tables that are live or were live.

use std::sync::Arc;

use codeid_engine::RouteTable;

use super::changes::Difference;
use crate::admin::body::Document;
use crate::admin::plane::AdminPlane;
use crate::admin::refusal::Refusal;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::document;
use crate::api::check::Change;
use crate::api::history::{ChangeCounts, History, HistoryEntry};
use crate::api::refusal::ErrorCode;
use crate::api::role::Role;
use crate::rules::history::Entry;

/// `GET /v1/history`: the last tables, the newest first.
pub(super) async fn list(request: Request) -> Outcome {
    let status = request.plane.operator.status();
    let live = status.with_table(|table| table.map(RouteTable::generation));
    let entries = status.history.all();
    let count = entries.len();
    let describe = move |index: usize| {
        let entry: &Entry = entries.get(index)?;
        let before = entries.get(index + 1);
        let provenance = &entry.provenance;
        Some(HistoryEntry {
            generation: entry.generation.get(),
            sha256: provenance.digest,
            version: entry.version.clone(),
            rule_count: entry.rule_count,
            level: provenance.level,
            uri: provenance.uri.clone(),
            loaded_at: provenance.loaded_at_ms,
            compile_us: u64::try_from(provenance.compile_time.as_micros()).unwrap_or(u64::MAX),
            memory_bytes: entry.memory_bytes,
            live: Some(entry.generation) == live,
            by: entry.by.clone(),
            changes: before.map(|before| changes_from(before, entry)),
        })
    };
    let skeleton = History {
        entries: Vec::new(),
    };
    let listed = Document::new(&skeleton).with_list("entries", count, describe);
    Ok(document(listed))
}

/// Returns the difference of a table from the one before, which never changes and is kept. Only numbers are
/// shown, and no candidate of the caller is compared, so all of a rule may count.
fn changes_from(before: &Entry, entry: &Entry) -> ChangeCounts {
    *entry.changes.get_or_init(|| {
        let (old, new) = (Arc::clone(&before.config), Arc::clone(&entry.config));
        let difference = Difference::new(Some(old), new, Role::Operate);
        let count = |kind| difference.of_kind(kind).len();
        ChangeCounts {
            added: count(Change::Added),
            removed: count(Change::Removed),
            changed: count(Change::Changed),
            moved: count(Change::Moved),
        }
    })
}

/// Finds the table of a generation, which is given as text.
///
/// # Errors
///
/// [`Refusal`] if the text is not a number, or the history does not hold that generation.
pub(super) fn find(plane: &AdminPlane, generation: &str) -> Result<Arc<Entry>, Refusal> {
    let number = generation.parse().ok();
    let entry = number.and_then(|number| plane.operator.status().history.find(number));
    entry.ok_or_else(|| {
        let detail = format!("The history does not hold generation {generation}.");
        Refusal::new(ErrorCode::UnknownGeneration, detail)
    })
}
