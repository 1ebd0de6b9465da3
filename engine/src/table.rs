//! One immutable snapshot of the rules: everything an answer depends on.

use std::sync::{Arc, Mutex, PoisonError};

use crate::canary::Canary;
use crate::counts::{COUNTED, RefusedRules, RuleCounts};
use crate::guard::guarded;
use crate::matcher::{self, CaptureScratch, GroupFinder, Matcher};
use crate::rule::{Action, RouteConfig, RouteRule, RuleMatch, Template};
use crate::{
    Admission, CodeValue, CompileLimits, ConfigError, Explanation, Generation, OpenId, Outcome,
    Problem, ProblemCode, Provenance, RuleCount, RuleId, Scratch, Verdict,
};

/// A compiled route config. Immutable but for its provenance and counts, and shared between threads as it is.
///
/// Source: SPEC.md, sections 1 and 2.
#[derive(Debug)]
pub struct RouteTable {
    version: Box<str>,
    generation: Generation,
    rules: Vec<TableRule>,
    /// Of each rule, whether it admits nobody: asked far more often than any other canary where
    /// rollouts wait for their day, so these lie close together.
    closed: Box<[bool]>,
    matcher: Matcher,
    /// No answer depends on them.
    counts: RuleCounts,
    /// Not for lookups: no answer depends on it.
    provenance: Mutex<Option<Arc<Provenance>>>,
}

/// What is left of a rule when its match is compiled.
#[derive(Debug)]
struct TableRule {
    id: RuleId,
    canary: Option<Box<Canary>>,
    action: Action,
    /// Finds the groups that the action's template inserts, if it inserts any.
    groups: Option<Box<GroupFinder>>,
}

impl RouteTable {
    /// Parses, checks and compiles the text of a route config.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with every problem that was found. A panic, which would be a defect, is such
    /// a problem too.
    ///
    /// # Complexity
    ///
    /// Time and memory are bounded by `limits`. Not for a thread that serves.
    pub fn from_json(json: &[u8], limits: &CompileLimits) -> Result<Self, ConfigError> {
        Self::compile(&RouteConfig::from_json(json, limits)?, limits)
    }

    /// Compiles a config that was parsed before.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if it takes more than `limits` allow.
    pub fn compile(config: &RouteConfig, limits: &CompileLimits) -> Result<Self, ConfigError> {
        guarded(|| {
            let matcher = Matcher::build(config.rules(), limits)?;
            let rules = TableRule::of_all(config.rules(), limits)?;
            let (version, generation) = (config.version().into(), Generation::default());
            Ok(Self {
                version,
                generation,
                closed: rules.iter().map(TableRule::is_closed).collect(),
                rules,
                matcher,
                counts: RuleCounts::default(),
                provenance: Mutex::default(),
            })
        })
    }

    /// What is to be done with `code` for the user `open_id`: what the first rule says that accepts
    /// the code value and whose canary admits the openId.
    ///
    /// Cannot fail, takes no lock, and allocates nothing once `scratch` has grown.
    ///
    /// # Complexity
    ///
    /// Linear in the code value.
    #[must_use]
    pub fn identify<'a>(
        &'a self,
        code: CodeValue<'a>,
        open_id: OpenId<'_>,
        scratch: &'a mut Scratch,
    ) -> Verdict<'a> {
        let shard = scratch
            .shard()
            .filter(|&shard| COUNTED && self.counts.has(shard));
        let Scratch {
            search,
            captures,
            hash_key,
            rendered,
            refused,
            ..
        } = scratch;
        if !refused.is_empty() {
            refused.clear();
        }
        let mut winner = Winner {
            table: self,
            open_id,
            hash_key,
            refused: shard.map(|_| &mut *refused),
            best: u32::MAX,
        };
        self.matcher
            .search(code.as_str(), search, captures, &mut winner);
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
            outcome: rule.outcome(code.as_str(), captures, rendered),
        }
    }

    /// Every rule that accepts `code`, in order, and whether its canary admits `open_id`.
    ///
    /// For people: it allocates, and looks at all rules.
    #[must_use]
    pub fn explain(
        &self,
        code: CodeValue<'_>,
        open_id: OpenId<'_>,
        scratch: &mut Scratch,
    ) -> Vec<Explanation<'_>> {
        let mut all = AllMatches::default();
        self.matcher.search(
            code.as_str(),
            &mut scratch.search,
            &mut scratch.captures,
            &mut all,
        );
        all.rules.sort_unstable();
        all.rules.dedup();
        let mut decided = false;
        all.rules
            .into_iter()
            .map(|index| {
                let index = index as usize;
                let rule = &self.rules[index];
                let admission = rule.admission(open_id, &mut scratch.hash_key);
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

    /// The config's `version`: 1 to 64 characters, never interpreted.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Which published table this is; 0 if it never was.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    pub(crate) const fn set_generation(&mut self, generation: Generation) {
        self.generation = generation;
    }

    /// From now on lookups are counted, by that many threads.
    pub(crate) fn count_with(&mut self, shards: usize) {
        self.counts = RuleCounts::new(shards, self.rules.len());
    }

    /// What happened to each rule since the table was published, in their order. Zeros, if
    /// [`LiveTable::with_counts`](crate::LiveTable::with_counts) did not publish it, or without the
    /// feature `counts`.
    ///
    /// Not one moment of all: lookups go on meanwhile.
    pub fn rule_counts(&self) -> impl Iterator<Item = RuleCount<'_>> {
        self.rules.iter().enumerate().map(|(index, rule)| {
            let (decided, refused) = self.counts.of(index);
            RuleCount {
                rule: &rule.id,
                decided,
                refused,
            }
        })
    }

    /// Where the table came from; `None` if nobody said.
    #[must_use]
    pub fn provenance(&self) -> Option<Arc<Provenance>> {
        let provenance = self.provenance.lock();
        provenance.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says where the table came from. While it serves, too: the same bytes may come from a source
    /// of a higher level.
    pub fn set_provenance(&self, provenance: Provenance) {
        let mut current = self
            .provenance
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *current = Some(Arc::new(provenance));
    }

    /// How many rules there are.
    #[must_use]
    pub fn rule_count(&self) -> usize {
        self.rules.len()
    }

    pub(crate) const fn matcher(&self) -> &Matcher {
        &self.matcher
    }

    /// The bytes that matching reads or may read: the compiled rules without their actions and
    /// canaries.
    #[must_use]
    pub fn matcher_bytes(&self) -> usize {
        self.matcher.heap_bytes()
    }

    /// About how many bytes the table takes on the heap in all.
    #[must_use]
    pub fn memory_usage(&self) -> usize {
        let rules: usize = self.rules.iter().map(TableRule::heap_bytes).sum();
        let counts = self.counts.heap_bytes() + self.closed.len();
        self.matcher.heap_bytes() + rules + self.rules.capacity() * size_of::<TableRule>() + counts
    }
}

