//! Finds the groups of a pattern in a code value that it matches.

use regex_automata::dfa::onepass;
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Capture, Hir, HirKind, Look};

use super::cost;
use super::simulation::{Simulation, SimulationScratch, build_nfa};
use crate::CompileLimits;
use crate::pattern::Pattern;

/// The most bytes of a one-pass automaton. A pattern that takes more is simulated, in memory that
/// its cost already bounds.
///
/// PERF: two groups in 40 digits, simulated → by a one-pass automaton: 4.5 → 0.26 µs a lookup
/// (bench `groups`, 2-core x86-64, November 2026).
const MAX_ONE_PASS_BYTES: usize = 1 << 20;

/// The divisor of [`CompileLimits::max_rule_states`] for a pattern that has to be simulated.
///
/// A character costs the simulation about 10 ns for each state that is active: 1.0 ms for 602
/// digits and up to 200 states (bench `groups`, 2-core x86-64, November 2026). An operation of an
/// automaton, for which the limit is made, follows 64 states at once.
const SIMULATED_STATE: usize = 10;

/// The error of a pattern whose groups only the simulation can find, and which has too many states
/// for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupsTooCostly {
    /// The number of states that the pattern has.
    pub(crate) states: usize,
    /// The number of states that it may have.
    pub(crate) max_states: usize,
}

/// Finds the groups of one pattern that a template inserts.
///
/// A library does the search, leftmost-first, which is what users of regular expressions know. A
/// search takes time linear in the code value.
#[derive(Debug)]
pub(crate) struct GroupFinder {
    engine: Engine,
    /// The pattern's numbers of the groups to find, ascending. The engine numbers them from 1 in
    /// this order.
    groups: Vec<u32>,
    /// The most steps of a search, for any code value.
    max_steps: u64,
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
    /// The memory of the simulation, which patterns with look-around assertions use, too.
    pub(super) simulation: SimulationScratch,
    /// The begin and the end of each group, those of the whole match first.
    slots: Vec<Option<NonMaxUsize>>,
}

/// The groups that were found in a code value.
#[derive(Debug)]
pub(crate) struct Groups<'a> {
    code: &'a str,
    finder: &'a GroupFinder,
    slots: &'a [Option<NonMaxUsize>],
}

/// The steps of each byte that a one-pass automaton reads.
const ONE_PASS_BYTE: u64 = 4;

/// Returns the steps of the simulation for a state that is active at a byte, with the slots of so
/// many groups.
const fn state_steps(groups: usize) -> u64 {
    cost::SIMULATED_STATE + 2 * (groups as u64 + 1)
}

