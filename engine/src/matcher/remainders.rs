//! From the endings that read all that is left to what follows them.

use std::collections::BTreeMap;

use regex_syntax::hir::{Hir, HirKind};

use super::automaton::Automaton;
use super::emv::EmvIndex;
use super::inner::{self, Holding, InnerLiterals};
use super::simulation::AssertionMatcher;
use super::tree::{Costly, Follower, Remainder};
use crate::rule::{EmvMatch, RouteRule};
use crate::{CompileLimits, ConfigError, Problem};

/// How many states remainders may have that are followed together.
const STATES_TOGETHER: usize = 512;
/// Up to so many remainders are followed one by one, so that each is left out if it is not wanted.
const FEW_REMAINDERS: usize = 4;
/// How many pairs of states may follow each other, for each state that a rule may have.
const EDGES_PER_STATE: usize = 64;
/// What a step of a simulation costs for each state, where a word of an automaton's costs 1.
const SIMULATED_STATE: usize = 10;
/// For each unit of a step's cost, a rule may have so many states,
const STATES_PER_STEP: usize = 10;
/// and all rules together so many.
const ALL_STATES_PER_STEP: usize = 25;
/// How many of the most costly rules are named.
const COSTLY_RULES_NAMED: usize = 5;

/// Compiles the remainders of some rules, and counts what they cost.
pub(super) struct Remainders<'a> {
    rules: &'a [RouteRule],
    limits: &'a CompileLimits,
    /// What one character can cost, by rule.
    costs: BTreeMap<u32, usize>,
}

impl<'a> Remainders<'a> {
    pub(super) fn new(rules: &'a [RouteRule], limits: &'a CompileLimits) -> Self {
        Self {
            rules,
            limits,
            costs: BTreeMap::new(),
        }
    }

    /// Whether all together are within their bound.
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
        let named = costs.iter().take(COSTLY_RULES_NAMED);
        let most: Vec<String> = named
            .map(|&(cost, rule)| format!("{} ({cost})", self.rules[rule as usize].id))
            .collect();
        let message = format!(
            "what the patterns leave to automata can cost {total} steps for a character, at most \
             {max} are allowed; the most are those of {}",
            most.join(", ")
        );
        let hint = "begin patterns with literals, and leave out .* and \\b where they can be";
        Err(Problem::new("/rules", message).with_hint(hint).into())
    }

    /// The costly endings of one node: those of its `emv` rules, and its remainders.
    pub(super) fn costly(
        &mut self,
        emv: Vec<(u32, EmvMatch)>,
        mut remainders: Vec<(u32, Hir)>,
    ) -> Result<Option<Costly>, ConfigError> {
        if emv.is_empty() && remainders.is_empty() {
            return Ok(None);
        }
        let emv = (!emv.is_empty()).then(|| EmvIndex::new(emv));
        remainders.sort_by_key(|&(rule, _)| rule);
        let texts: Vec<_> = remainders
            .iter()
            .map(|(_, hir)| inner::required(hir))
            .collect();
        let inner = InnerLiterals::new(&texts);
        // What is known of a remainder's inner text is known by its place.
        let remainders = if inner.is_none() && remainders.len() > FEW_REMAINDERS {
            self.together(&remainders)?
        } else {
            self.one_by_one(remainders.iter().map(|(rule, hir)| (*rule, hir)))?
        };
        Ok(Some(Costly {
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
            .map(|(rule, hir)| self.one(rule, hir))
            .collect()
    }

    /// As few automata as the bound on their states allows, in the order of their first rules.
    fn together(&mut self, remainders: &[(u32, Hir)]) -> Result<Vec<Remainder>, ConfigError> {
        let mut all = Vec::new();
        let mut group: Vec<(u32, &Hir)> = Vec::new();
        let mut group_states = 0;
        for (rule, hir) in remainders {
            if !hir.properties().look_set().is_empty() {
                all.push(self.one(*rule, hir)?);
                continue;
            }
            let states = states(hir);
            if group_states + states > STATES_TOGETHER {
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

    /// One automaton of all, or one of each where one of all would be too much.
    fn group(&mut self, group: Vec<(u32, &Hir)>) -> Result<Vec<Remainder>, ConfigError> {
        match self.automaton(&group) {
            Some((together, cost)) if group.len() > 1 => {
                let share = cost.div_ceil(group.len());
                group.iter().for_each(|&(rule, _)| self.count(rule, share));
                Ok(vec![together])
            }
            _ => self.one_by_one(group),
        }
    }

    fn one(&mut self, rule: u32, hir: &Hir) -> Result<Remainder, ConfigError> {
        let max_cost = self.limits.max_rule_states / STATES_PER_STEP;
        if !hir.properties().look_set().is_empty() {
            let cost = states(hir).saturating_mul(SIMULATED_STATE);
            if cost > max_cost {
                let message = format!(
                    "a pattern with \\b, or with an anchor inside, may take {} states from there on, \
                     this one takes {}",
                    max_cost / SIMULATED_STATE,
                    states(hir)
                );
                let hint = "leave the \\b or the anchor out, or shorten the repetitions";
                return Err(self.problem(rule, message, hint).into());
            }
            self.count(rule, cost);
            let follower = Follower::Asserting(AssertionMatcher::new(hir));
            return Ok(Remainder {
                first_rule: rule,
                follower,
            });
        }
        if let Some(holding) = Holding::of(hir) {
            self.count(rule, 1);
            let follower = Follower::Holding(holding);
            return Ok(Remainder {
                first_rule: rule,
                follower,
            });
        }
        match self.automaton(&[(rule, hir)]) {
            Some((remainder, cost)) if cost <= max_cost => {
                self.count(rule, cost);
                Ok(remainder)
            }
            _ => {
                let message = "the parts of the pattern can follow each other in too many ways";
                let hint = "make fewer parts optional or repeated next to each other";
                Err(self.problem(rule, message.to_owned(), hint).into())
            }
        }
    }

    /// Adds to what `rule` costs: it may have several branches.
    fn count(&mut self, rule: u32, cost: usize) {
        *self.costs.entry(rule).or_default() += cost;
    }

    fn problem(&self, rule: u32, message: String, hint: &str) -> Problem {
        let RouteRule { id, position, .. } = &self.rules[rule as usize];
        Problem::new(format!("/rules/{rule}/match/regex"), message)
            .with_hint(hint)
            .in_rule(Some(id.as_str()))
            .at(Some(*position))
    }

    /// One automaton of all, and what a step of it can cost.
    fn automaton(&self, remainders: &[(u32, &Hir)]) -> Option<(Remainder, usize)> {
        let (first_rule, _) = *remainders.first()?;
        let max_edges = self.limits.max_rule_states.saturating_mul(EDGES_PER_STATE);
        let automaton = Automaton::new(remainders, max_edges).ok()?;
        let cost = automaton.step_cost();
        Some((
            Remainder {
                first_rule,
                follower: Follower::Automaton(automaton),
            },
            cost,
        ))
    }
}

/// About how many states a remainder has.
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
