//! DFAs that answer nearly all lookups, one for each first byte of a code value.
//!
//! ```text
//! rules ──nfa──▶ one automaton, a trie ──subsets──▶ states ──layout──▶ machine
//! ```
//!
//! DESIGN.md says why, and which rules they leave to the tree.

mod alphabet;
mod budget;
mod byte_class;
mod chains;
mod elements;
mod expression;
mod groups;
mod layout;
mod machine;
mod nfa;
mod ops;
#[cfg(test)]
mod properties;
mod rule_parts;
mod run_class;
mod samples;
mod states;
mod subsets;
#[cfg(test)]
mod tests;
mod trie;

use self::budget::Budget;
use self::groups::{Group, groups};
use self::layout::lay_out;
use self::machine::Dfa;
pub(super) use self::machine::WalkScratch;
use self::nfa::Nfa;
use self::ops::StateNumber;
use self::rule_parts::{RuleParts, first_bytes, rule_parts};
use self::samples::Sampler;
use self::states::State;
use self::subsets::Subsets;
use self::trie::Builder;
use super::char_class::CharClass;
use super::visitor::Visitor;
use crate::rule::{RouteRule, RuleMatch};
use regex_syntax::hir::Hir;

/// The most bytes of a code value that is looked up here: the tree is faster for long ones, which
/// it searches for texts.
pub(super) const MAX_CODE_BYTES: usize = 1024;
/// The work that determinising all DFAs of a table may take together, in elements of sets: for any
/// table, for each of its rules, and at most.
const MIN_WORK: usize = 50_000;
const RULE_WORK: usize = 10_000;
const MAX_WORK: usize = 3_000_000;
/// The work for states that no sample leads to, if that for samples is less.
const MIN_UNSAMPLED_WORK: usize = 20_000;
/// The steps in a tree for which that work is doubled.
const SLOW_TREE_STEPS: u64 = 300;
/// The number of samples of a DFA whose steps in the tree are counted.
const TREE_SAMPLES: usize = 16;
/// The bytes that the states of all DFAs of a table may take together, without rows.
const MAX_BYTES: usize = 3 << 19;
/// The bytes that the rows of all DFAs of a table may take together.
const MAX_ROW_BYTES: usize = 1 << 20;
/// The number of samples of each rule that are followed before anything else.
const SAMPLES: usize = 6;
/// The most further samples, on which a DFA is tried.
const MAX_UNSEEN: usize = 512;

/// The DFAs of a rule set.
#[derive(Debug)]
pub(super) struct Dfas {
    dfas: Vec<Dfa>,
    by_first_byte: Box<[Start; 256]>,
    /// The class of all characters but line terminators.
    line: CharClass,
}

/// The way of code values with a certain first byte.
#[derive(Clone, Copy, Debug)]
struct Start {
    /// The index of the DFA; `None` if the tree has to be searched.
    dfa: Option<u16>,
    /// The state after the first byte.
    state: StateNumber,
    /// The first rule that the DFA lacks, other than `emv` rules.
    first_missing: Option<u32>,
}

impl Start {
    /// The tree has to be searched.
    const TREE: Self = Self {
        dfa: None,
        state: 0,
        first_missing: None,
    };
}

/// The result of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Everything, except by this rule and later ones that the DFA lacks, if there are any, and by
    /// `emv` rules.
    AllBut(Option<u32>),
    /// Perhaps not everything.
    Some,
}

impl Dfas {
    /// No DFAs: the tree has to be searched for every code value.
    pub(super) fn none() -> Self {
        Self {
            dfas: Vec::new(),
            by_first_byte: Box::new([Start::TREE; 256]),
            line: CharClass::line(),
        }
    }

