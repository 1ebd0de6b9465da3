//! Lays a determinised automaton out for walking.

use std::collections::HashMap;

use super::machine::{Chain, Dfa, Op, StateNumber};
use super::nfa::{Nfa, UNBOUNDED};
use super::run_class::RunClass;
use super::subsets::{DEAD, State, StateInfo, Step};
use crate::matcher::char_class::CharClass;
use crate::matcher::span::Span;

/// The fewest bytes of a chain: shorter ones are steps through rows.
const MIN_CHAIN: usize = 6;
/// The most bytes of a chain.
const MAX_CHAIN: usize = 64;
/// The number below which those of all states are.
const MAX_NUMBER: StateNumber = StateNumber::MAX >> 1;

/// What becomes of a state.
enum Macro {
    Row,
    Chain { bytes: Vec<(u8, u8)>, next: State },
    Op,
}

/// Lays out the states that are reached from `starts`. `classes` are the classes of bytes that the
/// automaton distinguishes, each by its last byte. Returns the DFA, and the numbers of `starts`
/// in it; `None` if there are too many states or classes.
pub(super) fn lay_out(
    nfa: &Nfa,
    states: &[StateInfo],
    starts: &[State],
    classes: &[u8],
) -> Option<(Dfa, Vec<StateNumber>)> {
    let mut macros: HashMap<State, Macro> = HashMap::new();
    let mut order = Vec::new();
    let mut pending: Vec<State> = starts.iter().rev().copied().chain([DEAD]).collect();
    while let Some(state) = pending.pop() {
        if macros.contains_key(&state) {
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
            Step::Byte(ranges) => match chain(states, state) {
                Some((bytes, next)) => {
                    pending.push(next);
                    Macro::Chain { bytes, next }
                }
                None => {
                    pending.extend(ranges.iter().rev().map(|&(.., to)| to));
                    Macro::Row
                }
            },
        };
        macros.insert(state, step);
    }
    let is_row = |state: &&State| matches!(macros[*state], Macro::Row);
    let rows: Vec<State> = order.iter().filter(is_row).copied().collect();
    let others = order.iter().filter(|state| !is_row(state)).copied();
    let is_unknown = |state: &State| matches!(states[*state as usize].step, Step::Unknown);
    let (unknown, mut ops): (Vec<State>, Vec<State>) = others.partition(is_unknown);
    // One step stands for all states of which nothing is known.
    ops.extend(unknown.first());
    let spans: Vec<(State, CharClass)> = rows
        .iter()
        .filter_map(|&state| Some((state, span(&states[state as usize], state)?)))
        .collect();
    let mut layout = Layout {
        nfa,
        numbers: HashMap::new(),
        row_numbers: HashMap::new(),
        dfa: Dfa::new(),
        classes: HashMap::new(),
        lists: HashMap::new(),
    };
    layout.add_rows(states, &rows, &ops, &unknown, &spans, classes)?;
    for &state in &ops {
        let op = layout.op(states, state, &macros[&state])?;
        layout.dfa.ops.push(op);
    }
    for (state, class) in spans {
        let class = layout.add_class(class)?;
        let next = layout.row_numbers[&state];
        layout.dfa.ops.push(Op::Span { class, next });
    }
    let starts = starts.iter().map(|start| layout.numbers[start]).collect();
    layout.dfa.shrink_to_fit();
    Some((layout.dfa, starts))
}

/// Returns the bytes that follow each other from `state` on without a choice, each as its value and
/// a mask of the bits that matter, and where they lead; `None` if these are too few.
fn chain(states: &[StateInfo], state: State) -> Option<(Vec<(u8, u8)>, State)> {
    let mut bytes = Vec::new();
    let mut at = state;
    while bytes.len() < MAX_CHAIN {
        let StateInfo { step, ends, .. } = &states[at as usize];
        if !bytes.is_empty() && !ends.is_empty() {
            break;
        }
        let Step::Byte(ranges) = step else { break };
        let (byte, mask, next) = match *ranges.as_slice() {
            [(low, high, to)] if low == high => (low, 0xff, to),
            [(low, high, to)] if low ^ high == 1 && low < high => (low, 0xfe, to),
            [(a, b, to), (c, d, too)]
                if a == b && c == d && to == too && (a ^ c).is_power_of_two() =>
            {
                (a, !(a ^ c), to)
            }
            _ => break,
        };
        bytes.push((byte & mask, mask));
        at = next;
    }
    (bytes.len() >= MIN_CHAIN).then_some((bytes, at))
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
    /// By state, the number by which others lead there.
    numbers: HashMap<State, StateNumber>,
    /// By state, its own number, also if a span is in front of it.
    row_numbers: HashMap<State, StateNumber>,
    dfa: Dfa,
    /// By class of the automaton, that of the DFA.
    classes: HashMap<u32, u16>,
    lists: HashMap<Box<[u32]>, Span>,
}

