//! One thread's memory for lookups.

use crate::canary::HashScratch;
use crate::counts::RefusedRules;
use crate::matcher::{CaptureScratch, SearchScratch};

/// One thread's memory for lookups, good for any table. It starts empty and grows to what the lookups
/// need; from then on they allocate nothing.
///
/// A lookup needs `&mut Scratch`, so each thread has its own. A [`Verdict`](crate::Verdict) may
/// borrow from it.
///
/// Source: SPEC.md, section 1.
///
/// ```
/// use codeid_engine::{CodeValue, CompileLimits, OpenId, RouteTable, Scratch};
///
/// let config = r#"{"format": "codeid/1", "version": "1", "rules": [
///     {"id": "a", "match": {"prefix": "281"}, "action": {"type": "DECODE"}}]}"#;
/// let table = RouteTable::from_json(config.as_bytes(), &CompileLimits::default())?;
/// let mut scratch = Scratch::new();
/// for (code, rule) in [("2812", Some("a")), ("2", None)] {
///     let verdict = table.identify(CodeValue::new(code)?, OpenId::new("user-42")?, &mut scratch);
///     assert_eq!(verdict.rule.map(|id| id.as_str()), rule);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Scratch {
    /// The memory of the matcher.
    pub(crate) search: SearchScratch,
    /// The memory for finding the groups of a pattern.
    pub(crate) captures: CaptureScratch,
    /// The hashes of the openId that canaries asked for.
    pub(crate) hashes: HashScratch,
    /// The text that a template renders.
    pub(crate) rendered: String,
    /// The rules that accepted the code value and whose canary refused the openId.
    pub(crate) refused: RefusedRules,
    /// The shard in which a table counts these lookups, if it counts any.
    shard: Option<usize>,
}

impl Scratch {
    /// Creates an empty scratch. Lookups with it are not counted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates an empty scratch for lookups that a table counts in this shard, numbered from 0, if it
    /// has the shard; see [`LiveTable::with_counts`](crate::LiveTable::with_counts).
    ///
    /// Each thread needs a shard of its own: two that look up in the same one at a time lose counts.
    #[must_use]
    pub fn with_shard(shard: usize) -> Self {
        Self {
            shard: Some(shard),
            ..Self::default()
        }
    }

    /// Empties the scratch, as is needed after a panic in a lookup. It keeps its shard.
    pub fn reset(&mut self) {
        *self = Self {
            shard: self.shard,
            ..Self::default()
        };
    }

    /// Returns the shard in which lookups are counted; `None` if they are not.
    pub(crate) const fn shard(&self) -> Option<usize> {
        self.shard
    }
}
