//! Determinises the automaton of the rules, within a budget.

use std::collections::VecDeque;
use std::rc::Rc;

use super::budget::Budget;
use super::elements::{Element, Elements, SetMap};
use super::nfa::{Kind, Nfa, NodeId, ROOT, UNBOUNDED};
use super::run_class::plane_bytes;
use super::states::{DEAD, State, StateInfo, Step, UNKNOWN};
use crate::matcher::byte_set::ByteSet;

/// About the memory that a state takes, and each range of bytes that leads on from it. Rows take more, and
/// have a limit of their own.
const SPARSE_BYTES: usize = 24;
const RANGE_BYTES: usize = 4;
/// The work of a new state, in elements.
const STATE_WORK: usize = 16;

/// The states of the DFA of code values that begin in the same way.
pub(super) struct Subsets<'a> {
    elements: Elements<'a>,
    /// By rule, `true` if it admits every openId, so that no later one matters where it accepts.
    is_open: &'a [bool],
    pub(super) states: Vec<StateInfo>,
    /// The set of each state that is to be determinised, or was.
    sets: Vec<Rc<[Element]>>,
    by_seeds: SetMap<Box<[Element]>, State>,
    by_set: SetMap<Rc<[Element]>, State>,
    /// The states that are to be determinised, or were.
    queue: VecDeque<State>,
    /// The bytes that the elements of a set read, with where they lead.
    moves: Vec<(u8, u8, Element)>,
    /// For each range of bytes that these distinguish, where it leads.
    buckets: Vec<Vec<Element>>,
    /// The elements that one of these ranges leads to.
    seeds: Vec<Element>,
    /// By class of characters, `true` if a state has a run of it.
    has_run: Vec<bool>,
    pub(super) budget: Budget,
}

impl<'a> Subsets<'a> {
    /// Prepares the states of `nfa` within `budget`. `is_open` holds for each rule whether it
    /// admits every openId.
    pub(super) fn new(nfa: &'a Nfa, is_open: &'a [bool], budget: Budget) -> Self {
        let state = |step, first_rule| StateInfo {
            step,
            ends: Box::default(),
            first_rule,
            is_sampled: false,
        };
        let dead = state(Step::Byte(Vec::new()), u32::MAX);
        let unknown = state(Step::Unknown, 0);
        let none: Rc<[Element]> = Rc::from([]);
        Self {
            elements: Elements::new(nfa),
            is_open,
            states: vec![dead, unknown],
            sets: vec![Rc::clone(&none), none],
            by_seeds: SetMap::default(),
            by_set: SetMap::default(),
            queue: VecDeque::new(),
            moves: Vec::new(),
            buckets: Vec::new(),
            seeds: Vec::new(),
            has_run: vec![false; nfa.classes.len()],
            budget,
        }
    }

    /// Returns the state after the first byte `byte`.
    pub(super) fn start(&mut self, byte: u8) -> State {
        let mut seeds = Vec::new();
        let mut is_known = true;
        for &element in &*self.elements.closure(ROOT) {
            let step = |low, high, seed| {
                if (low..=high).contains(&byte) {
                    seeds.push(seed);
                }
            };
            let uncertain = |low, high| is_known &= !(low..=high).contains(&byte);
            self.elements.steps(element, step, uncertain);
        }
        if is_known {
            self.state(&mut seeds)
        } else {
            UNKNOWN
        }
    }

    /// Returns the nodes of the set of `state`.
    pub(super) fn nodes(&self, state: State) -> impl Iterator<Item = NodeId> {
        let step = &self.states[state as usize].step;
        let next = match step {
            Step::Accept { next, .. } => *next,
            _ => state,
        };
        self.sets[next as usize].iter().map(|element| element.node)
    }

    /// Determinises the states that `text` leads to from `state` on.
    pub(super) fn follow(&mut self, state: State, text: &[u8]) {
        let mut state = state;
        let mut text = text;
        while state != DEAD && state != UNKNOWN {
            if !self.determinise(state) {
                return;
            }
            self.states[state as usize].is_sampled = true;
            state = match &self.states[state as usize].step {
                Step::Unknown => return,
                Step::Byte(ranges) => {
                    let Some((byte, rest)) = text.split_first() else {
                        return;
                    };
                    text = rest;
                    let range = ranges.iter().find(|r| (r.0..=r.1).contains(byte));
                    range.map_or(DEAD, |&(.., to)| to)
                }
                &Step::Run {
                    class, min, next, ..
                } => {
                    let class = &self.elements.nfa.classes[class as usize];
                    let length = class.run(text);
                    // Runs that follow each other in a circle would be followed without an end.
                    if length == 0 && min > 0 {
                        return;
                    }
                    text = &text[length..];
                    next
                }
                &Step::Accept { next, .. } => next,
            };
        }
    }

