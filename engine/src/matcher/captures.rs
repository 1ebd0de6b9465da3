//! Finds the groups of a pattern in a code value that it matches.

use std::sync::LazyLock;

use regex_automata::dfa::onepass;
use regex_automata::nfa::thompson::pikevm::{self, PikeVM};
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Capture, Hir, HirKind, Look};

use super::remainders::max_simulated_states;
use crate::CompileLimits;
use crate::pattern::Pattern;

/// Above this the one-pass automaton, which is faster, gives way to the simulation.
const ONE_PASS_BYTES: usize = 1 << 20;

/// The groups of one pattern that a template inserts.
///
/// A library finds them, by leftmost-first search, which is what users of regular expressions know.
/// Linear in the code value.
#[derive(Debug)]
pub(crate) struct GroupFinder {
    engine: Engine,
    /// The pattern's numbers of the groups that the engine numbers from 1.
    groups: Vec<u32>,
}

#[derive(Debug)]
enum Engine {
    OnePass(Box<onepass::DFA>),
    Simulation(PikeVM),
}

/// One thread's memory for finding groups, and for patterns with look-around assertions.
#[derive(Debug, Default)]
pub(crate) struct CaptureScratch {
    one_pass: Option<onepass::Cache>,
    simulation: Option<pikevm::Cache>,
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
    /// For the groups `wanted` of `pattern`; `None` if there are none.
    ///
    /// # Errors
    ///
    /// The most states allowed, if the pattern has more and the fast automaton cannot do it.
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
        let nfa = whole_nfa(&keep_groups(pattern.hir(), &groups), WhichCaptures::All);
        let one_pass = onepass::Builder::new()
            .configure(onepass::Config::new().size_limit(Some(ONE_PASS_BYTES)))
            .build_from_nfa(nfa.clone());
        let engine = match one_pass {
            Ok(dfa) => Engine::OnePass(Box::new(dfa)),
            Err(_) if pattern.cost() > max_simulated_states(limits) => {
                return Err(max_simulated_states(limits));
            }
            Err(_) => Engine::Simulation(simulation(nfa)),
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
                vm.search_slots(ready(simulation, vm), &input, slots);
            }
        }
        Groups {
            code,
            finder: self,
            slots,
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        match &self.engine {
            Engine::OnePass(dfa) => dfa.memory_usage(),
            Engine::Simulation(vm) => vm.get_nfa().memory_usage(),
        }
    }
}

impl<'a> Groups<'a> {
    /// The text of the group that the pattern numbers `index`; empty if it took no part.
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

/// Whether an expression with look-around assertions matches a code value from some byte to its
/// end: `\b`, or anchors that are not at the ends.
#[derive(Debug)]
pub(crate) struct AssertingRemainder {
    vm: PikeVM,
}

impl AssertingRemainder {
    pub(crate) fn new(hir: &Hir) -> Self {
        let end = Hir::concat(vec![hir.clone(), Hir::look(Look::End)]);
        Self {
            vm: simulation(nfa(&end, WhichCaptures::None)),
        }
    }

    pub(crate) fn accepts(&self, code: &str, from: usize, scratch: &mut CaptureScratch) -> bool {
        let input = Input::new(code)
            .range(from..)
            .anchored(Anchored::Yes)
            .earliest(true);
        let cache = ready(&mut scratch.simulation, &self.vm);
        self.vm.search_slots(cache, &input, &mut []).is_some()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.vm.get_nfa().memory_usage()
    }
}

/// A pattern without any slot.
static WITHOUT_SLOTS: LazyLock<PikeVM> =
    LazyLock::new(|| PikeVM::never_match().expect("one state is within every limit"));

/// The one cache of a thread, made fit for `vm`.
///
/// To reset a cache only resizes its table of slots: what another pattern left there would pass for
/// groups of this one. So the table is emptied first, by a reset for a pattern without any slot.
fn ready<'a>(cache: &'a mut Option<pikevm::Cache>, vm: &PikeVM) -> &'a mut pikevm::Cache {
    let cache = cache.get_or_insert_with(|| vm.create_cache());
    cache.reset(&WITHOUT_SLOTS);
    cache.reset(vm);
    cache
}

fn simulation(nfa: NFA) -> PikeVM {
    // Made now, so that no lookup has to.
    LazyLock::force(&WITHOUT_SLOTS);
    PikeVM::new_from_nfa(nfa).expect("the simulation takes every automaton without a size limit")
}

fn whole_nfa(hir: &Hir, captures: WhichCaptures) -> NFA {
    nfa(
        &Hir::concat(vec![
            Hir::look(Look::Start),
            hir.clone(),
            Hir::look(Look::End),
        ]),
        captures,
    )
}

fn nfa(hir: &Hir, captures: WhichCaptures) -> NFA {
    thompson::Compiler::new()
        .configure(thompson::Config::new().which_captures(captures))
        .build_from_hir(hir)
        .expect("no limit is set that a checked pattern could pass")
}

/// `hir` with the groups `kept`, numbered from 1 in that order, and no other.
fn keep_groups(hir: &Hir, kept: &[u32]) -> Hir {
    match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => hir.clone(),
        HirKind::Repetition(repetition) => {
            Hir::repetition(repetition.with(keep_groups(&repetition.sub, kept)))
        }
        HirKind::Capture(capture) => {
            let sub = keep_groups(&capture.sub, kept);
            match kept.binary_search(&capture.index) {
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
        HirKind::Concat(subs) => Hir::concat(subs.iter().map(|s| keep_groups(s, kept)).collect()),
        HirKind::Alternation(subs) => {
            Hir::alternation(subs.iter().map(|s| keep_groups(s, kept)).collect())
        }
    }
}
