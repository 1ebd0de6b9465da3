//! Simulation of expressions by the library's Pike VM, for what nothing faster can do: groups that a
//! one-pass automaton cannot find, and look-around assertions inside an expression.

use std::sync::LazyLock;

use regex_automata::nfa::thompson::pikevm::{Cache, PikeVM};
use regex_automata::nfa::thompson::{self, NFA, State, WhichCaptures};
use regex_automata::util::primitives::{NonMaxUsize, StateID};
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Hir, HirKind, Look};

use super::cost::{self, Cost};

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

    /// Returns the steps that [`Self::search`] takes for `code` from the byte `from` on, each state
    /// taking `state_steps` at each byte at which it is active.
    ///
    /// The library does not count, so this follows the automaton as the library does.
    pub(super) fn steps(&self, code: &str, from: usize, state_steps: u64) -> u64 {
        let nfa = self.vm.get_nfa();
        let mut active = Active::new(nfa);
        let mut next = Active::new(nfa);
        active.enter(nfa, nfa.start_anchored(), code, from);
        let mut visits = 0;
        for at in from..=code.len() {
            visits += active.states.len() as u64;
            let Some(&byte) = code.as_bytes().get(at) else {
                break;
            };
            next.clear();
            for &state in &active.states {
                let target = match nfa.state(state) {
                    State::ByteRange { trans } => trans.matches_byte(byte).then_some(trans.next),
                    State::Sparse(sparse) => sparse.matches_byte(byte),
                    State::Dense(dense) => dense.matches_byte(byte),
                    _ => None,
                };
                if let Some(target) = target {
                    next.enter(nfa, target, code, at + 1);
                }
            }
            if next.states.is_empty() {
                break;
            }
            std::mem::swap(&mut active, &mut next);
        }
        visits.saturating_mul(state_steps)
    }

    /// Returns the most steps that [`Self::search`] can take for any code value. `hir` is the
    /// expression.
    pub(super) fn bound(&self, hir: &Hir, state_steps: u64) -> Cost {
        let nfa = self.vm.get_nfa();
        // States that read nothing are active between characters only, as are those of ASCII. Of the
        // others, one for each character or class is active at each byte of a character.
        let reads_nothing =
            |state: &&State| state.is_epsilon() || matches!(state, State::Match { .. });
        let between = nfa.states().iter().filter(reads_nothing).count() as u64;
        let places = Places::of(hir);
        let character = between + places.all + 3 * places.wide;
        Cost {
            fixed: (between + places.all).saturating_mul(state_steps),
            linear: character
                .saturating_mul(cost::MAX_CHARACTERS)
                .saturating_mul(state_steps),
        }
    }

    /// Returns an ASCII character of each class of bytes that the automaton distinguishes.
    pub(super) fn representatives(&self) -> impl Iterator<Item = char> {
        let classes = self.vm.get_nfa().byte_classes();
        let mut seen = [false; 256];
        let ascii = (b'!'..=b'~').chain(0..b'!');
        ascii
            .filter(move |&byte| {
                !std::mem::replace(&mut seen[usize::from(classes.get(byte))], true)
            })
            .map(char::from)
    }

    /// Returns the number of bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.vm.get_nfa().memory_usage()
    }
}

/// The states that are active at a byte, those that read nothing, too.
struct Active {
    states: Vec<StateID>,
    /// By state, `true` if it is in `states`.
    contains: Vec<bool>,
}

impl Active {
    fn new(nfa: &NFA) -> Self {
        Self {
            states: Vec::new(),
            contains: vec![false; nfa.states().len()],
        }
    }

    fn clear(&mut self) {
        for state in self.states.drain(..) {
            self.contains[state] = false;
        }
    }

    /// Adds `state`, and all states to which it leads at the byte `at` without reading.
    fn enter(&mut self, nfa: &NFA, state: StateID, code: &str, at: usize) {
        let mut pending = vec![state];
        while let Some(state) = pending.pop() {
            if std::mem::replace(&mut self.contains[state], true) {
                continue;
            }
            self.states.push(state);
            match nfa.state(state) {
                State::Look { look, next }
                    if nfa.look_matcher().matches(*look, code.as_bytes(), at) =>
                {
                    pending.push(*next);
                }
                State::Union { alternates } => pending.extend(alternates.iter()),
                State::BinaryUnion { alt1, alt2 } => pending.extend([*alt1, *alt2]),
                State::Capture { next, .. } => pending.push(*next),
                _ => {}
            }
        }
    }
}

/// The characters and classes of an expression, repetitions written out.
#[derive(Clone, Copy, Default)]
struct Places {
    all: u64,
    /// Those that may read more than a byte.
    wide: u64,
}

impl Places {
    fn of(hir: &Hir) -> Self {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::default(),
            HirKind::Literal(literal) => Self {
                all: literal.0.len() as u64,
                wide: literal.0.iter().filter(|byte| !byte.is_ascii()).count() as u64,
            },
            HirKind::Class(class) => Self {
                all: 1,
                wide: u64::from(class.maximum_len() > Some(1)),
            },
            HirKind::Capture(capture) => Self::of(&capture.sub),
            HirKind::Repetition(repetition) => {
                let copies = repetition.max.unwrap_or_else(|| repetition.min.max(1));
                let Self { all, wide } = Self::of(&repetition.sub);
                Self {
                    all: all.saturating_mul(copies.into()),
                    wide: wide.saturating_mul(copies.into()),
                }
            }
            HirKind::Concat(subs) | HirKind::Alternation(subs) => {
                subs.iter()
                    .map(Self::of)
                    .fold(Self::default(), |a, b| Self {
                        all: a.all.saturating_add(b.all),
                        wide: a.wide.saturating_add(b.wide),
                    })
            }
        }
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
    bound: Cost,
}

impl AssertionMatcher {
    /// Creates the matcher of `hir`, which is not anchored: the matcher adds that.
    pub(super) fn new(hir: &Hir) -> Self {
        let to_end = Hir::concat(vec![hir.clone(), Hir::look(Look::End)]);
        let simulation = Simulation::new(build_nfa(&to_end, WhichCaptures::None));
        Self {
            bound: simulation.bound(&to_end, cost::SIMULATED_STATE),
            simulation,
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

    /// Returns the steps that [`Self::accepts`] takes for `code` from the byte `from` on.
    pub(super) fn steps(&self, code: &str, from: usize) -> u64 {
        self.simulation.steps(code, from, cost::SIMULATED_STATE)
    }

    /// Returns the most steps that [`Self::accepts`] can take for any code value.
    pub(super) const fn bound(&self) -> Cost {
        self.bound
    }

    /// Returns an ASCII character of each class of bytes that the expression distinguishes.
    pub(super) fn representatives(&self) -> impl Iterator<Item = char> {
        self.simulation.representatives()
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