    /// Determinises all states, as far as the budget allows.
    pub(super) fn explore(&mut self) {
        while let Some(state) = self.queue.pop_front() {
            if !self.determinise(state) {
                return;
            }
        }
    }

    /// Determines the step of `state`. Returns `false` if the budget does not allow that.
    fn determinise(&mut self, state: State) -> bool {
        if !matches!(self.states[state as usize].step, Step::Unknown) {
            return true;
        }
        if self.budget.work == 0 || self.budget.bytes == 0 {
            return false;
        }
        let set = Rc::clone(&self.sets[state as usize]);
        let step = match self.run(&set) {
            Some(run) => run,
            None => Step::Byte(self.byte_step(&set)),
        };
        let mut bytes = SPARSE_BYTES + size_of_val(&*self.states[state as usize].ends);
        match step {
            Step::Byte(ref ranges) => bytes += RANGE_BYTES * ranges.len(),
            Step::Run { class, .. }
                if !std::mem::replace(&mut self.has_run[class as usize], true) =>
            {
                bytes += plane_bytes(&self.elements.nfa.classes[class as usize].class);
            }
            _ => {}
        }
        self.budget.bytes = self.budget.bytes.saturating_sub(bytes);
        self.budget.work = self.budget.work.saturating_sub(set.len() + STATE_WORK);
        self.states[state as usize].step = step;
        true
    }

    fn byte_step(&mut self, set: &[Element]) -> Vec<(u8, u8, State)> {
        let mut moves = std::mem::take(&mut self.moves);
        let mut firsts = ByteSet::default();
        let mut begin = |low: u8, high: u8| {
            firsts.insert(low, low);
            if let Some(next) = high.checked_add(1) {
                firsts.insert(next, next);
            }
        };
        let mut uncertain = ByteSet::default();
        begin(0, u8::MAX);
        for &element in set {
            self.elements.steps(
                element,
                |low, high, seed| moves.push((low, high, seed)),
                |low, high| uncertain.insert(low, high),
            );
        }
        moves.iter().for_each(|&(low, high, _)| begin(low, high));
        uncertain.ranges().for_each(|(low, high)| begin(low, high));
        let firsts: Vec<u8> = firsts.members().collect();
        let mut buckets = std::mem::take(&mut self.buckets);
        if buckets.len() < firsts.len() {
            buckets.resize_with(firsts.len(), Vec::new);
        }
        let mut work = moves.len();
        for (low, high, seed) in moves.drain(..) {
            let first = firsts.partition_point(|&first| first < low);
            for (bucket, _) in buckets[first..]
                .iter_mut()
                .zip(&firsts[first..])
                .take_while(|(_, first)| **first <= high)
            {
                bucket.push(seed);
                work += 1;
            }
        }
        let mut ranges: Vec<(u8, u8, State)> = Vec::new();
        let mut previous: Option<(usize, State)> = None;
        for (index, &first) in firsts.iter().enumerate() {
            let last = firsts.get(index + 1).map_or(u8::MAX, |next| next - 1);
            let state = if uncertain.contains(first) {
                UNKNOWN
            } else if buckets[index].is_empty() {
                continue;
            } else {
                match previous {
                    Some((other, state)) if buckets[other] == buckets[index] => state,
                    _ => {
                        let mut seeds = std::mem::take(&mut self.seeds);
                        seeds.clone_from(&buckets[index]);
                        let state = self.state(&mut seeds);
                        self.seeds = seeds;
                        previous = Some((index, state));
                        state
                    }
                }
            };
            match ranges.last_mut() {
                Some((_, end, to)) if *to == state && *end + 1 == first => *end = last,
                _ if state == DEAD => {}
                _ => ranges.push((first, last, state)),
            }
        }
        buckets.iter_mut().for_each(Vec::clear);
        self.buckets = buckets;
        self.moves = moves;
        self.budget.work = self.budget.work.saturating_sub(work);
        ranges
    }

    /// Returns the state of what `seeds` stand for.
    fn state(&mut self, seeds: &mut Vec<Element>) -> State {
        seeds.sort_unstable();
        seeds.dedup();
        if seeds.is_empty() {
            return DEAD;
        }
        if let Some(&state) = self.by_seeds.get(seeds.as_slice()) {
            return state;
        }
        let mut set = Vec::new();
        for &seed in &*seeds {
            let Element { node, count, place } = seed;
            if (count, place) == (0, 0) {
                set.extend_from_slice(&self.elements.closure(node));
            } else {
                set.push(seed);
            }
        }
        self.budget.work = self.budget.work.saturating_sub(set.len());
        set.retain(|element| self.elements.first_rule(*element) != u32::MAX);
        set.sort_unstable();
        set.dedup();
        let state = self.state_of_set(set);
        self.by_seeds.insert(seeds.as_slice().into(), state);
        state
    }

