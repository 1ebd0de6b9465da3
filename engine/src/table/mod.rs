//! The compiled route config: everything that a verdict depends on, in one immutable value.

mod compiled_rule;
mod steps;
mod visitors;

use std::sync::{Arc, Mutex, PoisonError};

use self::compiled_rule::CompiledRule;
use self::visitors::{AllMatches, Winner};
use crate::canary::{GroupHash, OpenIdHashes};
use crate::counts::{COUNTED, RuleCounts};
use crate::guard::guarded;
use crate::matcher::{GroupSearch, Matcher};
use crate::{
    CodeCost, CodeValue, CompileLimits, ConfigError, CostlyCode, Explanation, Generation, OpenId,
    Outcome, Provenance, RouteConfig, RuleCount, Scratch, Verdict,
};

/// A route config, checked and compiled.
///
/// What verdicts depend on never changes after compiling, so threads share a table as it is. Only
/// its provenance and its counts can change, and no verdict depends on them. A table takes memory in
/// proportion to its rules: see [`Self::memory_usage`].
///
/// Source: SPEC.md, sections 1 and 2.
///
/// ```
/// use codeid_engine::{CodeValue, CompileLimits, OpenId, RouteTable, Scratch};
///
/// let config = br#"{"format": "codeid/1", "version": "7", "rules": [
///     {"id": "trial", "match": {"prefix": "281"}, "action": {"type": "UNSUPPORTED"},
///      "canary": {"allowlist": ["user-1"]}},
///     {"id": "order", "match": {"prefix": "28"}, "action": {"type": "DECODE"}}]}"#;
/// let table = RouteTable::from_json(config, &CompileLimits::default())?;
/// let mut scratch = Scratch::new();
/// for (code_value, open_id, winner) in [
///     ("2810", "user-1", Some("trial")),
///     ("2810", "user-2", Some("order")),
///     ("99", "user-1", None),
/// ] {
///     let code_value = CodeValue::new(code_value).unwrap();
///     let open_id = OpenId::new(open_id).unwrap();
///     let verdict = table.identify(code_value, open_id, &mut scratch);
///     assert_eq!(verdict.rule.map(|id| id.as_str()), winner);
/// }
/// # Ok::<(), codeid_engine::ConfigError>(())
/// ```
#[derive(Debug)]
pub struct RouteTable {
    version: Box<str>,
    /// `true` if code values are trimmed.
    trim: bool,
    generation: Generation,
    rules: Vec<CompiledRule>,
    /// The groups of the canaries.
    groups: Box<[GroupHash]>,
    /// `true` for each rule that admits no openId.
    ///
    /// PERF: an array of its own, so that a refusal reads a byte instead of two cache lines: 10.5 →
    /// 4.2 µs a lookup among a thousand nested prefixes whose canaries all refuse (`ratios
    /// adversarial`, 2-core x86-64, November 2026).
    closed: Box<[bool]>,
    matcher: Matcher,
    /// The bound on the steps of a lookup.
    max_code_steps: u64,
    counts: RuleCounts,
    provenance: Mutex<Option<Arc<Provenance>>>,
}

impl RouteTable {
    /// Parses, checks and compiles the text of a route config.
    ///
    /// # Errors
    ///
    /// Returns a [`ConfigError`] with every problem that was found. A panic, which would be a
    /// defect, is returned as such a problem, too.
    ///
    /// # Complexity
    ///
    /// `limits` bounds time and memory. It may take tens of milliseconds for thousands of rules:
    /// do not call it on a thread that serves lookups.
    pub fn from_json(json: &[u8], limits: &CompileLimits) -> Result<Self, ConfigError> {
        Self::compile(&RouteConfig::from_json(json, limits)?, limits)
    }

    /// Compiles a parsed config.
    ///
    /// # Errors
    ///
    /// Returns a [`ConfigError`] if compiling would take more than `limits` allows.
    ///
    /// # Complexity
    ///
    /// As for [`Self::from_json`].
    pub fn compile(config: &RouteConfig, limits: &CompileLimits) -> Result<Self, ConfigError> {
        guarded(|| {
            let mut matcher = Matcher::build(config.rules(), limits)?;
            let (rules, groups) = CompiledRule::compile_all(config.rules(), limits)?;
            let max_code_steps = steps::checked_bound(&mut matcher, &rules, config, limits)?;
            Ok(Self {
                version: config.version().into(),
                trim: config.trims(),
                generation: Generation::default(),
                closed: rules.iter().map(CompiledRule::admits_no_one).collect(),
                rules,
                groups,
                matcher,
                max_code_steps,
                counts: RuleCounts::default(),
                provenance: Mutex::default(),
            })
        })
    }

