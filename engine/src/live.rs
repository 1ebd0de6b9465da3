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
/// let published = live.publish(RouteTable::from_json(config, &CompileLimits::default()).unwrap());
/// assert_eq!(published.generation.get(), 1);
/// assert!(published.replaced.is_none());
/// assert_eq!(live.with(|table| table.map(|t| t.version().to_owned())), Some("7".to_owned()));
/// ```
#[derive(Debug, Default)]
pub struct LiveTable {
    current: ArcSwapOption<RouteTable>,
    /// The generation given last; held while publishing, so that generations and tables go up
    /// together.
    last: Mutex<Generation>,
    /// For how many threads each table counts.
    shards: usize,
}

/// What publishing a table led to.
///
/// Dropping it leaves freeing the old table to the last lookup that still reads it; see
/// [`ReplacedTable`].
#[derive(Debug)]
pub struct Publication {
    /// The generation of the table that serves now.
    pub generation: Generation,
    /// The table that served before, if there was one.
    pub replaced: Option<ReplacedTable>,
}

/// A table that serves no more, and that lookups begun before may still read.
///
/// Freeing a table takes about as long as copying it would, which no lookup should have to: whoever
/// publishes keeps this and asks [`Self::try_free`] until it is done. That ends, since lookups do.
///
/// ```
/// # use codeid_engine::{CompileLimits, LiveTable, RouteTable};
/// # let table = || {
/// #     let config = br#"{"format": "codeid/1", "version": "7", "rules": []}"#;
/// #     RouteTable::from_json(config, &CompileLimits::default()).unwrap()
/// # };
/// # let live = LiveTable::new();
/// # live.publish(table());
/// let mut replaced = live.publish(table()).replaced;
/// while let Some(old) = replaced {
///     replaced = old.try_free().err();
///     std::thread::yield_now();
/// }
/// ```
#[derive(Debug)]
pub struct ReplacedTable(Arc<RouteTable>);

impl LiveTable {
    /// An empty cell: no table serves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, and each table counts for each of its rules, from when it is published, how often
    /// lookups ended there: those with a [`Scratch::with_shard`](crate::Scratch::with_shard) below
    /// `shards`. [`RouteTable::rule_counts`] tells.
    #[must_use]
    pub fn with_counts(shards: usize) -> Self {
        Self {
            shards,
            ..Self::default()
        }
    }

    /// Puts `table` in the place of what serves, with one atomic exchange. Not to be called from
    /// inside [`Self::with`].
    pub fn publish(&self, mut table: RouteTable) -> Publication {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = last.next();
        table.set_generation(*last);
        table.count_with(self.shards);
        Publication {
            generation: *last,
            replaced: self.current.swap(Some(Arc::new(table))).map(ReplacedTable),
        }
    }

    /// Lends the current table, if there is one, to `unit_of_work`.
    ///
    /// One load for one unit of work: whatever it looks up, it sees one table. A closure, so that
    /// the loan cannot be held across an await.
    pub fn with<T>(&self, unit_of_work: impl FnOnce(Option<&RouteTable>) -> T) -> T {
        unit_of_work(self.current.load().as_deref())
    }
}

impl ReplacedTable {
    /// Frees the table here, if no lookup reads it any more.
    ///
    /// # Errors
    ///
    /// Itself, if one does.
    pub fn try_free(self) -> Result<(), Self> {
        // The exchange has turned every loan into a count, and nobody can take another: the count
        // only goes down.
        Arc::try_unwrap(self.0).map(drop).map_err(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CompileLimits;

    fn table(version: &str) -> RouteTable {
        let config = format!(r#"{{"format": "codeid/1", "version": "{version}", "rules": []}}"#);
        RouteTable::from_json(config.as_bytes(), &CompileLimits::default()).unwrap()
    }

    #[test]
    fn a_table_is_not_freed_while_it_is_read() {
        let live = LiveTable::new();
        assert!(live.publish(table("1")).replaced.is_none());
        let replaced = live.with(|old| {
            let publish = || live.publish(table("2")).replaced.unwrap();
            // A thread of its own: this one holds a loan.
            let replaced = std::thread::scope(|scope| scope.spawn(publish).join().unwrap());
            let replaced = replaced.try_free().unwrap_err();
            assert_eq!(old.unwrap().version(), "1");
            replaced
        });
        assert!(replaced.try_free().is_ok());
        assert_eq!(live.with(|table| table.unwrap().version().to_owned()), "2");
    }

    #[test]
    fn provenance_can_be_learned_anew_while_the_table_serves() {
        use crate::{ConfigDigest, InitLevel, Provenance};
        let live = LiveTable::new();
        live.publish(table("1"));
        assert!(live.with(|table| table.unwrap().provenance().is_none()));
        let of = |level| Provenance::new(level, "x".to_owned(), ConfigDigest::new(b"x"));
        live.with(|table| table.unwrap().set_provenance(of(InitLevel::Local)));
        live.with(|table| table.unwrap().set_provenance(of(InitLevel::Remote)));
        let level = live.with(|table| table.unwrap().provenance().unwrap().level);
        assert_eq!(level, InitLevel::Remote);
    }
}
