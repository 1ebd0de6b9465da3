//! DFAs whose states are built when they are reached, and whether one matches all that another one matches.
//!
//! Both DFAs run side by side. Built in full, they may be exponentially large.

use std::collections::{HashMap, HashSet};

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Hir, Look};

/// The most bytes of an expression's NFA.
const MAX_NFA_BYTES: usize = 1 << 20;

/// The most bytes of the states of its DFA that are built.
const MAX_DFA_BYTES: usize = 1 << 20;

/// The units of work, of about a nanosecond each, that all comparisons may take together.
///
/// An NFA takes its bytes, a state of a DFA its bytes for each of its transitions, and a step along both
/// DFAs [`STEP_UNITS`].
const MAX_UNITS: usize = 300_000_000;

/// The units that one comparison, or the building of one NFA, may take.
const MAX_UNITS_AT_ONCE: usize = 20_000_000;

/// The units that a step along both DFAs takes.
const STEP_UNITS: usize = 16;

/// The work that all comparisons may still do: at first [`MAX_UNITS`].
pub(super) struct Budget {
    /// The units that all comparisons together may still take.
    left: usize,
    /// The units of `left` that the current comparison may still take.
    left_at_once: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            left: MAX_UNITS,
            left_at_once: 0,
        }
    }
}

impl Budget {
    /// Begins a comparison.
    fn begin(&mut self) {
        self.left_at_once = self.left.min(MAX_UNITS_AT_ONCE);
    }

    /// Takes `units` for the current comparison; returns `None`, and leaves it none, if it has fewer.
    fn spend(&mut self, units: usize) -> Option<()> {
        self.left = self.left.saturating_sub(units);
        self.left_at_once = self.left_at_once.checked_sub(units)?;
        Some(())
    }
}

/// A DFA that matches an expression with whole texts, byte by byte. It takes at most about [`MAX_NFA_BYTES`] and
/// twice [`MAX_DFA_BYTES`].
pub(super) struct LazyDfa {
    dfa: DFA,
    cache: Cache,
    /// By class of bytes that the DFA does not distinguish, one byte of the class.
    representatives: Vec<u8>,
    /// The states that are known so far; the first are [`DEAD`] and [`START`].
    states: Vec<State>,
    /// The index of each state in `states`, except that of [`DEAD`].
    numbers: HashMap<LazyStateID, u32>,
}

/// A state that was reached.
struct State {
    id: LazyStateID,
    /// The units that finding one of its transitions takes, about.
    weight: usize,
    /// `None` until it is expanded.
    transitions: Option<Transitions>,
}

/// The transitions of a state, and whether it accepts.
struct Transitions {
    /// `true` if the text that leads to the state is matched.
    accepts: bool,
    /// The next state, by class.
    next: Box<[u32]>,
}

/// The state from which nothing is accepted.
const DEAD: u32 = 0;

/// The state before the first byte.
const START: u32 = 1;

/// Returns `true` if `wide` matches all texts that `narrow` matches, except for the empty text, which
/// is not a code value. Returns `None` if deciding that takes more than `budget` or [`MAX_DFA_BYTES`].
///
/// # Complexity
///
/// At most the product of the states of both; [`MAX_UNITS_AT_ONCE`] units.
pub(super) fn includes(
    wide: &mut LazyDfa,
    narrow: &mut LazyDfa,
    budget: &mut Budget,
) -> Option<bool> {
    budget.begin();
    let classes: HashSet<(u8, u8)> = (0..=u8::MAX)
        .map(|byte| (wide.class(byte), narrow.class(byte)))
        .collect();
    let mut seen = HashSet::new();
    let mut pending = vec![(START, START)];
    while let Some((in_wide, in_narrow)) = pending.pop() {
        wide.expand(in_wide, budget)?;
        narrow.expand(in_narrow, budget)?;
        budget.spend(classes.len() * STEP_UNITS)?;
        for &(wide_class, narrow_class) in &classes {
            let next_in_narrow = narrow.next(in_narrow, narrow_class);
            let next_in_wide = wide.next(in_wide, wide_class);
            let next = (next_in_wide, next_in_narrow);
            if next_in_narrow == DEAD || !seen.insert(next) {
                continue;
            }
            wide.expand(next_in_wide, budget)?;
            narrow.expand(next_in_narrow, budget)?;
            if narrow.accepts(next_in_narrow) && !wide.accepts(next_in_wide) {
                return Some(false);
            }
            pending.push(next);
        }
    }
    Some(true)
}

