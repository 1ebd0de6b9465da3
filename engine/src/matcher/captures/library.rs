//! Finds groups with a library, where a pattern has several ways to match a code value.

use regex_automata::dfa::onepass;
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::nfa::thompson::backtrack::{self, BoundedBacktracker};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Capture, Hir, HirKind, Look};

use crate::CompileLimits;
use crate::matcher::cost;
use crate::matcher::simulation::{Simulation, SimulationScratch, build_nfa};
use crate::pattern::Pattern;

/// The most bytes of a one-pass automaton. A pattern that takes more is searched by backtracking.
///
/// PERF: two groups in 40 digits, simulated → by a one-pass automaton: 4.5 → 0.26 µs a lookup
/// (bench `groups`, 2-core x86-64, November 2026).
const MAX_ONE_PASS_BYTES: usize = 1 << 20;

/// The most bytes in which the backtracker notes what it has tried: a bit for each state at each
/// byte of the code value. If it takes more, the simulation does the search.
///
/// The backtracker's stack can take some 200 times as much, but only where nearly every state can be
/// reached at nearly every byte. Of a pattern with 100 states, it searches code values of up to 2,600
/// bytes.
const MAX_TRIED_BYTES: usize = 1 << 15;

/// The divisor of [`CompileLimits::max_rule_states`] for a pattern that has to be simulated.
///
/// A character costs the simulation about 10 ns for each state that is active: 1.0 ms for 602
/// digits and up to 200 states (bench `groups`, 2-core x86-64, November 2026). An operation of an
/// automaton, for which the limit is made, follows 64 states at once.
const SIMULATED_STATE: usize = 10;

/// The steps of each byte that a one-pass automaton reads.
const ONE_PASS_BYTE: u64 = 4;

/// The bytes that the backtracker clears in a step.
const CLEARED_BYTES: u64 = 32;

/// The error of a pattern whose groups only the simulation can find, and which has too many states
/// for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupsTooCostly {
    /// The number of states that the pattern has.
    pub(crate) states: usize,
    /// The number of states that it may have.
    pub(crate) max_states: usize,
}

/// Finds groups by a search, leftmost-first, which is what users of regular expressions know. A
/// search takes time linear in the code value.
#[derive(Debug)]
pub(super) enum Library {
    OnePass(Box<onepass::DFA>),
    /// The backtracker, and the simulation for code values that are too long for it.
    Backtracker(Box<Backtracker>),
}

/// The two searches of a pattern that is not one-pass.
#[derive(Debug)]
pub(super) struct Backtracker {
    backtracker: BoundedBacktracker,
    simulation: Simulation,
    /// The number of groups to find.
    groups: usize,
    /// The most steps of a search, for any code value.
    max_steps: u64,
}

/// One thread's memory for searches.
#[derive(Debug, Default)]
pub(super) struct LibraryScratch {
    one_pass: Option<onepass::Cache>,
    backtracker: Option<backtrack::Cache>,
}

