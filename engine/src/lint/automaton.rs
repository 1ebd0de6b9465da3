//! Whether all that one expression matches, another one matches too: their automata run side by
//! side, and only as far as they are made for that.

use std::collections::{HashMap, HashSet};

use regex_automata::hybrid::LazyStateID;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};
use regex_syntax::hir::{Hir, Look};

/// The most bytes that an expression takes before it is determinised.
const MAX_NFA_BYTES: usize = 1 << 20;

/// The most bytes that what is determinised of it takes.
const MAX_DFA_BYTES: usize = 1 << 20;

/// What may be spent on all comparisons, and on one of them, in units of about a nanosecond: the size
/// in bytes of what is made before an expression is determinised; that of a state, for each of its
/// transitions; and [`STEP`] for a step along both automata.
const MAX_WORK: usize = 300_000_000;
const MAX_WORK_AT_ONCE: usize = 20_000_000;
const STEP: usize = 16;

/// What is left to be spent.
pub(super) struct Work {
    left: usize,
    /// For the comparison that goes on.
    left_at_once: usize,
}

impl Default for Work {
    fn default() -> Self {
        Self {
            left: MAX_WORK,
            left_at_once: 0,
        }
    }
}

impl Work {
    fn begin(&mut self) {
        self.left_at_once = self.left.min(MAX_WORK_AT_ONCE);
    }

    fn spend(&mut self, units: usize) -> Option<()> {
        self.left = self.left.saturating_sub(units);
        self.left_at_once = self.left_at_once.checked_sub(units)?;
        Some(())
    }
}

/// Follows an expression on whole texts, byte by byte; states are made when they are reached.
pub(super) struct Automaton {
    dfa: DFA,
    cache: Cache,
    /// One byte of each class of bytes that it does not tell apart, by class.
    representatives: Vec<u8>,
    /// What is made so far; [`DEAD`] and [`START`] are the first.
    states: Vec<State>,
    numbers: HashMap<LazyStateID, u32>,
}

struct State {
    id: LazyStateID,
    /// About what it takes to leave it by one byte.
    weight: usize,
    /// Once it was entered.
    entered: Option<Entered>,
}

struct Entered {
    accepts: bool,
    /// The next state, by class.
    next: Box<[u32]>,
}

/// From here nothing is accepted.
const DEAD: u32 = 0;
const START: u32 = 1;

/// Whether `wide` matches all the texts that `narrow` matches, the empty one left aside, which is no
/// code value; `None` if it is not known within the bounds.
pub(super) fn includes(
    wide: &mut Automaton,
    narrow: &mut Automaton,
    work: &mut Work,
) -> Option<bool> {
    work.begin();
    let classes: HashSet<(u8, u8)> = (0..=u8::MAX)
        .map(|byte| (wide.class(byte), narrow.class(byte)))
        .collect();
    let mut seen = HashSet::new();
    let mut pending = vec![(START, START)];
    while let Some((in_wide, in_narrow)) = pending.pop() {
        wide.enter(in_wide, work)?;
        narrow.enter(in_narrow, work)?;
        work.spend(classes.len() * STEP)?;
        for &(wide_class, narrow_class) in &classes {
            let next_in_narrow = narrow.next(in_narrow, narrow_class);
            let next_in_wide = wide.next(in_wide, wide_class);
            let next = (next_in_wide, next_in_narrow);
            if next_in_narrow == DEAD || !seen.insert(next) {
                continue;
            }
            wide.enter(next_in_wide, work)?;
            narrow.enter(next_in_narrow, work)?;
            if narrow.accepts(next_in_narrow) && !wide.accepts(next_in_wide) {
                return Some(false);
            }
            pending.push(next);
        }
    }
    Some(true)
}

impl Automaton {
    /// Of `language`, which is to match the whole of a text; `None` if that is too much.
    pub(super) fn new(language: &Hir, work: &mut Work) -> Option<Self> {
        work.begin();
        work.spend(1)?;
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
        work.spend(nfa.memory_usage())?;
        let config = DFA::config()
            .match_kind(MatchKind::All)
            .cache_capacity(MAX_DFA_BYTES)
            // A cache that is full is an error: what was made is referred to.
            .minimum_cache_clear_count(Some(0));
        let dfa = DFA::builder().configure(config).build_from_nfa(nfa).ok()?;
        let mut cache = dfa.create_cache();
        let start = start::Config::new().anchored(Anchored::Yes);
        let start = dfa.start_state(&mut cache, &start).ok()?;
        let classes = dfa.byte_classes().representatives(..=u8::MAX);
        let mut automaton = Self {
            representatives: classes.filter_map(|unit| unit.as_u8()).collect(),
            states: Vec::new(),
            numbers: HashMap::new(),
            dfa,
            cache,
        };
        let next = vec![DEAD; automaton.representatives.len()].into();
        automaton.states.push(State {
            id: LazyStateID::default(),
            weight: 0,
            entered: Some(Entered {
                accepts: false,
                next,
            }),
        });
        let weight = automaton.cache.memory_usage();
        automaton.number(start, weight)?;
        Some(automaton)
    }

    fn class(&self, byte: u8) -> u8 {
        self.dfa.byte_classes().get(byte)
    }

    /// Finds out where `state` leads to.
    fn enter(&mut self, state: u32, work: &mut Work) -> Option<()> {
        let State {
            id,
            weight,
            ref entered,
        } = self.states[state as usize];
        if entered.is_some() {
            return Some(());
        }
        work.spend(weight.saturating_mul(self.representatives.len()))?;
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
        self.states[state as usize].entered = Some(Entered {
            accepts,
            next: next.into(),
        });
        Some(())
    }

    /// The number of the state `id`, which took `bytes` if it is new.
    fn number(&mut self, id: LazyStateID, bytes: usize) -> Option<u32> {
        if id.is_dead() {
            return Some(DEAD);
        }
        if id.is_quit() || id.is_unknown() {
            return None;
        }
        let number = u32::try_from(self.states.len()).ok()?;
        Some(*self.numbers.entry(id).or_insert_with(|| {
            // Its row of transitions is not part of what it costs to follow it.
            let row = size_of::<LazyStateID>() << self.dfa.byte_classes().stride2();
            self.states.push(State {
                id,
                weight: 16 + bytes.saturating_sub(row),
                entered: None,
            });
            number
        }))
    }

    /// The state after `state`, which was entered.
    fn next(&self, state: u32, class: u8) -> u32 {
        let entered = self.states[state as usize].entered.as_ref();
        entered.map_or(DEAD, |entered| entered.next[usize::from(class)])
    }

    /// Whether what led to `state`, which was entered, is matched.
    fn accepts(&self, state: u32) -> bool {
        let entered = self.states[state as usize].entered.as_ref();
        entered.is_some_and(|entered| entered.accepts)
    }
}
