//! The cell that holds the table which serves now.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;

use crate::{Generation, RouteTable};

/// The one place from which lookups take the current table, and where a new one replaces it.
///
/// Starts empty. Looking up takes no lock and never waits for a publisher; it sees either the
/// whole old table or the whole new one. Share it by reference or `Arc`.
///
/// Source: SPEC.md, sections 2 and 3.
///
/// ```
/// use codeid_engine::{CompileLimits, LiveTable, RouteTable};
///
/// let live = LiveTable::new();
/// assert!(live.with(|table| table.is_none()));
/// let config = br#"{"format": "codeid/1", "version": "7", "rules": []}"#;
/// let generation = live.publish(RouteTable::from_json(config, &CompileLimits::default()).unwrap());
/// assert_eq!(generation.get(), 1);
/// assert_eq!(live.with(|table| table.map(|t| t.version().to_owned())), Some("7".to_owned()));
/// ```
#[derive(Debug, Default)]
pub struct LiveTable {
    current: ArcSwapOption<RouteTable>,
    /// The generation given last; held while publishing, so that generations and tables go up
    /// together.
    last: Mutex<Generation>,
}

impl LiveTable {
    /// An empty cell: no table serves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts `table` in the place of what serves, with one atomic store, and tells its generation.
    ///
    /// The table replaced is freed here, or by the last lookup that still reads it.
    pub fn publish(&self, mut table: RouteTable) -> Generation {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = last.next();
        table.set_generation(*last);
        self.current.store(Some(Arc::new(table)));
        *last
    }

    /// Lends the current table, if there is one, to `unit_of_work`.
    ///
    /// One load for one unit of work: whatever it looks up, it sees one table. A closure, so that
    /// the loan cannot be held across an await.
    pub fn with<T>(&self, unit_of_work: impl FnOnce(Option<&RouteTable>) -> T) -> T {
        unit_of_work(self.current.load().as_deref())
    }
}
