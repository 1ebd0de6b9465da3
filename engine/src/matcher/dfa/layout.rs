//! Lays a determinised automaton out for walking.

use std::collections::HashMap;

use super::alphabet::Alphabet;
use super::chains::{Chains, Position, StateChain};
use super::machine::Dfa;
use super::nfa::{Nfa, UNBOUNDED};
use super::ops::{Chain, Op, Sparse, StateNumber};
use super::run_class::RunClass;
use super::states::{DEAD, State, StateInfo, Step};
use crate::matcher::byte_set::ByteSet;
use crate::matcher::char_class::CharClass;
use crate::matcher::span::Span;

/// The number below which those of all states are.
const MAX_NUMBER: StateNumber = StateNumber::MAX >> 1;

/// The form that a state takes.
enum Macro {
    /// A step of one byte.
    Byte,
    Chain(StateChain),
    Op,
}

/// Lays out the states that are reached from `starts`, with rows of `row_bytes` bytes at most. Returns the
/// DFA, and the numbers of `starts` in it; `None` if there are too many states or classes.
pub(super) fn lay_out(
    nfa: &Nfa,
    states: &[StateInfo],
    starts: &[State],
    row_bytes: usize,
) -> Option<(Dfa, Vec<StateNumber>)> {
    let mut chains = Chains::new(nfa, states);
    let mut macros: Vec<Option<Macro>> = Vec::new();
    macros.resize_with(states.len(), || None);
    let mut order = Vec::new();
    let mut pending: Vec<State> = starts.iter().copied().chain([DEAD]).collect();
    while let Some(state) = pending.pop() {
        if macros[state as usize].is_some() {
            continue;
        }
        order.push(state);
        let step = match &states[state as usize].step {
            Step::Unknown => Macro::Op,
            Step::Run { next, .. } | Step::Accept { next, .. } => {
                pending.push(*next);
                Macro::Op
            }
            Step::Byte(ranges) if ranges.is_empty() => Macro::Op,
            Step::Byte(ranges) => match chains.chain(state) {
                Some(chain) => {
                    pending.extend([chain.next, chain.otherwise]);
                    Macro::Chain(chain)
                }
                None => {
                    pending.extend(ranges.iter().map(|&(.., to)| to));
                    Macro::Byte
                }
            },
        };
        macros[state as usize] = Some(step);
    }
    // States have numbers in the order in which samples came to them.
    order.sort_unstable();
    let is_byte = |state: &State| matches!(macros[*state as usize], Some(Macro::Byte));
    let (bytes, others): (Vec<State>, Vec<State>) = order.into_iter().partition(is_byte);
    let steps = bytes
        .iter()
        .filter_map(|&state| match &states[state as usize].step {
            Step::Byte(ranges) => Some(ranges.as_slice()),
            _ => None,
        });
    let alphabet = Alphabet::new(steps);
    let max_rows = row_bytes / (size_of::<StateNumber>() * alphabet.len());
    let (rows, sparse) = if bytes.len() <= max_rows {
        (bytes, Vec::new())
    } else {
        // Code values are more like samples than unlike them.
        let is_sampled = |state: &State| states[*state as usize].is_sampled;
        let (mut rows, mut sparse): (Vec<State>, Vec<State>) =
            bytes.into_iter().partition(is_sampled);
        sparse.extend(rows.drain(max_rows.min(rows.len())..));
        (rows, sparse)
    };
    let is_unknown = |state: &State| matches!(states[*state as usize].step, Step::Unknown);
    let (unknown, mut ops): (Vec<State>, Vec<State>) = others.into_iter().partition(is_unknown);
    // One step stands for all states of which nothing is known.
    ops.extend(unknown.first());
    ops.extend(sparse);
    let spans: Vec<(State, CharClass)> = rows
        .iter()
        .filter_map(|&state| Some((state, span(&states[state as usize], state)?)))
        .collect();
    let mut layout = Layout {
        nfa,
        states,
        alphabet: &alphabet,
        numbers: vec![0; states.len()],
        row_numbers: vec![0; states.len()],
        dfa: Dfa::new(alphabet.classes(), alphabet.len(), members(chains.sets())),
        classes: HashMap::new(),
        lists: HashMap::new(),
        partitions: HashMap::new(),
    };
    layout.number(&rows, &ops, &unknown, &spans)?;
    layout.add_rows(&rows);
    for &state in &ops {
        let op = layout.op(state, macros[state as usize].as_ref())?;
        layout.dfa.ops.push(op);
    }
    for (state, class) in spans {
        let class = layout.add_class(class)?;
        let next = layout.row_numbers[state as usize];
        layout.dfa.ops.push(Op::Span { class, next });
    }
    let starts = starts
        .iter()
        .map(|&start| layout.numbers[start as usize])
        .collect();
    layout.dfa.shrink_to_fit();
    Some((layout.dfa, starts))
}