impl GroupFinder {
    /// Builds a finder of the groups `wanted` of `pattern`; returns `None` if no group is wanted.
    ///
    /// # Errors
    ///
    /// [`GroupsTooCostly`] if the pattern has to be simulated and has more states than a tenth of
    /// what `limits` allow a rule.
    pub(crate) fn new(
        pattern: &Pattern,
        wanted: impl Iterator<Item = u32>,
        limits: &CompileLimits,
    ) -> Result<Option<Self>, GroupsTooCostly> {
        let mut groups: Vec<u32> = wanted.collect();
        groups.sort_unstable();
        groups.dedup();
        if groups.is_empty() {
            return Ok(None);
        }
        // The library's automaton takes memory for the ranges of each class.
        let (states, max_states) = (pattern.library_states(), limits.max_rule_states);
        if states > max_states {
            return Err(GroupsTooCostly { states, max_states });
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
        let (engine, max_steps) = match one_pass {
            Ok(dfa) => {
                let max_steps = ONE_PASS_BYTE * cost::MAX_BYTES;
                (Engine::OnePass(Box::new(dfa)), max_steps)
            }
            // The pattern is not one-pass, or takes too many bytes.
            Err(_) => {
                let states = pattern.cost();
                let max_states = limits.max_rule_states / SIMULATED_STATE;
                if states > max_states {
                    return Err(GroupsTooCostly { states, max_states });
                }
                let simulation = Simulation::new(nfa);
                let bound = simulation.bound(&whole, state_steps(groups.len()));
                (Engine::Simulation(simulation), bound.total())
            }
        };
        Ok(Some(Self {
            engine,
            groups,
            max_steps,
        }))
    }

    /// Finds the groups in `code`, which the pattern matches.
    ///
    /// The scratch may have any content, also of another finder.
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
                dfa.try_search_slots(cache, &input, slots)
                    .expect("a one-pass automaton supports anchored searches");
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

    /// Returns the steps that [`Self::find`] takes for `code`.
    pub(crate) fn steps(&self, code: &str) -> u64 {
        match &self.engine {
            Engine::OnePass(_) => ONE_PASS_BYTE * code.len() as u64,
            Engine::Simulation(simulation) => simulation.steps(code, 0, self.state_steps()),
        }
    }

    /// Returns the most steps that [`Self::find`] can take for any code value.
    pub(crate) const fn max_steps(&self) -> u64 {
        self.max_steps
    }

    /// Returns the steps of the simulation for a state, whose slots are copied.
    fn state_steps(&self) -> u64 {
        state_steps(self.groups.len())
    }

    /// Returns about how many bytes the finder takes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let engine = match &self.engine {
            // The library counts neither the struct nor the automaton that it was built from, which
            // it retains.
            Engine::OnePass(dfa) => {
                size_of::<onepass::DFA>() + dfa.memory_usage() + dfa.get_nfa().memory_usage()
            }
            Engine::Simulation(simulation) => simulation.heap_bytes(),
        };
        engine + size_of_val(&*self.groups)
    }
}

impl<'a> Groups<'a> {
    /// Returns the text of the group that the pattern numbers `index`.
    ///
    /// It is empty if the group matched the empty text, if it took no part in the match, or if it
    /// is not one of those that the finder was built for.
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

#[cfg(test)]
mod tests {
    use super::{CaptureScratch, Engine, GroupFinder, GroupsTooCostly};
    use crate::CompileLimits;
    use crate::pattern::Pattern;

    fn finder(pattern: &str, limits: &CompileLimits) -> Result<GroupFinder, GroupsTooCostly> {
        let pattern = Pattern::parse(pattern, limits.max_rule_states).unwrap();
        Ok(GroupFinder::new(&pattern, [1, 2].into_iter(), limits)?.expect("groups are wanted"))
    }

    #[test]
    fn groups_that_overlap_are_simulated_within_a_tenth_of_the_states() {
        let mut limits = CompileLimits::default();
        let simulated = r"28(\d+)(\d{8})";
        let one_pass = r"28(\d{8})(\d+)";
        for (pattern, is_one_pass) in [(simulated, false), (one_pass, true)] {
            let finder = finder(pattern, &limits).unwrap();
            assert_eq!(matches!(finder.engine, Engine::OnePass(_)), is_one_pass);
        }
        limits.max_rule_states = 100;
        let error = finder(simulated, &limits).unwrap_err();
        let states = Pattern::parse(simulated, 100).unwrap().cost();
        assert_eq!(
            error,
            GroupsTooCostly {
                states,
                max_states: 10
            }
        );
        assert!(finder(one_pass, &limits).is_ok());
    }

    #[test]
    fn the_text_of_a_group_is_empty_if_it_took_no_part_or_was_not_wanted() {
        let finder = finder("(a)|(b)(c)", &CompileLimits::default()).unwrap();
        let mut scratch = CaptureScratch::default();
        let groups = finder.find("bc", &mut scratch);
        let texts = [1, 2, 3, 4].map(|index| groups.text(index));
        assert_eq!(texts, ["", "b", "", ""]);
    }

    #[test]
    fn the_automaton_that_a_one_pass_automaton_retains_is_counted() {
        let finder = finder(r"28(\d{8})(\d+)", &CompileLimits::default()).unwrap();
        let Engine::OnePass(dfa) = &finder.engine else {
            panic!("the groups do not overlap");
        };
        let automata = dfa.memory_usage() + dfa.get_nfa().memory_usage();
        assert!(finder.heap_bytes() >= automata + size_of_val(&**dfa) + 2 * size_of::<u32>());
    }
}