    /// Returns what to do with `code_value` for the user `open_id`: the outcome of the first rule
    /// that accepts the code value and admits the openId.
    ///
    /// It cannot fail and takes no lock. It allocates nothing once `scratch` has grown to what
    /// lookups in this table need.
    ///
    /// # Complexity
    ///
    /// Linear in the code value.
    #[must_use]
    pub fn identify<'a>(
        &'a self,
        code_value: CodeValue<'a>,
        open_id: OpenId<'_>,
        scratch: &'a mut Scratch,
    ) -> Verdict<'a> {
        let Some(code) = self.looked_up(code_value) else {
            return Verdict {
                rule: None,
                outcome: Outcome::Unsupported,
            };
        };
        let shard = scratch
            .shard()
            .filter(|&shard| COUNTED && self.counts.has_shard(shard));
        let Scratch {
            search,
            captures,
            hashes,
            rendered,
            refused,
            ..
        } = scratch;
        // Recording empties it; it is not empty only after a lookup that ended in a panic.
        if !refused.is_empty() {
            refused.clear();
        }
        let mut winner = Winner {
            rules: &self.rules,
            closed: &self.closed,
            hashes: OpenIdHashes::new(open_id, &self.groups, hashes),
            refused: shard.map(|_| &mut *refused),
            best: u32::MAX,
        };
        self.matcher
            .search_first(code, search, captures, &mut winner);
        let best = winner.best;
        if let Some(shard) = shard {
            self.counts.record(shard, best, refused);
        }
        let Some(rule) = self.rules.get(best as usize) else {
            return Verdict {
                rule: None,
                outcome: Outcome::Unsupported,
            };
        };
        Verdict {
            rule: Some(&rule.id),
            outcome: rule.outcome(code, captures, rendered),
        }
    }

    /// Returns every rule that accepts `code_value`, in the order of the config, each with the
    /// decision of its canary on `open_id`; empty if there is none.
    ///
    /// This is for people who ask why: it allocates, and is not counted.
    ///
    /// # Complexity
    ///
    /// Linear in the code value and the number of rules that accept it; slower than
    /// [`Self::identify`], which leaves out rules behind one that decides.
    ///
    /// ```
    /// use codeid_engine::{CodeValue, CompileLimits, OpenId, RouteTable, Scratch};
    ///
    /// let config = br#"{"format": "codeid/1", "version": "1", "rules": [
    ///     {"id": "trial", "match": {"prefix": "281"}, "action": {"type": "DECODE"},
    ///      "canary": {"percentage": 0}},
    ///     {"id": "order", "match": {"prefix": "28"}, "action": {"type": "DECODE"}}]}"#;
    /// let table = RouteTable::from_json(config, &CompileLimits::default()).unwrap();
    /// let code_value = CodeValue::new("2810").unwrap();
    /// let open_id = OpenId::new("user-42").unwrap();
    /// let explanations = table.explain(code_value, open_id, &mut Scratch::new());
    /// assert!(!explanations[0].admission.admits());
    /// assert!(explanations[1].decides);
    /// ```
    #[must_use]
    pub fn explain(
        &self,
        code_value: CodeValue<'_>,
        open_id: OpenId<'_>,
        scratch: &mut Scratch,
    ) -> Vec<Explanation<'_>> {
        let mut all = AllMatches::default();
        let Some(code) = self.looked_up(code_value) else {
            return Vec::new();
        };
        self.matcher
            .search(code, &mut scratch.search, &mut scratch.captures, &mut all);
        all.rules.sort_unstable();
        all.rules.dedup();
        let mut decided = false;
        let mut hashes = OpenIdHashes::new(open_id, &self.groups, &mut scratch.hashes);
        all.rules
            .into_iter()
            .map(|index| {
                let index = index as usize;
                let rule = &self.rules[index];
                let admission = rule.admission(&mut hashes);
                let decides = admission.admits() && !decided;
                decided |= decides;
                Explanation {
                    rule: &rule.id,
                    index,
                    admission,
                    decides,
                }
            })
            .collect()
    }

    /// Returns a bound on the steps that a lookup of any code value can take in this table, whatever
    /// the openId is. It is at most [`CompileLimits::max_code_steps`].
    #[must_use]
    pub const fn max_code_steps(&self) -> u64 {
        self.max_code_steps
    }

    /// Returns [`Self::max_code_steps`] with the rules that take the most of them.
    ///
    /// # Complexity
    ///
    /// A small share of the time that compiling takes.
    ///
    /// ```
    /// use codeid_engine::{CodeValue, CompileLimits, RouteTable, Scratch};
    /// let config = br#"{"format": "codeid/1", "version": "1", "rules": [
    ///     {"id": "slow", "match": {"regex": ".*\\b[a ].{20}[!x]"}, "action": {"type": "DECODE"}}]}"#;
    /// let table = RouteTable::from_json(config, &CompileLimits::default()).unwrap();
    /// let costly = table.costly_code();
    /// let code_value = CodeValue::new(&costly.code_value).unwrap();
    /// assert_eq!(table.code_cost(code_value, &mut Scratch::new()), costly.cost);
    /// assert!(costly.cost.steps <= table.cost_bound().steps);
    /// ```
    #[must_use]
    pub fn cost_bound(&self) -> CodeCost {
        steps::cost_bound(&self.matcher, &self.rules, self.max_code_steps)
    }

    /// Returns the most steps that a lookup of `code_value` can take, whatever the openId is: those of
    /// a search in which no rule admits it, and of the costliest action among the rules that accept.
    ///
    /// # Complexity
    ///
    /// Some times that of a lookup. It allocates.
    #[must_use]
    pub fn code_cost(&self, code_value: CodeValue<'_>, scratch: &mut Scratch) -> CodeCost {
        steps::code_cost(&self.matcher, &self.rules, self.trim, code_value, scratch)
    }

    /// Returns a code value that is about as expensive as any that can be constructed, with its cost.
    /// What it costs is at most [`Self::cost_bound`].
    ///
    /// It is the same each time. There may be more expensive ones, up to the bound.
    ///
    /// # Complexity
    ///
    /// Some 100 lookups of short code values and a few of the longest; bounded in any case. Not for a
    /// thread that serves.
    #[must_use]
    pub fn costly_code(&self) -> CostlyCode {
        steps::costly_code(&self.matcher, &self.rules, self.trim)
    }

    /// Returns the config's `version`: 1 to 64 characters, never interpreted.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns `true` if code values are trimmed; see [`RouteConfig::trims`].
    #[must_use]
    pub const fn trims(&self) -> bool {
        self.trim
    }

    /// Returns the number under which the table was published; 0 if it was not.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// Sets the number under which the table is about to be published.
    pub(crate) const fn set_generation(&mut self, generation: Generation) {
        self.generation = generation;
    }

    /// Starts counting the lookups of `shards` threads.
    pub(crate) fn count_with(&mut self, shards: usize) {
        self.counts = RuleCounts::new(shards, self.rules.len());
    }

    /// Returns for each rule, in the order of the config, the lookups that it decided and refused
    /// since the table was published.
    ///
    /// All are zero if the table was not published by a [`LiveTable`](crate::LiveTable) that was
    /// made by [`with_counts`](crate::LiveTable::with_counts), or without the feature `counts`. The
    /// counts are read one after the other while lookups continue, so they are not of one moment.
    ///
    /// # Complexity
    ///
    /// The number of rules times the number of shards.
    pub fn rule_counts(&self) -> impl Iterator<Item = RuleCount<'_>> {
        self.rules.iter().enumerate().map(|(index, rule)| {
            let (decided, refused) = self.counts.totals(index);
            RuleCount {
                rule: &rule.id,
                decided,
                refused,
            }
        })
    }

    /// Returns where the table came from; `None` if [`Self::set_provenance`] was not called.
    #[must_use]
    pub fn provenance(&self) -> Option<Arc<Provenance>> {
        let provenance = self.provenance.lock();
        provenance.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records where the table came from.
    ///
    /// This can change while the table is live: the same bytes may come from a source of a higher
    /// level later.
    pub fn set_provenance(&self, provenance: Provenance) {
        let mut current = self
            .provenance
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *current = Some(Arc::new(provenance));
    }

    /// Returns the number of rules.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        self.rules.len()
    }

    /// Returns the text that is looked up for `code_value`; `None` if trimming leaves nothing.
    fn looked_up<'a>(&self, code_value: CodeValue<'a>) -> Option<&'a str> {
        if !self.trim {
            return Some(code_value.as_str());
        }
        Some(code_value.trimmed()).filter(|trimmed| !trimmed.is_empty())
    }

    /// Returns the compiled matches, for a search that ignores canaries.
    pub(crate) const fn matcher(&self) -> &Matcher {
        &self.matcher
    }

    /// Returns the number of bytes on the heap that matching reads or may read: the compiled rules
    /// without their actions and canaries.
    #[must_use]
    pub fn matcher_bytes(&self) -> usize {
        self.matcher.heap_bytes()
    }

    /// Returns the numbers of rules whose groups are found by a walk over the code value, by a
    /// one-pass automaton, and by backtracking, in this order, for reports of benches.
    #[doc(hidden)]
    #[must_use]
    pub fn group_searches(&self) -> [usize; 3] {
        let ways = [
            GroupSearch::Walk,
            GroupSearch::OnePass,
            GroupSearch::Backtracking,
        ];
        ways.map(|way| {
            let rules = self.rules.iter();
            rules
                .filter(|rule| rule.group_search() == Some(way))
                .count()
        })
    }

    /// Returns about how many bytes the table takes on the heap, in time linear in its rules.
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        let rules: usize = self.rules.iter().map(CompiledRule::heap_bytes).sum();
        let counts = self.counts.heap_bytes() + self.closed.len();
        let groups = size_of_val(&*self.groups);
        self.matcher.heap_bytes()
            + rules
            + self.rules.capacity() * size_of::<CompiledRule>()
            + counts
            + groups
    }
}
