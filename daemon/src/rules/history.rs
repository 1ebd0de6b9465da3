//! The tables that were live, with their texts, so that an operator can roll back to one.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};

use codeid_engine::{Generation, Provenance};

use super::config_text::ConfigText;
use crate::api::history::{ChangeCounts, MAX_ENTRIES};
use crate::sync::Mutex;

/// A table that is live or was live.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The number under which the table was published.
    pub(crate) generation: Generation,
    /// The `version` of its route config.
    pub(crate) version: String,
    /// The number of its rules.
    pub(crate) rule_count: usize,
    /// About how many bytes it took on the heap.
    pub(crate) memory_bytes: usize,
    /// The provenance as it was when the table became live.
    pub(crate) provenance: Provenance,
    /// The operator who made the table live; `None` if it came from a source by itself.
    pub(crate) by: Option<String>,
    /// The route config.
    pub(crate) config: Arc<ConfigText>,
    /// The difference from the table before, once it was asked for.
    pub(crate) changes: OnceLock<ChangeCounts>,
}

/// The last tables since the start.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<VecDeque<Arc<Entry>>>);

impl History {
    /// Adds the table that has become live, and forgets the oldest if there are more than
    /// [`MAX_ENTRIES`].
    pub(super) fn add(&self, entry: Entry) {
        let mut entries = self.0.lock();
        entries.truncate(MAX_ENTRIES - 1);
        entries.push_front(Arc::new(entry));
    }

    /// Returns all tables, the newest first.
    pub(crate) fn all(&self) -> Vec<Arc<Entry>> {
        self.0.lock().iter().cloned().collect()
    }

    /// Returns the table of a generation; `None` if there never was one, or it is forgotten.
    pub(crate) fn find(&self, generation: u64) -> Option<Arc<Entry>> {
        let entries = self.0.lock();
        let found = entries
            .iter()
            .find(|entry| entry.generation.get() == generation);
        found.cloned()
    }
}
