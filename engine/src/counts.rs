//! How often each rule decided, and how often its canary refused, since the table was compiled.
//!
//! Every thread that looks up has a *shard* of its own and is the only one that writes to it, so
//! that counting is two loads and two stores of memory that no other thread writes: no lock, no
//! locked instruction, no cache line that moves from core to core. Who reads adds the shards up.

use std::iter;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::RuleId;

/// Whether lookups count at all: the feature `counts`.
pub(crate) const COUNTED: bool = cfg!(feature = "counts");

/// What happened to one rule since its table was compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleCount<'a> {
    /// Which rule it is.
    pub rule: &'a RuleId,
    /// Lookups that it decided.
    pub decided: u64,
    /// Lookups whose code value it accepts, which no rule before it decided, and whose openId its
    /// canary refused.
    pub refused: u64,
}

/// The counts of a table, a shard for each thread that looks up in it.
#[derive(Debug, Default)]
pub(crate) struct RuleCounts(Box<[Shard]>);

/// Of each rule how often it decided; behind that, of each how often it was refused.
#[derive(Debug)]
struct Shard {
    lines: Box<[Line]>,
    rules: usize,
}

const COUNTERS_A_LINE: usize = 16;

/// As long as what cores share at once, which is two lines of the cache on x86-64.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Line([AtomicU64; COUNTERS_A_LINE]);

impl RuleCounts {
    /// Zeros for `rules` rules and `shards` threads.
    pub(crate) fn new(shards: usize, rules: usize) -> Self {
        let shards = if COUNTED { shards } else { 0 };
        Self(
            iter::repeat_with(|| Shard::new(rules))
                .take(shards)
                .collect(),
        )
    }

    /// Counts one lookup in a shard of the caller's own: `winner` decided, if there is one, and of
    /// `refused` those before it were refused, each once. A shard that is not there counts nothing.
    #[inline]
    pub(crate) fn record(&self, shard: usize, winner: u32, refused: &mut [u32]) {
        let Some(shard) = self.0.get(shard) else {
            return;
        };
        if (winner as usize) < shard.rules {
            shard.add_one(winner as usize);
        }
        if !refused.is_empty() {
            shard.refuse(winner, refused);
        }
    }

    /// How often the rule of this index decided, and was refused.
    pub(crate) fn of(&self, rule: usize) -> (u64, u64) {
        self.0.iter().fold((0, 0), |(decided, refused), shard| {
            let more = (shard.get(rule), shard.get(shard.rules + rule));
            (decided + more.0, refused + more.1)
        })
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let lines: usize = self.0.iter().map(|shard| shard.lines.len()).sum();
        lines * size_of::<Line>() + self.0.len() * size_of::<Shard>()
    }
}

impl Shard {
    fn new(rules: usize) -> Self {
        let lines = (2 * rules).div_ceil(COUNTERS_A_LINE);
        Self {
            lines: iter::repeat_with(Line::default).take(lines).collect(),
            rules,
        }
    }

    /// A search may tell of a rule more than once, and of one behind what decides in the end.
    fn refuse(&self, winner: u32, refused: &mut [u32]) {
        refused.sort_unstable();
        let mut last = None;
        for &mut rule in refused {
            if rule < winner && last != Some(rule) {
                self.add_one(self.rules + rule as usize);
                last = Some(rule);
            }
        }
    }

    /// Only by the thread whose shard it is.
    #[inline]
    fn add_one(&self, counter: usize) {
        let counter = self.counter(counter);
        counter.store(counter.load(Relaxed) + 1, Relaxed);
    }

    fn get(&self, counter: usize) -> u64 {
        self.counter(counter).load(Relaxed)
    }

    #[inline]
    fn counter(&self, counter: usize) -> &AtomicU64 {
        &self.lines[counter / COUNTERS_A_LINE].0[counter % COUNTERS_A_LINE]
    }
}
