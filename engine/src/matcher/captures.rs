//! Finds the groups of a pattern in a code value that it matches.

use regex_automata::dfa::onepass;
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Capture, Hir, HirKind, Look};

use super::simulation::{Simulation, SimulationScratch, build_nfa};
use crate::CompileLimits;
use crate::pattern::Pattern;

/// The most bytes of a one-pass automaton. A pattern that takes more is simulated: slower, but in
/// memory that its cost already bounds.
const MAX_ONE_PASS_BYTES: usize = 1 << 20;

/// The divisor of [`CompileLimits::max_rule_states`] for a pattern that has to be simulated: a
/// character can cost the simulation some ten operations for each state.
const SIMULATED_STATE: usize = 10;

/// Finds the groups of one pattern that a template inserts.
///
/// A library does the search, leftmost-first, which is what users of regular expressions know.
/// Linear in the code value.
#[derive(Debug)]
pub(crate) struct GroupFinder {
    engine: Engine,
    /// The pattern's numbers of the groups to find, ascending. The engine numbers them from 1 in
    /// this order.
    groups: Vec<u32>,
}

#[derive(Debug)]
enum Engine {
    OnePass(Box<onepass::DFA>),
    Simulation(Simulation),
}

/// One thread's memory for finding groups, and for patterns with look-around assertions.
#[derive(Debug, Default)]
pub(crate) struct CaptureScratch {
    one_pass: Option<onepass::Cache>,
    /// Also used by patterns with look-around assertions.
    pub(super) simulation: SimulationScratch,
    /// Two for each group, its begin and its end; those of the whole match come first.
    slots: Vec<Option<NonMaxUsize>>,
}

/// The groups that were found in a code value.
#[derive(Debug)]
pub(crate) struct Groups<'a> {
    code: &'a str,
    finder: &'a GroupFinder,
    slots: &'a [Option<NonMaxUsize>],
}

impl GroupFinder {
    /// Builds a finder of the groups `wanted` of `pattern`; returns `None` if no group is wanted.
    ///
    /// # Errors
    ///
    /// The most states allowed, if the pattern has to be simulated and has more.
    pub(crate) fn new(
        pattern: &Pattern,
        wanted: impl Iterator<Item = u32>,
        limits: &CompileLimits,
    ) -> Result<Option<Self>, usize> {
        let mut groups: Vec<u32> = wanted.collect();
        groups.sort_unstable();
        groups.dedup();
        if groups.is_empty() {
            return Ok(None);
        }
        let whole = Hir::concat(vec![
            Hir::look(Look::Start),
            retain_groups(pattern.hir(), &groups),
            Hir::look(Look::End),
        ]);
        let nfa = build_nfa(&whole, WhichCaptures::All);
        let one_pass = onepass::Builder::new()
            .configure(onepass::Config::new().size_limit(Some(MAX_ONE_PASS_BYTES)))
            .build_from_nfa(nfa.clone());
        let max_simulated_states = limits.max_rule_states / SIMULATED_STATE;
        let engine = match one_pass {
            Ok(dfa) => Engine::OnePass(Box::new(dfa)),
            Err(_) if pattern.cost() > max_simulated_states => return Err(max_simulated_states),
            Err(_) => Engine::Simulation(Simulation::new(nfa)),
        };
        Ok(Some(Self { engine, groups }))
    }

    /// Finds the groups in `code`, which the pattern matches.
    pub(crate) fn find<'a>(&'a self, code: &'a str, scratch: &'a mut CaptureScratch) -> Groups<'a> {
        let CaptureScratch {
            one_pass,
            simulation,
            slots,
        } = scratch;
        slots.clear();
        slots.resize(2 * (self.groups.len() + 1), None);
        let input = Input::new(code).anchored(Anchored::Yes);
        match &self.engine {
            Engine::OnePass(dfa) => {
                let cache = one_pass.get_or_insert_with(|| dfa.create_cache());
                cache.reset(dfa);
                // An error means that the mode of anchoring is not supported; this one is.
                let _matched = dfa.try_search_slots(cache, &input, slots);
            }
            Engine::Simulation(vm) => {
                vm.search(&input, slots, simulation);
            }
        }
        Groups {
            code,
            finder: self,
            slots,
        }
    }

    /// Returns the number of bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        match &self.engine {
            Engine::OnePass(dfa) => dfa.memory_usage(),
            Engine::Simulation(simulation) => simulation.heap_bytes(),
        }
    }
}

impl<'a> Groups<'a> {
    /// Returns the text of the group that the pattern numbers `index`; empty if the group took no
    /// part in the match.
    pub(crate) fn text(&self, index: u32) -> &'a str {
        let Ok(place) = self.finder.groups.binary_search(&index) else {
            return "";
        };
        let slot = |slot: usize| {
            self.slots
                .get(slot)
                .copied()
                .flatten()
                .map(NonMaxUsize::get)
        };
        match (slot(2 * place + 2), slot(2 * place + 3)) {
            (Some(start), Some(end)) => self.code.get(start..end).unwrap_or(""),
            _ => "",
        }
    }
}

/// Returns `hir` with the groups `retained` only, numbered from 1 in that order. Fewer groups make
/// the automata smaller, and more patterns one-pass.
fn retain_groups(hir: &Hir, retained: &[u32]) -> Hir {
    match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => hir.clone(),
        HirKind::Repetition(repetition) => {
            Hir::repetition(repetition.with(retain_groups(&repetition.sub, retained)))
        }
        HirKind::Capture(capture) => {
            let sub = retain_groups(&capture.sub, retained);
            match retained.binary_search(&capture.index) {
                Err(_) => sub,
                Ok(place) => {
                    let index = u32::try_from(place + 1).expect("there are few groups");
                    Hir::capture(Capture {
                        index,
                        name: None,
                        sub: Box::new(sub),
                    })
                }
            }
        }
        HirKind::Concat(subs) => {
            Hir::concat(subs.iter().map(|s| retain_groups(s, retained)).collect())
        }
        HirKind::Alternation(subs) => {
            Hir::alternation(subs.iter().map(|s| retain_groups(s, retained)).collect())
        }
    }
}