impl TableRule {
    fn of_all(rules: &[RouteRule], limits: &CompileLimits) -> Result<Vec<Self>, ConfigError> {
        let mut problems = Vec::new();
        let mut all = Vec::with_capacity(rules.len());
        for (index, rule) in rules.iter().enumerate() {
            let groups = match (&rule.rule_match, rule.action.template()) {
                (RuleMatch::Regex(pattern), Some(template)) => {
                    GroupFinder::new(pattern, template.groups(), limits)
                }
                _ => Ok(None),
            };
            let groups = groups.unwrap_or_else(|max_states| {
                let message =
                    format!("finding the groups of this pattern takes {max_states} states at most");
                let problem = Problem::new(
                    ProblemCode::GroupsTooCostly,
                    format!("/rules/{index}/action"),
                    message,
                )
                .with_hint("shorten the pattern's repetitions, or use {code} only");
                let problem = problem.in_rule(Some(rule.id.as_str()));
                problems.push(problem.at(Some(rule.position)));
                None
            });
            all.push(Self {
                id: rule.id.clone(),
                canary: rule.canary.clone().map(Box::new),
                action: rule.action.clone(),
                groups: groups.map(Box::new),
            });
        }
        if problems.is_empty() {
            Ok(all)
        } else {
            Err(ConfigError::new(problems))
        }
    }

    /// Whether the canary admits nobody.
    fn is_closed(&self) -> bool {
        let canary = self.canary.as_ref();
        canary.is_some_and(|canary| canary.admits_nobody())
    }

    fn admits(&self, open_id: OpenId<'_>, hash_key: &mut Vec<u8>) -> bool {
        self.canary
            .as_ref()
            .is_none_or(|canary| canary.admits(open_id, hash_key))
    }

    fn admission(&self, open_id: OpenId<'_>, hash_key: &mut Vec<u8>) -> Admission {
        match &self.canary {
            None => Admission::NoCanary,
            Some(canary) => canary.admission(open_id, hash_key),
        }
    }

    fn outcome<'a>(
        &'a self,
        code: &'a str,
        captures: &mut CaptureScratch,
        rendered: &'a mut String,
    ) -> Outcome<'a> {
        let mut render = |template: &Template, for_header| {
            let groups = self
                .groups
                .as_ref()
                .map(|groups| groups.find(code, captures));
            let group = |index| groups.as_ref().map_or("", |found| found.text(index));
            rendered.clear();
            template.render(code, group, for_header, rendered);
        };
        match &self.action {
            Action::Unsupported => Outcome::Unsupported,
            Action::Decode { code_value } if code_value.is_code() => {
                Outcome::Decode { code_value: code }
            }
            Action::Decode { code_value } => {
                render(code_value, false);
                Outcome::Decode {
                    code_value: rendered,
                }
            }
            Action::OpenUrl {
                redirect_url,
                user_agent,
            } => {
                render(redirect_url, true);
                Outcome::OpenUrl {
                    redirect_url: rendered,
                    user_agent,
                }
            }
        }
    }

    fn heap_bytes(&self) -> usize {
        self.id.as_str().len()
            + self
                .canary
                .as_ref()
                .map_or(0, |c| c.group.len() + c.allowlist.heap_bytes())
            + self.groups.as_ref().map_or(0, |groups| groups.heap_bytes())
    }
}

/// Keeps the first rule that accepts and admits.
struct Winner<'a> {
    table: &'a RouteTable,
    open_id: OpenId<'a>,
    hash_key: &'a mut Vec<u8>,
    /// Where those are kept that do not admit, if they are counted.
    refused: Option<&'a mut RefusedRules>,
    best: u32,
}

impl matcher::Visitor for Winner<'_> {
    fn wants(&self, rule: u32) -> bool {
        rule < self.best
    }

    fn accepted(&mut self, rule: u32) {
        if rule >= self.best {
            return;
        }
        let RouteTable { rules, closed, .. } = self.table;
        let at = rule as usize;
        if !closed[at] && rules[at].admits(self.open_id, self.hash_key) {
            self.best = rule;
        } else if let Some(refused) = &mut self.refused {
            refused.add(rule);
        }
    }
}

/// Keeps every rule that accepts.
#[derive(Default)]
struct AllMatches {
    rules: Vec<u32>,
}

impl matcher::Visitor for AllMatches {
    fn wants(&self, _rule: u32) -> bool {
        true
    }

    fn accepted(&mut self, rule: u32) {
        self.rules.push(rule);
    }
}
