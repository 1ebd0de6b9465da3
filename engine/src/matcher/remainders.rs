//! Compiles the endings that read the rest of a code value, and bounds what they cost together.

use std::collections::BTreeMap;

use regex_syntax::hir::{Hir, HirKind};

use super::automaton::Automaton;
use super::contains::Contains;
use super::deferred::{Deferred, Remainder, SuffixMatcher};
use super::emv::EmvIndex;
use super::inner::{InnerLiterals, required_text};
use super::simulation::AssertionMatcher;
use crate::rule::{EmvMatch, RouteRule};
use crate::{CompileLimits, ConfigError, Problem, ProblemCode};

/// The most states of an automaton of several remainders: eight words. Every step reads all of
/// them, also those of rules that are not wanted.
const MAX_SHARED_STATES: usize = 512;
/// The number of remainders up to which each has an automaton of its own, which is skipped if its
/// rule is not wanted.
const FEW_REMAINDERS: usize = 4;
/// The pairs of states that may follow each other in an automaton, for each state that a rule may
/// have.
const EDGES_PER_STATE: usize = 64;
/// The cost of a step of a simulation for each of its states, where an operation of an automaton on
/// a word costs 1.
const SIMULATED_STATE_COST: usize = 10;
/// The divisor of [`CompileLimits::max_rule_states`] that gives the most a step may cost for one
/// rule: 1,000 by default.
const STATES_PER_STEP: usize = 10;
/// The divisor of [`CompileLimits::max_states`] that gives the most a step may cost for all rules
/// together: 10,000 by default. This bounds the time of the slowest lookup.
const ALL_STATES_PER_STEP: usize = 25;
/// The number of rules that an error names, those that cost the most.
const MAX_NAMED_RULES: usize = 5;

/// Compiles the remainders of some rules, and sums up what they cost.
pub(super) struct Remainders<'a> {
    rules: &'a [RouteRule],
    limits: &'a CompileLimits,
    /// By rule, the most operations that one character of a code value can take.
    costs: BTreeMap<u32, usize>,
}

impl<'a> Remainders<'a> {
    /// Creates an empty sum for `rules`, by whose index remainders are numbered, within `limits`.
    pub(super) fn new(rules: &'a [RouteRule], limits: &'a CompileLimits) -> Self {
        Self {
            rules,
            limits,
            costs: BTreeMap::new(),
        }
    }

    /// Checks that all remainders together are within their bound.
    pub(super) fn check(self) -> Result<(), ConfigError> {
        let max = self.limits.max_states / ALL_STATES_PER_STEP;
        let total: usize = self.costs.values().sum();
        if total <= max {
            return Ok(());
        }
        let mut costs: Vec<(usize, u32)> = self
            .costs
            .iter()
            .map(|(&rule, &cost)| (cost, rule))
            .collect();
        costs.sort_by(|a, b| b.cmp(a));
        let named = costs.iter().take(MAX_NAMED_RULES);
        let most: Vec<String> = named
            .map(|&(cost, rule)| format!("{} ({cost})", self.rules[rule as usize].id))
            .collect();
        let message = format!(
            "automata for the patterns can take {total} steps for a character but at most {max} are \
             allowed; the most costly rules are {}",
            most.join(", ")
        );
        let hint = "begin patterns with literals, and avoid .* and \\b if possible";
        Err(
            Problem::new(ProblemCode::PatternsTooSlow, "/rules", message)
                .with_hint(hint)
                .into(),
        )
    }

    /// Compiles the deferred endings of one node: those of its `emv` rules, and its remainders.
    /// Returns `None` if there are none.
    pub(super) fn compile(
        &mut self,
        emv: Vec<(u32, EmvMatch)>,
        mut remainders: Vec<(u32, Hir)>,
    ) -> Result<Option<Deferred>, ConfigError> {
        if emv.is_empty() && remainders.is_empty() {
            return Ok(None);
        }
        let emv = (!emv.is_empty()).then(|| EmvIndex::new(emv));
        remainders.sort_by_key(|&(rule, _)| rule);
        let texts: Vec<_> = remainders
            .iter()
            .map(|(_, hir)| required_text(hir))
            .collect();
        let inner = InnerLiterals::new(&texts);
        // A search for inner literals numbers the remainders, so then they are not merged.
        let remainders = if inner.is_none() && remainders.len() > FEW_REMAINDERS {
            self.merged(&remainders)?
        } else {
            self.one_by_one(remainders.iter().map(|(rule, hir)| (*rule, hir)))?
        };
        Ok(Some(Deferred {
            emv,
            remainders,
            inner,
        }))
    }

    fn one_by_one<'h>(
        &mut self,
        remainders: impl IntoIterator<Item = (u32, &'h Hir)>,
    ) -> Result<Vec<Remainder>, ConfigError> {
        remainders
            .into_iter()
            .map(|(rule, hir)| self.single(rule, hir))
            .collect()
    }

