//! The tables that served, with their texts, so that an operator can go back to one.

use std::collections::VecDeque;
use std::sync::{Arc, MutexGuard};

use codeid_engine::{Generation, Provenance};

use crate::sync::Mutex;

/// How many tables are remembered, the one that serves included. With the longest texts that the
/// settings allow by default they take 10 MiB.
const MAX_ENTRIES: usize = 20;

/// A table that serves, or served.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) generation: Generation,
    pub(crate) version: String,
    pub(crate) rule_count: usize,
    pub(crate) memory_bytes: usize,
    /// As it was when it was activated.
    pub(crate) provenance: Provenance,
    /// The operator that put it there; `None`: it came by itself.
    pub(crate) by: Option<String>,
    /// The route config.
    pub(crate) text: Arc<str>,
}

/// The last tables since the start.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<VecDeque<Arc<Entry>>>);

impl History {
    pub(super) fn add(&self, entry: Entry) {
        let mut entries = self.entries();
        entries.truncate(MAX_ENTRIES - 1);
        entries.push_front(Arc::new(entry));
    }

    /// All of them, the newest first.
    pub(crate) fn all(&self) -> Vec<Arc<Entry>> {
        self.entries().iter().cloned().collect()
    }

    /// The one of a generation.
    pub(crate) fn find(&self, generation: u64) -> Option<Arc<Entry>> {
        let entries = self.entries();
        let found = entries
            .iter()
            .find(|entry| entry.generation.get() == generation);
        found.cloned()
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Arc<Entry>>> {
        self.0.lock()
    }
}