    /// Returns the state of `set`. If rules accept whatever follows, these are reported where that
    /// is known, and are then no longer part of the set: with them in it, every combination of such
    /// rules would be a state of its own.
    fn state_of_set(&mut self, mut set: Vec<Element>) -> State {
        if set.is_empty() {
            return DEAD;
        }
        if let Some(&state) = self.by_set.get(set.as_slice()) {
            return state;
        }
        let whole: Rc<[Element]> = set.as_slice().into();
        let mut sinks = Vec::new();
        set.retain(|element| match self.elements.kind(*element) {
            &Kind::Sink { rule, is_line } => {
                sinks.push((rule, is_line));
                false
            }
            _ => true,
        });
        let info = if sinks.is_empty() {
            let ends = set
                .iter()
                .filter_map(|element| match self.elements.kind(*element) {
                    &Kind::End(rule) => Some(rule),
                    _ => None,
                });
            StateInfo {
                step: Step::Unknown,
                ends: self.until_open(ends.collect()),
                first_rule: set
                    .iter()
                    .map(|&e| self.elements.first_rule(e))
                    .min()
                    .unwrap_or(u32::MAX),
                is_sampled: false,
            }
        } else {
            let rules = self.until_open(sinks.iter().map(|&(rule, _)| rule).collect());
            let last = rules.last().copied().unwrap_or(u32::MAX);
            if self.is_open[last as usize] {
                set.retain(|element| self.elements.first_rule(*element) < last);
            }
            let is_line = sinks
                .iter()
                .any(|(rule, is_line)| *is_line && rules.contains(rule));
            self.budget.bytes = self.budget.bytes.saturating_sub(size_of_val(&*rules));
            let next = self.state_of_set(set);
            StateInfo {
                first_rule: rules[0].min(self.states[next as usize].first_rule),
                step: Step::Accept {
                    rules,
                    is_line,
                    next,
                },
                ends: Box::default(),
                is_sampled: false,
            }
        };
        let state = self.push(info, Rc::clone(&whole));
        self.by_set.insert(whole, state);
        state
    }

    fn push(&mut self, info: StateInfo, set: Rc<[Element]>) -> State {
        let state = u32::try_from(self.states.len()).expect("the budget bounds states");
        if matches!(info.step, Step::Unknown) {
            self.queue.push_back(state);
        }
        self.states.push(info);
        self.sets.push(set);
        state
    }

    /// Returns `rules` in ascending order, up to the first that admits every openId.
    fn until_open(&self, mut rules: Vec<u32>) -> Box<[u32]> {
        rules.sort_unstable();
        rules.dedup();
        if let Some(first) = rules.iter().position(|&rule| self.is_open[rule as usize]) {
            rules.truncate(first + 1);
        }
        rules.into()
    }

    /// Returns a step over all that a run has left, if that is the only way on from `set`, and what
    /// follows cannot begin inside the run.
    fn run(&mut self, set: &[Element]) -> Option<Step> {
        let is_run = |e: &&Element| matches!(self.elements.kind(**e), Kind::Run { .. });
        let mut runs = set.iter().filter(is_run);
        let &element = runs.next()?;
        let Element { node, count, place } = element;
        let Kind::Run {
            class,
            min,
            max,
            next,
        } = self.elements.nfa.node(node).kind
        else {
            return None;
        };
        if place != 0 || runs.next().is_some() {
            return None;
        }
        let after = self.elements.closure(next);
        self.budget.work = self.budget.work.saturating_sub(after.len());
        let is_end = |e: &&Element| matches!(self.elements.kind(**e), Kind::End(_));
        let has_only = |others: &[Element]| {
            if set.len() > others.len() + 1 {
                return false;
            }
            let mut both: Vec<_> = others.to_vec();
            both.push(element);
            both.sort_unstable();
            both.dedup();
            both == set
        };
        let min = match count >= min {
            // In the middle of the run, what follows it is a way on, too.
            true if count > 0 || min == 0 => {
                if !has_only(&after) {
                    return None;
                }
                0
            }
            _ => {
                let ends: Vec<_> = set.iter().filter(is_end).copied().collect();
                if !has_only(&ends) {
                    return None;
                }
                min - count
            }
        };
        let max = if max == UNBOUNDED { max } else { max - count };
        let mut following = ByteSet::default();
        for element in &*after {
            following = following.union(self.elements.nfa.first_bytes(element.node));
        }
        let class_bytes = self.elements.nfa.classes[class as usize].first_bytes();
        if min != max && !class_bytes.is_disjoint(&following) {
            return None;
        }
        let next = self.state(&mut vec![Element::begin(next)]);
        Some(Step::Run {
            class,
            min,
            max,
            next,
        })
    }
}