impl Layout<'_> {
    /// Adds `rows`, with a column for all bytes that lead to the same states, and numbers all
    /// states: those of `ops`, among them one for all `unknown` ones, and then those of `spans`
    /// follow the rows. Returns `None` if there are too many.
    fn add_rows(
        &mut self,
        states: &[StateInfo],
        rows: &[State],
        ops: &[State],
        unknown: &[State],
        spans: &[(State, CharClass)],
        classes: &[u8],
    ) -> Option<()> {
        // By class of bytes, the state to which each row leads.
        let mut columns: Vec<Vec<State>> = vec![vec![DEAD; rows.len()]; classes.len()];
        for (index, &state) in rows.iter().enumerate() {
            let info = &states[state as usize];
            if let Step::Byte(ranges) = &info.step {
                for &(low, high, to) in ranges {
                    let first = classes.partition_point(|&last| last < low);
                    let last = classes.partition_point(|&last| last < high);
                    for column in &mut columns[first..=last] {
                        column[index] = to;
                    }
                }
            }
            let ends = self.list(&info.ends);
            self.dfa.row_ends.push(ends);
        }
        let mut known: HashMap<&[State], u8> = HashMap::new();
        let mut distinct: Vec<&[State]> = Vec::new();
        let mut first = 0;
        for (column, &last) in columns.iter().zip(classes) {
            let next = u8::try_from(distinct.len()).expect("there are 256 bytes");
            let class = *known.entry(column).or_insert_with(|| {
                distinct.push(column);
                next
            });
            self.dfa.alphabet[first..=usize::from(last)].fill(class);
            first = usize::from(last) + 1;
        }
        self.dfa.columns = distinct.len();
        let all_rows = rows.len() * distinct.len();
        let row_numbers = rows.iter().zip((0..).step_by(distinct.len()));
        let others = ops.iter().chain(spans.iter().map(|(state, _)| state));
        for (&state, number) in row_numbers {
            self.row_numbers
                .insert(state, StateNumber::try_from(number).ok()?);
        }
        self.numbers.clone_from(&self.row_numbers);
        for (&state, number) in others.zip(all_rows..) {
            // Cells are found by adding a column to a number, which must not leave 32 bits.
            let number = StateNumber::try_from(number)
                .ok()
                .filter(|n| *n < MAX_NUMBER)?;
            self.numbers.insert(state, number);
        }
        for state in unknown {
            self.numbers.insert(*state, self.numbers[&unknown[0]]);
        }
        for (row, state) in rows.iter().enumerate() {
            let cell = |column: &&[State]| {
                let to = column[row];
                let numbers = if to == *state {
                    &self.row_numbers
                } else {
                    &self.numbers
                };
                numbers[&to]
            };
            self.dfa.rows.extend(distinct.iter().map(cell));
        }
        Some(())
    }

    /// Returns the step from `state`; `None` if there are too many classes.
    fn op(&mut self, states: &[StateInfo], state: State, step: &Macro) -> Option<Op> {
        let info = &states[state as usize];
        let ends = self.list(&info.ends);
        Some(match (step, &info.step) {
            (Macro::Chain { bytes, next }, _) => {
                let chain = self.chain(bytes);
                Op::Chain {
                    chain,
                    ends,
                    next: self.numbers[next],
                }
            }
            (_, Step::Unknown) => Op::HandOver,
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
                next: self.numbers[&next],
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
                    next: self.numbers[next],
                    next_rule: states[*next as usize].first_rule,
                }
            }
        })
    }

    fn chain(&mut self, bytes: &[(u8, u8)]) -> Chain {
        let first = self.dfa.words.len();
        for chunk in bytes.chunks(8) {
            let (mut text, mut mask) = ([0; 8], [0; 8]);
            for (at, &(byte, bits)) in chunk.iter().enumerate() {
                (text[at], mask[at]) = (byte, bits);
            }
            self.dfa.words.push([text, mask].map(u64::from_le_bytes));
        }
        Chain {
            words: Span::new(first, self.dfa.words.len()),
            length: u8::try_from(bytes.len()).expect("chains are short"),
        }
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