    /// Compiles `rules`, as far as the budget of a table allows. `tree_steps` returns the steps of a code
    /// value without DFAs. Returns samples of code values, too, that the DFAs were not made for.
    pub(super) fn new(
        rules: &[RouteRule],
        tree_steps: impl FnMut(&str) -> u64,
    ) -> (Self, Vec<String>) {
        let work = MIN_WORK + RULE_WORK * rules.len();
        let budget = Budget {
            work: work.min(MAX_WORK),
            bytes: MAX_BYTES,
            row_bytes: MAX_ROW_BYTES,
        };
        Self::within(budget, rules, tree_steps)
    }

    /// Compiles `rules`, as far as `budget` allows.
    fn within(
        mut budget: Budget,
        rules: &[RouteRule],
        mut tree_steps: impl FnMut(&str) -> u64,
    ) -> (Self, Vec<String>) {
        let line = CharClass::line();
        let is_open: Vec<bool> = rules.iter().map(|rule| rule.canary.is_none()).collect();
        let mut builder = Builder::new(line.clone());
        let mut by_first_byte = Box::new([Start::TREE; 256]);
        let mut sampled = Vec::new();
        for (rule, index) in rules.iter().zip(0_u32..) {
            let is_added = match rule_parts(&rule.rule_match) {
                Some(RuleParts { parts, tail }) => {
                    let is_added = builder.add(index, &parts, tail).is_ok();
                    sampled.push(parts);
                    is_added
                }
                None => false,
            };
            if !is_added && !matches!(rule.rule_match, RuleMatch::Emv(_)) {
                let first = first_bytes(&rule.rule_match);
                for (byte, start) in (0..=u8::MAX).zip(by_first_byte.iter_mut()) {
                    if first.contains(byte) {
                        start.first_missing.get_or_insert(index);
                    }
                }
            }
        }
        let nfa = builder.finish();
        let mut this = Self {
            dfas: Vec::new(),
            by_first_byte,
            line,
        };
        let groups = groups(&nfa, &is_open, &mut budget);
        let (samples, unseen) = samples(&sampled);
        for (index, group) in groups.iter().enumerate() {
            let of_group = unseen.iter().filter(|code| group.has(code.as_bytes()));
            let steps = of_group.take(TREE_SAMPLES).map(|code| tree_steps(code));
            let tree_steps = steps.max().unwrap_or(0);
            let mut share = budget.share_of(groups.len() - index);
            budget.subtract(share);
            this.add(&nfa, &is_open, group, &samples, tree_steps, &mut share);
            budget.add(share);
        }
        this.dfas.shrink_to_fit();
        (this, unseen)
    }

    /// Returns the number of DFAs.
    pub(super) fn count(&self) -> usize {
        self.dfas.len()
    }

    /// Returns the index of the DFA that looks `code` up, if there is one.
    pub(super) fn of(&self, code: &str) -> Option<usize> {
        let first = code.as_bytes().first()?;
        self.by_first_byte[usize::from(*first)].dfa.map(usize::from)
    }

    /// Removes the DFAs for whose index `is_retained` returns `false`.
    pub(super) fn retain(&mut self, is_retained: impl Fn(usize) -> bool) {
        let mut numbers = Vec::with_capacity(self.dfas.len());
        let mut retained = 0;
        for index in 0..self.dfas.len() {
            let is_retained = is_retained(index);
            numbers.push(is_retained.then_some(retained));
            retained += u16::from(is_retained);
        }
        let mut index = 0;
        self.dfas.retain(|_| {
            index += 1;
            numbers[index - 1].is_some()
        });
        for start in &mut *self.by_first_byte {
            start.dfa = start.dfa.and_then(|dfa| numbers[usize::from(dfa)]);
        }
    }

