//! From the endings that read all that is left to what follows them.

use regex_syntax::hir::{Hir, HirKind};

use super::automaton::Automaton;
use super::captures::AssertingRemainder;
use super::emv::EmvIndex;
use super::inner::{self, InnerLiterals};
use super::tree::{Costly, Follower, Remainder};
use crate::rule::{EmvMatch, RouteRule};
use crate::{ConfigError, Problem};

/// How many states remainders may have that are followed together.
const STATES_TOGETHER: usize = 512;
/// Up to so many remainders are followed one by one, so that each is left out if it is not wanted.
const FEW_REMAINDERS: usize = 4;
/// How many pairs of states may follow each other, for each state that a rule may have.
const EDGES_PER_STATE: usize = 64;
/// For each jump that a step may have to take, and each state of a simulation, which cost so much
/// more than a state that is a bit, a rule may have so many states.
pub(super) const STATES_PER_SLOW_STEP: usize = 10;

/// Compiles the remainders of `rules`.
pub(super) struct Remainders<'a> {
    pub(super) rules: &'a [RouteRule],
    pub(super) max_rule_states: usize,
}

impl Remainders<'_> {
    /// The costly endings of one node: those of its `emv` rules, and its remainders.
    pub(super) fn costly(
        &self,
        emv: Vec<(u32, EmvMatch)>,
        mut remainders: Vec<(u32, Hir)>,
    ) -> Result<Option<Box<Costly>>, ConfigError> {
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
        Ok(Some(Box::new(Costly {
            emv,
            remainders,
            inner,
        })))
    }

    fn one_by_one<'h>(
        &self,
        remainders: impl IntoIterator<Item = (u32, &'h Hir)>,
    ) -> Result<Vec<Remainder>, ConfigError> {
        remainders
            .into_iter()
            .map(|(rule, hir)| self.one(rule, hir))
            .collect()
    }

    /// As few automata as the bound on their states allows, in the order of their first rules.
    fn together(&self, remainders: &[(u32, Hir)]) -> Result<Vec<Remainder>, ConfigError> {
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
    fn group(&self, group: Vec<(u32, &Hir)>) -> Result<Vec<Remainder>, ConfigError> {
        match self.automaton(&group) {
            Some(together) if group.len() > 1 => Ok(vec![together]),
            _ => self.one_by_one(group),
        }
    }

    fn one(&self, rule: u32, hir: &Hir) -> Result<Remainder, ConfigError> {
        if !hir.properties().look_set().is_empty() {
            let max_states = self.max_rule_states / STATES_PER_SLOW_STEP;
            let states = states(hir);
            if states > max_states {
                let message = format!(
                    "a pattern with \\b, or with an anchor inside, may take {max_states} states \
                     from there on, this one takes {states}"
                );
                let hint = "leave the \\b or the anchor out, or shorten the repetitions";
                return Err(self.problem(rule, message, hint).into());
            }
            let follower = Follower::Asserting(AssertingRemainder::new(hir));
            return Ok(Remainder {
                first_rule: rule,
                follower,
            });
        }
        self.automaton(&[(rule, hir)]).ok_or_else(|| {
            let message = "the parts of the pattern can follow each other in too many ways";
            let hint = "make fewer parts optional or repeated next to each other";
            self.problem(rule, message.to_owned(), hint).into()
        })
    }

    fn problem(&self, rule: u32, message: String, hint: &str) -> Problem {
        Problem::new(format!("/rules/{rule}/match/regex"), message)
            .with_hint(hint)
            .in_rule(Some(self.rules[rule as usize].id.as_str()))
    }

    fn automaton(&self, remainders: &[(u32, &Hir)]) -> Option<Remainder> {
        let (first_rule, _) = *remainders.first()?;
        let max_edges = self.max_rule_states.saturating_mul(EDGES_PER_STATE);
        let max_jumps = self.max_rule_states / STATES_PER_SLOW_STEP;
        let automaton = Automaton::new(remainders, max_edges).ok()?;
        (automaton.jumps() <= max_jumps).then_some(Remainder {
            first_rule,
            follower: Follower::Automaton(automaton),
        })
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
