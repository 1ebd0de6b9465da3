//! What a thread keeps from one lookup to the next.

use crate::counts::RefusedRules;
use crate::matcher::{CaptureScratch, SearchScratch};

/// One thread's memory for lookups, good for any table. Starts empty and grows to what the lookups
/// need; then nothing allocates.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(crate) search: SearchScratch,
    pub(crate) captures: CaptureScratch,
    /// What a canary hashes.
    pub(crate) hash_key: Vec<u8>,
    /// What a template renders.
    pub(crate) rendered: String,
    /// Rules that accepted the code value, and whose canary refused.
    pub(crate) refused: RefusedRules,
    /// Where lookups are counted.
    shard: Option<usize>,
}

impl Scratch {
    /// Memory that holds nothing yet. Lookups with it are not counted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, for lookups that a table counts in this shard if it has that many; see
    /// [`LiveTable::with_counts`](crate::LiveTable::with_counts).
    ///
    /// Each thread needs a shard of its own: where two look up at a time in the same, they lose
    /// counts.
    #[must_use]
    pub fn with_shard(shard: usize) -> Self {
        Self {
            shard: Some(shard),
            ..Self::default()
        }
    }

    /// Forgets everything, as after a panic in a lookup, but not where lookups are counted.
    pub fn reset(&mut self) {
        *self = Self {
            shard: self.shard,
            ..Self::default()
        };
    }

    pub(crate) const fn shard(&self) -> Option<usize> {
        self.shard
    }
}
