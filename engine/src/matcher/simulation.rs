//! Simulation of expressions by the library's Pike VM, for what nothing faster can do: groups that a
//! one-pass automaton cannot find, and look-around assertions inside an expression.

use std::sync::LazyLock;

use regex_automata::nfa::thompson::pikevm::{Cache, PikeVM};
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Hir, Look};

/// A simulation of one expression. Each search is linear in the text, with a factor of the
/// expression's states.
#[derive(Debug)]
pub(super) struct Simulation {
    vm: PikeVM,
}

/// One thread's memory for simulations, good for any expression.
#[derive(Debug, Default)]
pub(super) struct SimulationScratch {
    cache: Option<Cache>,
}

impl Simulation {
    /// Creates the simulation of `nfa`, which has no size limit.
    pub(super) fn new(nfa: NFA) -> Self {
        // Built now, so that no lookup has to build it.
        LazyLock::force(&WITHOUT_SLOTS);
        let vm = PikeVM::new_from_nfa(nfa)
            .expect("the simulation takes every automaton without a size limit");
        Self { vm }
    }

    /// Returns `true` if the expression matches at the beginning of `input`, with the ends of the
    /// groups in `slots`.
    pub(super) fn search(
        &self,
        input: &Input<'_>,
        slots: &mut [Option<NonMaxUsize>],
        scratch: &mut SimulationScratch,
    ) -> bool {
        let cache = scratch.prepare(&self.vm);
        self.vm.search_slots(cache, input, slots).is_some()
    }

    /// Returns the number of bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.vm.get_nfa().memory_usage()
    }
}

impl SimulationScratch {
    /// Returns the cache, prepared for a search by `vm`.
    ///
    /// Resetting a cache only resizes its table of slots: values that another pattern left there
    /// would pass for groups of this one. So the table is emptied first, by a reset for a pattern
    /// without any slot.
    fn prepare(&mut self, vm: &PikeVM) -> &mut Cache {
        let cache = self.cache.get_or_insert_with(|| vm.create_cache());
        cache.reset(&WITHOUT_SLOTS);
        cache.reset(vm);
        cache
    }
}

/// A pattern without any slot.
static WITHOUT_SLOTS: LazyLock<PikeVM> =
    LazyLock::new(|| PikeVM::never_match().expect("one state is within every limit"));

/// Matches an expression with look-around assertions (`\b`, or anchors that are not at the ends)
/// from some byte of a code value to its end.
#[derive(Debug)]
pub(super) struct AssertionMatcher {
    simulation: Simulation,
}

impl AssertionMatcher {
    /// Creates the matcher of `hir`, which is not anchored: the matcher adds that.
    pub(super) fn new(hir: &Hir) -> Self {
        let to_end = Hir::concat(vec![hir.clone(), Hir::look(Look::End)]);
        Self {
            simulation: Simulation::new(build_nfa(&to_end, WhichCaptures::None)),
        }
    }

    /// Returns `true` if the expression matches `code` from the byte `from` to its end. Assertions
    /// see the bytes before `from`.
    pub(super) fn accepts(&self, code: &str, from: usize, scratch: &mut SimulationScratch) -> bool {
        let input = Input::new(code)
            .range(from..)
            .anchored(Anchored::Yes)
            .earliest(true);
        self.simulation.search(&input, &mut [], scratch)
    }

    /// Returns the number of bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.simulation.heap_bytes()
    }
}

/// Builds the library's automaton for `hir`, whose cost was checked when it was parsed.
pub(super) fn build_nfa(hir: &Hir, captures: WhichCaptures) -> NFA {
    thompson::Compiler::new()
        .configure(thompson::Config::new().which_captures(captures))
        .build_from_hir(hir)
        .expect("no limit is set that a checked pattern could exceed")
}