    /// Merges the remainders into as few automata as the bound on their states allows, in the order
    /// of their first rules.
    fn merged(&mut self, remainders: &[(u32, Hir)]) -> Result<Vec<Remainder>, ConfigError> {
        let mut all = Vec::new();
        let mut group: Vec<(u32, &Hir)> = Vec::new();
        let mut group_states = 0;
        for (rule, hir) in remainders {
            if !hir.properties().look_set().is_empty() {
                all.push(self.single(*rule, hir)?);
                continue;
            }
            let states = states(hir);
            if group_states + states > MAX_SHARED_STATES {
                all.extend(self.group(std::mem::take(&mut group))?);
                group_states = 0;
            }
            group.push((*rule, hir));
            group_states += states;
        }
        all.extend(self.group(group)?);
        all.sort_by_key(|remainder| remainder.first_rule);
        Ok(all)
    }

    /// Compiles one automaton for the whole group, or one for each member if that is too large.
    fn group(&mut self, group: Vec<(u32, &Hir)>) -> Result<Vec<Remainder>, ConfigError> {
        match self.automaton(&group) {
            Some((remainder, cost)) if group.len() > 1 => {
                let share = cost.div_ceil(group.len());
                group
                    .iter()
                    .for_each(|&(rule, _)| self.add_cost(rule, share));
                Ok(vec![remainder])
            }
            _ => self.one_by_one(group),
        }
    }

    fn single(&mut self, rule: u32, hir: &Hir) -> Result<Remainder, ConfigError> {
        let max_cost = self.limits.max_rule_states / STATES_PER_STEP;
        if !hir.properties().look_set().is_empty() {
            let cost = states(hir).saturating_mul(SIMULATED_STATE_COST);
            if cost > max_cost {
                let message = format!(
                    "a pattern with \\b or an inner anchor may take at most {} states from there on \
                     but takes {}",
                    max_cost / SIMULATED_STATE_COST,
                    states(hir)
                );
                let hint = "remove the \\b or the anchor, or shorten the repetitions";
                return Err(self.problem(rule, message, hint).into());
            }
            self.add_cost(rule, cost);
            return Ok(Remainder {
                first_rule: rule,
                matcher: SuffixMatcher::Assertions(AssertionMatcher::new(hir)),
            });
        }
        if let Some(contains) = Contains::from_hir(hir) {
            self.add_cost(rule, 1);
            return Ok(Remainder {
                first_rule: rule,
                matcher: SuffixMatcher::Contains(contains),
            });
        }
        match self.automaton(&[(rule, hir)]) {
            Some((remainder, cost)) if cost <= max_cost => {
                self.add_cost(rule, cost);
                Ok(remainder)
            }
            _ => {
                let message = "the parts of the pattern can follow each other in too many ways";
                let hint = "make fewer adjacent parts optional or repeated";
                Err(self.problem(rule, message.to_owned(), hint).into())
            }
        }
    }

    /// Adds to the cost of `rule`, which may have several branches.
    fn add_cost(&mut self, rule: u32, cost: usize) {
        *self.costs.entry(rule).or_default() += cost;
    }

    fn problem(&self, rule: u32, message: String, hint: &str) -> Problem {
        let RouteRule { id, position, .. } = &self.rules[rule as usize];
        Problem::new(
            ProblemCode::PatternTooSlow,
            format!("/rules/{rule}/match/regex"),
            message,
        )
        .with_hint(hint)
        .in_rule(Some(id.as_str()))
        .at(Some(*position))
    }

    /// Compiles one automaton for all `remainders`, and returns the cost of a step, too. Returns
    /// `None` if there is no remainder or the automaton is too large.
    fn automaton(&self, remainders: &[(u32, &Hir)]) -> Option<(Remainder, usize)> {
        let (first_rule, _) = *remainders.first()?;
        let max_edges = self.limits.max_rule_states.saturating_mul(EDGES_PER_STATE);
        let automaton = Automaton::new(remainders, max_edges).ok()?;
        let cost = automaton.step_cost();
        Some((
            Remainder {
                first_rule,
                matcher: SuffixMatcher::Automaton(automaton),
            },
            cost,
        ))
    }
}

/// Returns about the number of states of a remainder.
fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(_) => 1,
        HirKind::Capture(capture) => states(&capture.sub),
        HirKind::Repetition(repetition) => {
            let copies = repetition.max.unwrap_or_else(|| repetition.min.max(1));
            states(&repetition.sub).saturating_mul(copies as usize)
        }
        HirKind::Concat(subs) | HirKind::Alternation(subs) => subs.iter().map(states).sum(),
    }
}