/// Returns by byte the sets that it is in, a bit for each.
fn members(sets: &[ByteSet]) -> Box<[u64; 256]> {
    let mut members = Box::new([0; 256]);
    for (number, set) in sets.iter().enumerate() {
        for byte in set.members() {
            members[usize::from(byte)] |= 1 << number;
        }
    }
    members
}

/// Returns the ASCII bytes that lead from `state` to itself, if they can be compared sixteen at a
/// time, and have all digits and small letters, so that most runs of them are long.
fn span(info: &StateInfo, state: State) -> Option<CharClass> {
    let Step::Byte(ranges) = &info.step else {
        return None;
    };
    let itself = ranges
        .iter()
        .filter(|&&(low, _, to)| to == state && low.is_ascii());
    let itself: Vec<(char, char)> = itself
        .map(|&(low, high, _)| (char::from(low), char::from(high.min(0x7f))))
        .collect();
    let class = CharClass::of_ranges(&itself);
    let mut common = ('0'..='9').chain('a'..='z');
    let is_common = class.is_compared() && common.all(|c| class.contains(c));
    is_common.then_some(class)
}

struct Layout<'a> {
    nfa: &'a Nfa,
    states: &'a [StateInfo],
    alphabet: &'a Alphabet,
    /// By state, the number by which others lead there.
    numbers: Vec<StateNumber>,
    /// By state, its own number, also if a span is in front of it.
    row_numbers: Vec<StateNumber>,
    dfa: Dfa,
    /// By class of the automaton, that of the DFA.
    classes: HashMap<u32, u16>,
    lists: HashMap<Box<[u32]>, Span>,
    /// By partition, where it begins in that of the DFA.
    partitions: HashMap<Vec<u8>, u32>,
}

