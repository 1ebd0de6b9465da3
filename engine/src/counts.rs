//! Counts of the lookups that each rule decided, and of those that its canary refused.
//!
//! Every thread that looks up has a *shard* of its own and is the only one that writes to it.
//! Counting is therefore a load and a store for each count, without a lock or a locked instruction.
//! Readers add up the shards.
//!
//! PERF: a lookup takes 82.5 ns with counts and 82.0 ns without, among the patterns of the bench
//! `metrics`; benches/README.md has the machine and the other figures.

use std::iter;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::RuleId;

/// `true` if lookups can be counted: the feature `counts`.
pub(crate) const COUNTED: bool = cfg!(feature = "counts");

/// The lookups that ended at one rule since its table was published.
///
/// Returned by [`RouteTable::rule_counts`](crate::RouteTable::rule_counts).
///
/// Source: SPEC.md, section 6.
///
/// ```
/// use codeid_engine::{CodeValue, CompileLimits, LiveTable, OpenId, RouteTable, Scratch};
///
/// let config = br#"{"format": "codeid/1", "version": "1", "rules": [
///     {"id": "trial", "match": {"prefix": "28"}, "action": {"type": "DECODE"},
///      "canary": {"allowlist": ["user-1"]}},
///     {"id": "rest", "match": {"prefix": "28"}, "action": {"type": "UNSUPPORTED"}}]}"#;
/// let live = LiveTable::with_counts(1);
/// live.publish(RouteTable::from_json(config, &CompileLimits::default()).unwrap());
/// let mut scratch = Scratch::with_shard(0);
/// let (code_value, open_id) = (CodeValue::new("2810").unwrap(), OpenId::new("user-42").unwrap());
/// live.with(|table| {
///     let table = table.unwrap();
///     let _ = table.identify(code_value, open_id, &mut scratch);
///     let counts: Vec<_> = table.rule_counts().map(|c| (c.decided, c.refused)).collect();
///     assert_eq!(counts, [(0, 1), (1, 0)]);
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleCount<'a> {
    /// The rule's id.
    pub rule: &'a RuleId,
    /// The number of lookups that the rule decided.
    pub decided: u64,
    /// The number of lookups whose code value the rule accepts and no earlier rule decided, and
    /// whose openId the rule's canary refused.
    pub refused: u64,
}

/// The counts of one table, a shard for each thread that looks up in it.
#[derive(Debug, Default)]
pub(crate) struct RuleCounts {
    /// The shards one after the other, each of `lines_per_shard` lines: a `decided` counter for each
    /// rule, then a `refused` counter for each rule. Shards begin on cache lines of their own, so
    /// that no two threads write to the same line.
    lines: Box<[CacheLine]>,
    shards: usize,
    lines_per_shard: usize,
    rules: usize,
}

/// The counters of eight bytes in a [`CacheLine`].
const COUNTERS_PER_LINE: usize = 16;

/// The counters of one shard in 128 bytes, which crossbeam's `CachePadded` takes for a cache line on
/// x86-64 and aarch64, too.
#[derive(Debug, Default)]
#[repr(align(128))]
struct CacheLine([AtomicU64; COUNTERS_PER_LINE]);

/// The rules that accept the code value of the current lookup and refuse the openId, each once.
///
/// A search reports rules in any order and some of them repeatedly, and whether a refusal counts is
/// known only when the winner is. So refusals are collected here, in the thread's scratch.
#[derive(Debug, Default)]
pub(crate) struct RefusedRules {
    rules: Vec<u32>,
    /// A bit for each rule, set while the rule is among `rules`.
    seen: Vec<u64>,
}

impl RuleCounts {
    /// Creates counts of zero for `rules` rules and `shards` threads.
    pub(crate) fn new(shards: usize, rules: usize) -> Self {
        let shards = if COUNTED { shards } else { 0 };
        let lines_per_shard = (2 * rules).div_ceil(COUNTERS_PER_LINE);
        let lines = iter::repeat_with(CacheLine::default).take(shards * lines_per_shard);
        Self {
            lines: lines.collect(),
            shards,
            lines_per_shard,
            rules,
        }
    }

    /// Returns `true` if there is such a shard.
    pub(crate) const fn has_shard(&self, shard: usize) -> bool {
        shard < self.shards
    }

    /// Counts one lookup in a shard that only the calling thread uses: one more decision of
    /// `winner`, if that is a rule, and one more refusal of each of the `refused` rules before it.
    /// Empties `refused`.
    pub(crate) fn record(&self, shard: usize, winner: u32, refused: &mut RefusedRules) {
        if (winner as usize) < self.rules {
            self.add_one(shard, winner as usize);
        }
        if !refused.is_empty() {
            self.record_refused(shard, winner, refused);
        }
    }

    /// Returns the number of lookups that the rule of this index decided, and of those that it
    /// refused.
    pub(crate) fn totals(&self, rule: usize) -> (u64, u64) {
        (0..self.shards).fold((0, 0), |(decided, refused), shard| {
            let get = |counter| self.counter(shard, counter).load(Relaxed);
            (decided + get(rule), refused + get(self.rules + rule))
        })
    }

    /// Returns the number of bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.lines)
    }

    fn record_refused(&self, shard: usize, winner: u32, refused: &mut RefusedRules) {
        for rule in refused.rules.drain(..) {
            // This also clears the bits of other rules of the word, which are drained here, too.
            refused.seen[rule as usize / 64] = 0;
            // The search may have reported rules behind the one that decided in the end.
            if rule < winner {
                self.add_one(shard, self.rules + rule as usize);
            }
        }
    }

    /// Adds one to a counter, without an atomic addition: no other thread writes to the shard.
    fn add_one(&self, shard: usize, counter: usize) {
        let counter = self.counter(shard, counter);
        counter.store(counter.load(Relaxed) + 1, Relaxed);
    }

    fn counter(&self, shard: usize, counter: usize) -> &AtomicU64 {
        let line = shard * self.lines_per_shard + counter / COUNTERS_PER_LINE;
        &self.lines[line].0[counter % COUNTERS_PER_LINE]
    }
}

impl RefusedRules {
    /// Adds `rule`, unless it was added before.
    ///
    /// PERF: not inlined into the search, which reports rules from several places: a lookup with
    /// counts takes 1.02 times as long as one without, and took 1.04 times before (commit ef44928,
    /// 22 November 2026, two cores of an x86-64 server; the binary `metrics` of `benches`).
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

    /// Returns `true` if all rules were counted or dropped.
    pub(crate) const fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Drops all rules, such as those of a lookup that ended in a panic.
    pub(crate) fn clear(&mut self) {
        self.rules.clear();
        self.seen.fill(0);
    }
}
