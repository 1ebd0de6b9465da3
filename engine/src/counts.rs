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
pub(crate) struct RuleCounts {
    /// Of each shard: of each rule how often it decided; behind that, of each how often it was refused.
    lines: Box<[Line]>,
    shards: usize,
    lines_a_shard: usize,
    rules: usize,
}

const COUNTERS_A_LINE: usize = 16;

/// As long as what cores share at once, which is two lines of the cache on x86-64.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Line([AtomicU64; COUNTERS_A_LINE]);

/// The rules that one lookup found to accept the code value and to refuse the openId, each once
/// however often the search told of it.
#[derive(Debug, Default)]
pub(crate) struct RefusedRules {
    rules: Vec<u32>,
    /// A bit for each rule, set while it is among `rules`.
    seen: Vec<u64>,
}

impl RuleCounts {
    /// Zeros for `rules` rules and `shards` threads.
    pub(crate) fn new(shards: usize, rules: usize) -> Self {
        let shards = if COUNTED { shards } else { 0 };
        let lines_a_shard = (2 * rules).div_ceil(COUNTERS_A_LINE);
        let lines = iter::repeat_with(Line::default).take(shards * lines_a_shard);
        Self {
            lines: lines.collect(),
            shards,
            lines_a_shard,
            rules,
        }
    }

    /// Whether there is such a shard.
    #[inline]
    pub(crate) const fn has(&self, shard: usize) -> bool {
        shard < self.shards
    }

    /// Counts one lookup in a shard of the caller's own: `winner` decided, if there is one, and of
    /// `refused`, which is emptied, those before it were refused.
    #[inline]
    pub(crate) fn record(&self, shard: usize, winner: u32, refused: &mut RefusedRules) {
        if (winner as usize) < self.rules {
            self.add_one(shard, winner as usize);
        }
        if !refused.is_empty() {
            self.record_refused(shard, winner, refused);
        }
    }

    /// How often the rule of this index decided, and was refused.
    pub(crate) fn of(&self, rule: usize) -> (u64, u64) {
        (0..self.shards).fold((0, 0), |(decided, refused), shard| {
            let get = |counter| self.counter(shard, counter).load(Relaxed);
            (decided + get(rule), refused + get(self.rules + rule))
        })
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.lines)
    }

    /// A search may tell of rules behind the one that decides in the end.
    #[inline(never)]
    fn record_refused(&self, shard: usize, winner: u32, refused: &mut RefusedRules) {
        for rule in refused.rules.drain(..) {
            // Those of the same word are in the list, too.
            refused.seen[rule as usize / 64] = 0;
            if rule < winner {
                self.add_one(shard, self.rules + rule as usize);
            }
        }
    }

    /// Only by the thread whose shard it is.
    #[inline]
    fn add_one(&self, shard: usize, counter: usize) {
        let counter = self.counter(shard, counter);
        counter.store(counter.load(Relaxed) + 1, Relaxed);
    }

    #[inline]
    fn counter(&self, shard: usize, counter: usize) -> &AtomicU64 {
        let line = shard * self.lines_a_shard + counter / COUNTERS_A_LINE;
        &self.lines[line].0[counter % COUNTERS_A_LINE]
    }
}

impl RefusedRules {
    /// PERF: a call of its own, since the search tells of rules at many places.
    #[inline(never)]
    pub(crate) fn add(&mut self, rule: u32) {
        let (word, bit) = (rule as usize / 64, 1 << (rule % 64));
        if word >= self.seen.len() {
            self.seen.resize(word + 1, 0);
        }
        if self.seen[word] & bit == 0 {
            self.seen[word] |= bit;
            self.rules.push(rule);
        }
    }

    /// Whether none were found, or all were counted.
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Forgets what a lookup left that ended in a panic.
    pub(crate) fn clear(&mut self) {
        self.rules.clear();
        self.seen.fill(0);
    }
}