impl Layout<'_> {
    /// Numbers all states: those of `ops`, among them one for all `unknown` ones, and then those of
    /// `spans` follow the rows. Returns `None` if there are too many.
    fn number(
        &mut self,
        rows: &[State],
        ops: &[State],
        unknown: &[State],
        spans: &[(State, CharClass)],
    ) -> Option<()> {
        let columns = self.alphabet.len();
        for (&state, number) in rows.iter().zip((0..).step_by(columns)) {
            let number = StateNumber::try_from(number).ok()?;
            self.row_numbers[state as usize] = number;
        }
        self.numbers.clone_from(&self.row_numbers);
        let others = ops.iter().chain(spans.iter().map(|(state, _)| state));
        for (&state, number) in others.zip(rows.len() * columns..) {
            // Cells are found by adding a column to a number, which must not leave 32 bits.
            let number = StateNumber::try_from(number)
                .ok()
                .filter(|n| *n < MAX_NUMBER)?;
            self.numbers[state as usize] = number;
        }
        for state in unknown {
            self.numbers[*state as usize] = self.numbers[unknown[0] as usize];
        }
        Some(())
    }

    fn add_rows(&mut self, rows: &[State]) {
        let mut row = Vec::new();
        for &state in rows {
            let info = &self.states[state as usize];
            let Step::Byte(ranges) = &info.step else {
                continue;
            };
            self.alphabet.spread(ranges, &mut row);
            for &to in &row {
                let numbers = if to == state {
                    &self.row_numbers
                } else {
                    &self.numbers
                };
                self.dfa.rows.push(numbers[to as usize]);
            }
            let ends = self.list(&info.ends);
            self.dfa.row_ends.push(ends);
        }
    }

    /// Returns the step of a state that has no row; `None` if there are too many classes.
    fn op(&mut self, state: State, step: Option<&Macro>) -> Option<Op> {
        let info = &self.states[state as usize];
        let ends = self.list(&info.ends);
        Some(match (step, &info.step) {
            (Some(Macro::Chain(chain)), _) => Op::Chain {
                chain: self.chain(&chain.positions),
                ends,
                next: self.numbers[chain.next as usize],
                otherwise: self.numbers[chain.otherwise as usize],
            },
            (_, Step::Unknown) => Op::HandOver,
            (Some(Macro::Byte), Step::Byte(ranges)) => self.sparse(ranges, ends),
            (_, Step::Byte(_)) => Op::End { ends },
            (
                _,
                &Step::Run {
                    class,
                    min,
                    max,
                    next,
                },
            ) => Op::Run {
                class: self.class(class)?,
                min,
                max: if max == UNBOUNDED {
                    u32::MAX
                } else {
                    max.into()
                },
                ends,
                next: self.numbers[next as usize],
            },
            (
                _,
                Step::Accept {
                    rules,
                    is_line,
                    next,
                },
            ) => {
                let rules = self.list(rules);
                Op::Accept {
                    rules,
                    is_line: *is_line,
                    next: self.numbers[*next as usize],
                    next_rule: self.states[*next as usize].first_rule,
                }
            }
        })
    }

    fn sparse(&mut self, ranges: &[(u8, u8, State)], ends: Span) -> Op {
        let mut row = Vec::new();
        self.alphabet.spread(ranges, &mut row);
        let mut targets: Vec<State> = Vec::new();
        let target = |to: State| {
            let known = targets.iter().position(|&other| other == to);
            let index = known.unwrap_or_else(|| {
                targets.push(to);
                targets.len() - 1
            });
            u8::try_from(index).expect("a row has at most 256 columns")
        };
        let partition: Vec<u8> = row.into_iter().map(target).collect();
        let partitions = &mut self.dfa.partitions;
        let partition = *self.partitions.entry(partition).or_insert_with_key(|new| {
            let first = number(partitions.len());
            partitions.extend_from_slice(new);
            first
        });
        let first = number(self.dfa.targets.len());
        let numbers = targets.iter().map(|&to| self.numbers[to as usize]);
        self.dfa.targets.extend(numbers);
        Op::Sparse(Sparse {
            partition,
            targets: first,
            ends,
        })
    }

    fn chain(&mut self, positions: &[Position]) -> Chain {
        let chain = Chain {
            words: number(self.dfa.words.len()),
            checks: number(self.dfa.checks.len()),
            length: short(positions.len()),
            check_count: short(
                positions
                    .iter()
                    .filter(|p| matches!(p, Position::Set(_)))
                    .count(),
            ),
        };
        for (index, chunk) in positions.chunks(8).enumerate() {
            let (mut text, mut mask) = ([0; 8], [0; 8]);
            for (at, position) in chunk.iter().enumerate() {
                match *position {
                    Position::Masked(byte, bits) => (text[at], mask[at]) = (byte, bits),
                    Position::Set(set) => self.dfa.checks.push((short(8 * index + at), set)),
                }
            }
            self.dfa.words.push([text, mask].map(u64::from_le_bytes));
        }
        chain
    }

    fn class(&mut self, class: u32) -> Option<u16> {
        if let Some(&known) = self.classes.get(&class) {
            return Some(known);
        }
        let index = self.add_class(self.nfa.classes[class as usize].class.clone())?;
        self.classes.insert(class, index);
        Some(index)
    }

    fn add_class(&mut self, class: CharClass) -> Option<u16> {
        let classes = &mut self.dfa.classes;
        let is_known = |known: &RunClass| known.class == class;
        let index = classes.iter().position(is_known).unwrap_or_else(|| {
            classes.push(RunClass::new(class));
            classes.len() - 1
        });
        u16::try_from(index).ok()
    }

    fn list(&mut self, rules: &[u32]) -> Span {
        if rules.is_empty() {
            return Span::EMPTY;
        }
        if let Some(&list) = self.lists.get(rules) {
            return list;
        }
        let first = self.dfa.rules.len();
        self.dfa.rules.extend_from_slice(rules);
        let list = Span::new(first, self.dfa.rules.len());
        self.lists.insert(rules.into(), list);
        list
    }
}

/// Returns the index `n` of an element of an array, which the budget bounds.
fn number(n: usize) -> u32 {
    u32::try_from(n).expect("the budget bounds arrays")
}

/// Returns a number of bytes of a chain.
fn short(n: usize) -> u8 {
    u8::try_from(n).expect("chains are short")
}
