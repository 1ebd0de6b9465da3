//! One thread's memory for lookups.

use crate::counts::RefusedRules;
use crate::matcher::{CaptureScratch, SearchScratch};

/// One thread's memory for lookups, which any table can use.
///
/// It starts empty and grows to what the lookups need; from then on a lookup allocates nothing. A
/// verdict borrows its text from it and must be dropped before the next lookup.
///
/// Source: SPEC.md, section 1.
///
/// ```
/// use codeid_engine::{CodeValue, CompileLimits, OpenId, Outcome, RouteTable, Scratch};
///
/// let config = br#"{"format": "codeid/1", "version": "1", "rules": [
///     {"id": "order", "match": {"regex": "28(\\d+)"},
///      "action": {"type": "DECODE", "codeValue": "{1}"}}]}"#;
/// let table = RouteTable::from_json(config, &CompileLimits::default()).unwrap();
/// let mut scratch = Scratch::new();
/// for (code, decoded) in [("28100", "100"), ("28200", "200")] {
///     let (code, user) = (CodeValue::new(code).unwrap(), OpenId::new("user-42").unwrap());
///     let verdict = table.identify(code, user, &mut scratch);
///     assert_eq!(verdict.outcome, Outcome::Decode { code_value: decoded });
/// }
/// ```
#[derive(Debug, Default)]
pub struct Scratch {
    pub(crate) search: SearchScratch,
    pub(crate) captures: CaptureScratch,
    /// The bytes that a canary hashes.
    pub(crate) hash_key: Vec<u8>,
    /// The text that a template renders.
    pub(crate) rendered: String,
    /// The rules that accept the code value and whose canary refuses the openId.
    pub(crate) refused: RefusedRules,
    /// The shard of a table's counts in which lookups are counted.
    shard: Option<usize>,
}

impl Scratch {
    /// Creates an empty scratch, whose lookups are not counted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates an empty scratch, whose lookups a table counts in `shard` if it has such a shard; see
    /// [`LiveTable::with_counts`](crate::LiveTable::with_counts).
    ///
    /// Each thread needs a shard of its own: two threads that look up at once in the same shard
    /// lose counts.
    #[must_use]
    pub fn with_shard(shard: usize) -> Self {
        Self {
            shard: Some(shard),
            ..Self::default()
        }
    }

    /// Drops everything but the shard: for a scratch whose state is unknown, as after a panic in a
    /// lookup.
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
