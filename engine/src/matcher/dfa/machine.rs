//! A DFA whose steps are bytes, chains of bytes, and runs of a class.

use super::ops::{Chain, Op, Sparse, StateNumber};
use super::run_class::RunClass;
use crate::matcher::char_class::CharClass;
use crate::matcher::span::Span;
use crate::matcher::visitor::{NO_RULE, Visitor};

/// The DFA of code values that begin in the same way. It never changes.
#[derive(Debug)]
pub(super) struct Dfa {
    /// By byte, its column in each row.
    pub(super) alphabet: Box<[u8; 256]>,
    /// The number of columns of a row.
    pub(super) columns: usize,
    /// The rows of the first states, one after the other: the state that each class of bytes leads
    /// to.
    pub(super) rows: Vec<StateNumber>,
    /// For each row, the rules that accept if the code value ends there, in [`Self::rules`].
    pub(super) row_ends: Vec<Span>,
    /// The steps of all other states.
    pub(super) ops: Vec<Op>,
    /// Ways to divide the columns of a row among states: by column, the place in [`Sparse::targets`].
    pub(super) partitions: Vec<u8>,
    /// The states that bytes lead to in sparse steps.
    pub(super) targets: Vec<StateNumber>,
    /// By byte, the sets of bytes that it is in, a bit for each.
    members: Box<[u64; 256]>,
    /// The bytes of chains that are in a set: their places, and the numbers of the sets.
    pub(super) checks: Vec<(u8, u8)>,
    /// The text of chains, eight bytes each, and a mask of the bits that are compared.
    pub(super) words: Vec<[u64; 2]>,
    pub(super) classes: Vec<RunClass>,
    /// Lists of rules, each ascending.
    pub(super) rules: Vec<u32>,
}

/// One thread's memory for a walk.
#[derive(Debug, Default)]
pub(in crate::matcher) struct WalkScratch {
    /// The lists of rules that were reported, a bit for the index of each one's first rule.
    reported: Vec<u64>,
}

/// The steps of reading a byte by a row.
const ROW: u64 = 2;
/// The steps of reading a byte by a sparse step.
const SPARSE: u64 = 5;
/// The most steps of reading a byte in any way, and of what may be done beside it: a sparse step, one
/// that reports, an empty run, a chain of which no byte matches, an empty span in front of a row, and the
/// search for line terminators.
const MAX_BYTE: u64 = 16;
/// The most rules that are reported before the end of a code value. A code value with more of them
/// is handed over.
const MAX_REPORTED: usize = 1024;
/// The most steps that do not depend on the bytes that are read.
const MAX_FIXED: u64 = 64;

impl WalkScratch {
    /// Forgets all lists but `first`, in a DFA whose lists have `rules` rules.
    fn begin(&mut self, first: Span, rules: usize) {
        self.reported.clear();
        self.reported.resize(rules / 64 + 1, 0);
        self.is_new(first);
    }