    /// Adds the DFA of `group`, and subtracts what it takes from `budget`. The tree takes `tree_steps` for
    /// some code value of the group.
    fn add(
        &mut self,
        nfa: &Nfa,
        is_open: &[bool],
        group: &Group,
        samples: &[Vec<u8>],
        tree_steps: u64,
        budget: &mut Budget,
    ) {
        let mut subsets = Subsets::new(nfa, is_open, *budget);
        let starts: Vec<State> = group.bytes.iter().map(|&b| subsets.start(b)).collect();
        for sample in samples {
            if let Some((first, rest)) = sample.split_first()
                && let Ok(start) = group.bytes.binary_search(first)
            {
                subsets.follow(starts[start], rest);
            }
        }
        // What no sample leads to is worth work where the tree is slow.
        let sampled = budget.work - subsets.budget.work;
        let factor = usize::try_from(1 + tree_steps / SLOW_TREE_STEPS).unwrap_or(usize::MAX);
        let unsampled = sampled.saturating_mul(factor).max(MIN_UNSAMPLED_WORK);
        let unused = subsets.budget.work.saturating_sub(unsampled);
        subsets.budget.work -= unused;
        subsets.explore();
        *budget = subsets.budget;
        budget.work += unused;
        let Some((dfa, numbers)) = lay_out(nfa, &subsets.states, &starts, budget.row_bytes) else {
            return;
        };
        budget.row_bytes -= size_of_val(&*dfa.rows);
        let Ok(index) = u16::try_from(self.dfas.len()) else {
            return;
        };
        self.dfas.push(dfa);
        for (&byte, number) in group.bytes.iter().zip(numbers) {
            let start = &mut self.by_first_byte[usize::from(byte)];
            start.dfa = Some(index);
            start.state = number;
        }
    }

    /// Calls `visitor` with the rules that accept `code`, as far as it wants them, but not with
    /// those behind one that admits every openId.
    ///
    /// # Complexity
    ///
    /// A step for each byte at most; never more than 1024.
    pub(super) fn search(
        &self,
        code: &str,
        scratch: &mut WalkScratch,
        visitor: &mut impl Visitor,
    ) -> Found {
        let Some(&first) = code
            .as_bytes()
            .first()
            .filter(|_| code.len() <= MAX_CODE_BYTES)
        else {
            return Found::Some;
        };
        let start = self.by_first_byte[usize::from(first)];
        let Some(dfa) = start.dfa else {
            return Found::Some;
        };
        let dfa = &self.dfas[usize::from(dfa)];
        if dfa.walk(start.state, 1, code, &self.line, scratch, visitor) {
            Found::AllBut(start.first_missing)
        } else {
            Found::Some
        }
    }

    /// Returns the most steps that [`Self::search`] can take; 0 without DFAs.
    pub(super) fn max_steps(&self, accept: &[u64]) -> u64 {
        let dfas = self.dfas.iter();
        dfas.map(|dfa| dfa.max_steps(MAX_CODE_BYTES, accept))
            .max()
            .unwrap_or(0)
    }

    /// Returns the number of bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let dfas = self
            .dfas
            .iter()
            .map(|dfa| size_of::<Dfa>() + dfa.heap_bytes());
        dfas.sum::<usize>() + size_of_val(&*self.by_first_byte) + self.line.heap_bytes()
    }
}

/// Returns samples of rules, each of which consists of some parts, one of each rule after the other; and
/// further samples, at most [`MAX_UNSEEN`].
fn samples(rules: &[Vec<Hir>]) -> (Vec<Vec<u8>>, Vec<String>) {
    let mut sampler = Sampler::new();
    let mut draw = |round: usize, parts: &[Hir]| {
        let mut sample = sampler.sample(parts);
        if round % 2 == 1 && !sample.is_empty() {
            sampler.change(&mut sample);
        }
        sample
    };
    let mut samples = Vec::new();
    for round in 0..SAMPLES {
        samples.extend(rules.iter().map(|parts| draw(round, parts)));
    }
    let some = rules
        .iter()
        .step_by(rules.len().div_ceil(MAX_UNSEEN / 2).max(1));
    let unseen = some.flat_map(|parts| [draw(0, parts), draw(1, parts)]);
    let unseen = unseen.filter_map(|sample| String::from_utf8(sample).ok());
    let unseen = unseen.filter(|sample| !sample.is_empty()).collect();
    (samples, unseen)
}