impl LazyDfa {
    /// Returns the DFA that matches whole texts with `language`. Returns `None` if it is too large, or takes more than
    /// `budget`.
    pub(super) fn new(language: &Hir, budget: &mut Budget) -> Option<Self> {
        budget.begin();
        budget.spend(1)?;
        let whole = Hir::concat(vec![
            Hir::look(Look::Start),
            language.clone(),
            Hir::look(Look::End),
        ]);
        let nfa = thompson::Compiler::new()
            .configure(
                thompson::Config::new()
                    .which_captures(WhichCaptures::None)
                    .nfa_size_limit(Some(MAX_NFA_BYTES)),
            )
            .build_from_hir(&whole)
            .ok()?;
        budget.spend(nfa.memory_usage())?;
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .cache_capacity(MAX_DFA_BYTES)
            // A full cache is an error, since states that it would drop are referred to.
            .minimum_cache_clear_count(Some(0));
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        let mut cache = dfa.create_cache();
        let start = start::Config::new().anchored(Anchored::Yes);
        let start = dfa.start_state(&mut cache, &start).ok()?;
        let classes = dfa.byte_classes().representatives(..=u8::MAX);
        let mut lazy = Self {
            representatives: classes.filter_map(|unit| unit.as_u8()).collect(),
            states: Vec::new(),
            numbers: HashMap::new(),
            dfa,
            cache,
        };
        let next = vec![DEAD; lazy.representatives.len()].into();
        lazy.states.push(State {
            id: LazyStateID::default(),
            weight: 0,
            transitions: Some(Transitions {
                accepts: false,
                next,
            }),
        });
        let weight = lazy.cache.memory_usage();
        lazy.number(start, weight)?;
        Some(lazy)
    }

    /// Returns `true` if `text` is matched; `None` if that takes more than `budget` or [`MAX_DFA_BYTES`].
    pub(super) fn accepts_text(&mut self, text: &[u8], budget: &mut Budget) -> Option<bool> {
        budget.begin();
        let mut state = START;
        for &byte in text {
            self.expand(state, budget)?;
            budget.spend(STEP_UNITS)?;
            state = self.next(state, self.class(byte));
        }
        self.expand(state, budget)?;
        Some(self.accepts(state))
    }

    /// Returns `true` if a text that is not empty is matched; `None` if that takes more than `budget` or
    /// [`MAX_DFA_BYTES`].
    pub(super) fn accepts_some_text(&mut self, budget: &mut Budget) -> Option<bool> {
        budget.begin();
        let mut seen = HashSet::new();
        let mut pending = vec![START];
        while let Some(state) = pending.pop() {
            self.expand(state, budget)?;
            for class in 0..self.representatives.len() {
                budget.spend(STEP_UNITS)?;
                let next = self.next(state, u8::try_from(class).ok()?);
                if next == DEAD || !seen.insert(next) {
                    continue;
                }
                self.expand(next, budget)?;
                if self.accepts(next) {
                    return Some(true);
                }
                pending.push(next);
            }
        }
        Some(false)
    }

    /// Returns the class of `byte`: a number below the number of representatives.
    fn class(&self, byte: u8) -> u8 {
        self.dfa.byte_classes().get(byte)
    }

    /// Finds the transitions of `state`, unless they are known. Returns `None` if that takes more than `budget` or
    /// [`MAX_DFA_BYTES`].
    fn expand(&mut self, state: u32, budget: &mut Budget) -> Option<()> {
        let State {
            id,
            weight,
            ref transitions,
        } = self.states[state as usize];
        if transitions.is_some() {
            return Some(());
        }
        budget.spend(weight.saturating_mul(self.representatives.len()))?;
        let (dfa, cache) = (&self.dfa, &mut self.cache);
        let accepts = dfa.next_eoi_state(cache, id).ok()?.is_match();
        let mut next = Vec::with_capacity(self.representatives.len());
        for class in 0..self.representatives.len() {
            let before = self.cache.memory_usage();
            let to = self
                .dfa
                .next_state(&mut self.cache, id, self.representatives[class])
                .ok()?;
            let added = self.cache.memory_usage().saturating_sub(before);
            next.push(self.number(to, added)?);
        }
        self.states[state as usize].transitions = Some(Transitions {
            accepts,
            next: next.into(),
        });
        Some(())
    }

    /// Returns the number of the state `id`, which took `bytes` if it is new.
    fn number(&mut self, id: LazyStateID, bytes: usize) -> Option<u32> {
        if id.is_dead() {
            return Some(DEAD);
        }
        if id.is_quit() || id.is_unknown() {
            return None;
        }
        let number = u32::try_from(self.states.len()).ok()?;
        Some(*self.numbers.entry(id).or_insert_with(|| {
            // Following a transition reads the state, but not the row of its transitions.
            let row = size_of::<LazyStateID>() << self.dfa.byte_classes().stride2();
            self.states.push(State {
                id,
                weight: 16 + bytes.saturating_sub(row),
                transitions: None,
            });
            number
        }))
    }

    /// Returns the state after `state`, which is expanded.
    fn next(&self, state: u32, class: u8) -> u32 {
        let transitions = self.states[state as usize].transitions.as_ref();
        transitions.map_or(DEAD, |transitions| transitions.next[usize::from(class)])
    }

    /// Returns `true` if the text that leads to `state`, which is expanded, is matched.
    fn accepts(&self, state: u32) -> bool {
        let transitions = self.states[state as usize].transitions.as_ref();
        transitions.is_some_and(|transitions| transitions.accepts)
    }
}