    /// Returns `true` if `list` is new, and remembers it.
    fn is_new(&mut self, list: Span) -> bool {
        let first = list.range().start;
        let (word, bit) = (&mut self.reported[first / 64], 1 << (first % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

impl Dfa {
    /// A DFA without any state. `alphabet` is by byte its column, of which there are `columns`, and
    /// `members` the sets of bytes that it is in.
    pub(super) fn new(alphabet: Box<[u8; 256]>, columns: usize, members: Box<[u64; 256]>) -> Self {
        Self {
            alphabet,
            columns,
            rows: Vec::new(),
            row_ends: Vec::new(),
            ops: Vec::new(),
            partitions: Vec::new(),
            targets: Vec::new(),
            members,
            checks: Vec::new(),
            words: Vec::new(),
            classes: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// Calls `visitor` with the rules that accept `code`, as far as it wants them, from the state
    /// `state` and the byte `at` on. `line` is the class of all but line terminators.
    ///
    /// Returns `false` if the DFA does not lead to the end: then other rules may accept, too.
    pub(super) fn walk<V: Visitor>(
        &self,
        mut state: StateNumber,
        mut at: usize,
        code: &str,
        line: &CharClass,
        scratch: &mut WalkScratch,
        visitor: &mut V,
    ) -> bool {
        let bytes = code.as_bytes();
        let mut is_in_line = false;
        let mut has_list = false;
        let mut left = MAX_REPORTED;
        loop {
            let begin = at;
            (state, at) = self.read_rows(state, at, bytes);
            visitor.spend(|| (NO_RULE, ROW * (at - begin) as u64 + 1));
            let Some(op) = (state as usize).checked_sub(self.rows.len()) else {
                self.report(self.row_ends[state as usize / self.columns], visitor);
                return true;
            };
            match self.ops[op] {
                Op::End { ends } => {
                    if at == bytes.len() {
                        self.report(ends, visitor);
                    }
                    return true;
                }
                Op::Chain {
                    chain,
                    ends,
                    next,
                    otherwise,
                } => {
                    if at == bytes.len() {
                        self.report(ends, visitor);
                        return true;
                    }
                    let matched = self.matched(chain, &bytes[at..]);
                    visitor.spend(|| (NO_RULE, chain.steps(matched)));
                    at += matched;
                    state = if matched == usize::from(chain.length) {
                        next
                    } else {
                        otherwise
                    };
                }
                Op::Sparse(first) => {
                    let begin = at;
                    let mut step = first;
                    loop {
                        let Some(&byte) = bytes.get(at) else {
                            self.report(step.ends, visitor);
                            return true;
                        };
                        state = self.sparse_step(step, byte);
                        at += 1;
                        let op = (state as usize).checked_sub(self.rows.len());
                        match op.map(|op| self.ops[op]) {
                            Some(Op::Sparse(next)) => step = next,
                            _ => break,
                        }
                    }
                    visitor.spend(|| (NO_RULE, SPARSE * (at - begin) as u64));
                }
                Op::Run {
                    class,
                    min,
                    max,
                    ends,
                    next,
                } => {
                    if at == bytes.len() && !ends.is_empty() {
                        self.report(ends, visitor);
                        return true;
                    }
                    let class = &self.classes[usize::from(class)];
                    // A run that goes on may be in the middle of a character.
                    at = code.ceil_char_boundary(at);
                    visitor.spend(|| (NO_RULE, class.class.run_steps(code, at, max)));
                    let Some(end) = class.run_end(code, at, min.into(), max) else {
                        return true;
                    };
                    at = end;
                    state = next;
                }
                Op::Span { class, next } => {
                    let class = &self.classes[usize::from(class)].class;
                    let run = class.ascii_run(bytes, at);
                    visitor.spend(|| (NO_RULE, class.ascii_run_steps(run)));
                    at += run;
                    state = next;
                }
                Op::Accept {
                    rules,
                    is_line,
                    next,
                    next_rule,
                } => {
                    if is_line && !is_in_line {
                        // A run before it may be in the middle of a character.
                        let at = code.ceil_char_boundary(at);
                        visitor.spend(|| (NO_RULE, line.run_steps(code, at, u32::MAX)));
                        if line.run_end(code, at, 0, u32::MAX) != Some(bytes.len()) {
                            return false;
                        }
                        is_in_line = true;
                    }
                    let is_new = !has_list || scratch.is_new(rules);
                    if is_new {
                        let count = rules.range().len();
                        let Some(more) = left.checked_sub(count) else {
                            return false;
                        };
                        left = more;
                        visitor.spend(|| (NO_RULE, count as u64));
                        self.report(rules, visitor);
                    }
                    if !visitor.wants(next_rule) {
                        return true;
                    }
                    if !has_list {
                        visitor.spend(|| (NO_RULE, self.reported_words()));
                        scratch.begin(rules, self.rules.len());
                        has_list = true;
                    }
                    state = next;
                }
                Op::HandOver => return false,
            }
        }
    }

    /// Reads bytes as long as the state is that of a row. Returns the state after them, and the byte
    /// of `bytes` where that is.
    ///
    /// PERF: a function of its own, so that nothing but what it needs is in registers.
    #[inline]
    fn read_rows(&self, state: StateNumber, at: usize, bytes: &[u8]) -> (StateNumber, usize) {
        let (rows, alphabet) = (&*self.rows, &*self.alphabet);
        let mut state = state;
        let mut read = 0;
        for &byte in bytes.get(at..).unwrap_or_default() {
            let cell = state as usize + usize::from(alphabet[usize::from(byte)]);
            match rows.get(cell) {
                Some(&next) => state = next,
                None => break,
            }
            read += 1;
        }
        (state, at + read)
    }

    /// Returns the state after `byte`.
    #[inline]
    fn sparse_step(&self, step: Sparse, byte: u8) -> StateNumber {
        let column = usize::from(self.alphabet[usize::from(byte)]);
        let target = self.partitions[step.partition as usize + column];
        self.targets[step.targets as usize + usize::from(target)]
    }

    fn report(&self, list: Span, visitor: &mut impl Visitor) {
        for &rule in &self.rules[list.range()] {
            if !visitor.wants(rule) {
                return;
            }
            visitor.accepted(rule);
        }
    }

    /// Returns the number of bytes of `chain` with which `bytes` begins. If not all do that are in a
    /// set, it is less than their number.
    fn matched(&self, chain: Chain, bytes: &[u8]) -> usize {
        let length = usize::from(chain.length);
        let words = &self.words[chain.words as usize..][..length.div_ceil(8)];
        let mut matched = 0;
        for &[text, mask] in words {
            let rest = &bytes[matched..];
            let word = match rest.first_chunk() {
                Some(&word) => u64::from_le_bytes(word),
                None => rest
                    .iter()
                    .rev()
                    .fold(0, |word, &byte| word << 8 | u64::from(byte)),
            };
            let equal = ((word ^ text) & mask).trailing_zeros() as usize / 8;
            if equal < 8 || rest.len() < 8 {
                matched += equal;
                break;
            }
            matched += 8;
        }
        let matched = matched.min(length).min(bytes.len());
        let checks = &self.checks[chain.checks as usize..][..usize::from(chain.check_count)];
        let is_member = |&(at, set): &(u8, u8)| {
            let byte = bytes[usize::from(at)];
            self.members[usize::from(byte)] >> set & 1 == 1
        };
        if matched < length || checks.iter().all(is_member) {
            matched
        } else {
            0
        }
    }

    /// Returns the most steps of a walk along `bytes` bytes, where accepting each rule takes the
    /// steps that `accept` has for it.
    pub(super) fn max_steps(&self, bytes: usize, accept: &[u64]) -> u64 {
        let of_list = |list: Span| {
            let rules = self.rules[list.range()].iter();
            let steps = rules.map(|&rule| 1 + accept[rule as usize]);
            steps.fold(0, u64::saturating_add)
        };
        let ends = self.ops.iter().filter_map(|op| match op {
            Op::End { ends } | Op::Chain { ends, .. } | Op::Run { ends, .. } => Some(*ends),
            Op::Sparse(Sparse { ends, .. }) => Some(*ends),
            Op::Span { .. } | Op::Accept { .. } | Op::HandOver => None,
        });
        let ends = ends.chain(self.row_ends.iter().copied()).map(of_list);
        // Each list is reported once before the end.
        let mut lists: Vec<Span> = Vec::new();
        lists.extend(self.ops.iter().filter_map(|op| match op {
            Op::Accept { rules, .. } => Some(*rules),
            _ => None,
        }));
        lists.sort_by_key(|list| list.range().start);
        lists.dedup_by_key(|list| list.range().start);
        let costliest = lists.iter().flat_map(|list| &self.rules[list.range()]);
        let costliest = costliest.map(|&rule| 1 + accept[rule as usize]).max();
        let most = costliest.unwrap_or(0).saturating_mul(MAX_REPORTED as u64);
        let all = lists.into_iter().map(of_list).fold(0, u64::saturating_add);
        (MAX_FIXED + self.reported_words() + MAX_BYTE * bytes as u64)
            .saturating_add(all.min(most))
            .saturating_add(ends.max().unwrap_or(0))
    }

    /// Returns the number of words that a walk clears before it remembers lists.
    fn reported_words(&self) -> u64 {
        self.rules.len() as u64 / 64
    }

    /// Returns the number of bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let classes = self.classes.iter().map(RunClass::heap_bytes);
        size_of_val(&*self.alphabet)
            + size_of_val(&*self.rows)
            + size_of_val(&*self.row_ends)
            + size_of_val(&*self.ops)
            + size_of_val(&*self.partitions)
            + size_of_val(&*self.targets)
            + size_of_val(&*self.members)
            + size_of_val(&*self.checks)
            + size_of_val(&*self.words)
            + size_of_val(&*self.classes)
            + size_of_val(&*self.rules)
            + classes.sum::<usize>()
    }

    /// Frees what was allocated for growing.
    pub(super) fn shrink_to_fit(&mut self) {
        self.rows.shrink_to_fit();
        self.row_ends.shrink_to_fit();
        self.ops.shrink_to_fit();
        self.partitions.shrink_to_fit();
        self.targets.shrink_to_fit();
        self.checks.shrink_to_fit();
        self.words.shrink_to_fit();
        self.classes.shrink_to_fit();
        self.rules.shrink_to_fit();
    }
}