impl Library {
    /// Creates the search for `groups`, ascending and at least one, in matches of `pattern`.
    ///
    /// # Errors
    ///
    /// [`GroupsTooCostly`] if the pattern may have to be simulated and has more states than a tenth
    /// of what `limits` allow a rule.
    pub(super) fn new(
        pattern: &Pattern,
        groups: &[u32],
        limits: &CompileLimits,
    ) -> Result<Self, GroupsTooCostly> {
        // The library's automaton takes memory for the ranges of each class.
        let (states, max_states) = (pattern.library_states(), limits.max_rule_states);
        if states > max_states {
            return Err(GroupsTooCostly { states, max_states });
        }
        let whole = Hir::concat(vec![
            Hir::look(Look::Start),
            retain_groups(pattern.hir(), groups),
            Hir::look(Look::End),
        ]);
        let nfa = build_nfa(&whole, WhichCaptures::All);
        let one_pass = onepass::Builder::new()
            .configure(onepass::Config::new().size_limit(Some(MAX_ONE_PASS_BYTES)))
            .build_from_nfa(nfa.clone());
        if let Ok(dfa) = one_pass {
            return Ok(Self::OnePass(Box::new(dfa)));
        }
        // The pattern is not one-pass, or takes too many bytes.
        let states = pattern.cost();
        let max_states = limits.max_rule_states / SIMULATED_STATE;
        if states > max_states {
            return Err(GroupsTooCostly { states, max_states });
        }
        let backtracker = BoundedBacktracker::builder()
            .configure(BoundedBacktracker::config().visited_capacity(MAX_TRIED_BYTES))
            .build_from_nfa(nfa.clone())
            .expect("the backtracker takes every automaton");
        let simulation = Simulation::new(nfa);
        let bound = simulation.bound(&whole, state_steps(groups.len()));
        Ok(Self::Backtracker(Box::new(Backtracker {
            backtracker,
            simulation,
            groups: groups.len(),
            // A search by the simulation takes more, but clears nothing.
            max_steps: bound.total() + MAX_TRIED_BYTES as u64 / CLEARED_BYTES,
        })))
    }

    /// Saves in `slots` the begin and the end of each group in `code`, which the pattern matches;
    /// those of the whole match come first.
    pub(super) fn find(
        &self,
        code: &str,
        slots: &mut [Option<NonMaxUsize>],
        scratch: &mut LibraryScratch,
        simulation: &mut SimulationScratch,
    ) {
        let input = Input::new(code).anchored(Anchored::Yes);
        match self {
            Self::OnePass(dfa) => {
                let cache = scratch.one_pass.get_or_insert_with(|| dfa.create_cache());
                cache.reset(dfa);
                dfa.try_search_slots(cache, &input, slots)
                    .expect("a one-pass automaton supports anchored searches");
            }
            Self::Backtracker(search) => {
                let backtracker = &search.backtracker;
                let cache = scratch
                    .backtracker
                    .get_or_insert_with(|| backtracker.create_cache());
                cache.reset(backtracker);
                if backtracker.try_search_slots(cache, &input, slots).is_err() {
                    search.simulation.search(&input, slots, simulation);
                }
            }
        }
    }

    /// Returns the steps that [`Self::find`] takes for `code`.
    pub(super) fn steps(&self, code: &str) -> u64 {
        match self {
            Self::OnePass(_) => ONE_PASS_BYTE * code.len() as u64,
            // The backtracker visits no state at a byte where the simulation does not.
            Self::Backtracker(search) => {
                let visits = search.simulation.steps(code, 0, state_steps(search.groups));
                visits + search.cleared_bytes(code) / CLEARED_BYTES
            }
        }
    }

    /// Returns the most steps that [`Self::find`] can take for any code value.
    pub(super) const fn max_steps(&self) -> u64 {
        match self {
            Self::OnePass(_) => ONE_PASS_BYTE * cost::MAX_BYTES,
            Self::Backtracker(search) => search.max_steps,
        }
    }

    /// Returns about how many bytes the search takes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            // The library counts neither the struct nor the automaton that it was built from, which
            // it retains.
            Self::OnePass(dfa) => {
                size_of::<onepass::DFA>() + dfa.memory_usage() + dfa.get_nfa().memory_usage()
            }
            // Both searches share an automaton.
            Self::Backtracker(search) => size_of::<Backtracker>() + search.simulation.heap_bytes(),
        }
    }
}

impl Backtracker {
    /// Returns the bytes that the backtracker clears before it searches `code`; none if that is too
    /// long for it.
    fn cleared_bytes(&self, code: &str) -> u64 {
        if code.len() > self.backtracker.max_haystack_len() {
            return 0;
        }
        let states = self.backtracker.get_nfa().states().len();
        (states * (code.len() + 1)).div_ceil(8) as u64
    }
}

/// Returns the steps of the simulation for a state that is active at a byte, with the slots of so
/// many groups.
const fn state_steps(groups: usize) -> u64 {
    cost::SIMULATED_STATE + 2 * (groups as u64 + 1)
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
