//! The cell that holds the live table.

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;

use crate::{Generation, RouteTable};

/// The cell from which lookups borrow the live table, and in which a new table replaces it.
///
/// It starts empty. Looking up takes no lock and never waits for a publisher; a lookup sees either
/// the whole old table or the whole new one. Share the cell by reference or `Arc`.
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
    table: ArcSwapOption<RouteTable>,
    /// The generation given last. Locked while publishing, so that of two publishers the one with
    /// the greater generation stores its table last.
    last_generation: Mutex<Generation>,
    /// The number of threads whose lookups each table counts, a shard for each; 0 for no counts.
    shards: usize,
}

/// The outcome of publishing a table.
///
/// Dropping it leaves freeing the old table to the last lookup that still reads it; see
/// [`ReplacedTable`].
///
/// Source: SPEC.md, section 3.
#[derive(Debug)]
pub struct Publication {
    /// The generation of the table that was published.
    pub generation: Generation,
    /// The table that was live before, if there was one.
    pub replaced: Option<ReplacedTable>,
}

/// A table that is no longer live, but that lookups which began earlier may still read.
///
/// Freeing a table takes about as long as copying it, which no lookup should have to wait for. So
/// the publisher keeps this value and calls [`Self::try_free`] now and then until that succeeds, as
/// it will once the lookups have ended. If the value is dropped instead, the last of these lookups
/// frees the table.
///
/// Source: SPEC.md, section 3.
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
///     if replaced.is_some() {
///         std::thread::sleep(std::time::Duration::from_millis(10));
///     }
/// }
/// ```
#[derive(Debug)]
pub struct ReplacedTable(Arc<RouteTable>);

impl LiveTable {
    /// Creates an empty cell, whose tables do not count lookups.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates an empty cell, each of whose tables counts the lookups that its rules decide and
    /// refuse while it is live.
    ///
    /// A table's counts are divided into `shards`, one for each thread that looks up, so that no
    /// two threads write to the same memory. Lookups are counted if their scratch has a shard below
    /// `shards`; see [`Scratch::with_shard`](crate::Scratch::with_shard). With `shards` 0, or
    /// without the feature `counts`, none are. [`RouteTable::rule_counts`] returns the counts,
    /// which take about 16 bytes for each rule and shard.
    #[must_use]
    pub fn with_counts(shards: usize) -> Self {
        Self {
            shards,
            ..Self::default()
        }
    }

    /// Replaces the live table with `table`, in one atomic exchange.
    ///
    /// The table's generation is one more than that of the table published before, from 1. Lookups
    /// never wait for this; publishers wait for each other.
    ///
    /// # Deadlocks
    ///
    /// None by itself. But inside of [`Self::with`] the loan keeps the old table alive: there,
    /// [`ReplacedTable::try_free`] fails until the closure returns, so do not wait for it to
    /// succeed.
    ///
    /// # Complexity
    ///
    /// Constant, apart from allocating the counts.
    pub fn publish(&self, mut table: RouteTable) -> Publication {
        // A panic while the lock was held, at worst, skipped a generation: the number is still
        // right.
        let lock = self.last_generation.lock();
        let mut last = lock.unwrap_or_else(PoisonError::into_inner);
        *last = last.next();
        table.set_generation(*last);
        table.count_with(self.shards);
        Publication {
            generation: *last,
            replaced: self.table.swap(Some(Arc::new(table))).map(ReplacedTable),
        }
    }

    /// Lends the live table to `lookup`, and returns its result.
    ///
    /// The table is `None` until the first one is published, and never again. All lookups inside
    /// one call see the same table, even if another is published meanwhile. `lookup` is a closure
    /// so that the loan cannot be held across an await, which would keep replaced tables alive.
    pub fn with<T>(&self, lookup: impl FnOnce(Option<&RouteTable>) -> T) -> T {
        self.with_shared(|table| lookup(table.map(Arc::as_ref)))
    }

    /// Lends the live table as [`Self::with`] does, to a caller that may clone the [`Arc`]: long work
    /// that is done in slices holds its table from the first to the last.
    ///
    /// A clone writes to a reference count that all threads share. It keeps the table in memory
    /// after another has replaced it, and [`ReplacedTable::try_free`] fails until it is dropped.
    pub fn with_shared<T>(&self, lookup: impl FnOnce(Option<&Arc<RouteTable>>) -> T) -> T {
        lookup(self.table.load().as_ref())
    }
}

impl ReplacedTable {
    /// Frees the table on this thread, unless a lookup still reads it.
    ///
    /// # Errors
    ///
    /// Gives the table back if a lookup still reads it.
    pub fn try_free(self) -> Result<(), Self> {
        // The exchange in `publish` turned every loan into a reference count (`docs::internal` of
        // arc-swap: a writer pays all debts), and no new loan of this table can be taken: the count
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
            // On a thread of its own, since this one holds a loan.
            let replaced = std::thread::scope(|scope| scope.spawn(publish).join().unwrap());
            let replaced = replaced.try_free().unwrap_err();
            assert_eq!(old.unwrap().version(), "1");
            replaced
        });
        assert!(replaced.try_free().is_ok());
        assert_eq!(live.with(|table| table.unwrap().version().to_owned()), "2");
    }

    #[test]
    fn the_provenance_of_a_live_table_can_be_replaced() {
        use crate::{ConfigDigest, InitLevel, Provenance};
        let live = LiveTable::new();
        live.publish(table("1"));
        assert!(live.with(|table| table.unwrap().provenance().is_none()));
        let from = |level| Provenance::new(level, "x".to_owned(), ConfigDigest::new(b"x"));
        live.with(|table| table.unwrap().set_provenance(from(InitLevel::Local)));
        live.with(|table| table.unwrap().set_provenance(from(InitLevel::Remote)));
        let level = live.with(|table| table.unwrap().provenance().unwrap().level);
        assert_eq!(level, InitLevel::Remote);
    }
}
