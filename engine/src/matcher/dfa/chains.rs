//! States that follow each other without a choice, so that their bytes are compared together.

use std::borrow::Cow;

use super::nfa::{Nfa, UNBOUNDED};
use super::states::{DEAD, State, StateInfo, Step};
use crate::matcher::byte_set::ByteSet;

/// The fewest bytes of a chain; shorter ones are single steps.
const MIN_LENGTH: usize = 6;
/// The fewest bytes of a chain that other bytes leave without an end of the walk.
const MIN_LENGTH_OTHERWISE: usize = 3;
/// The most bytes of a chain.
const MAX_LENGTH: usize = 64;
/// The most sets of bytes that the chains of a DFA consist of, besides those of one mask: the bits of
/// a word.
const MAX_SETS: usize = 64;

/// States that follow each other.
pub(super) struct StateChain {
    /// The bytes that lead on.
    pub(super) positions: Vec<Position>,
    /// The state after them.
    pub(super) next: State,
    /// The state that has the same way as each of the chain for all other bytes.
    pub(super) otherwise: State,
}

/// The bytes that lead on at a place of a chain.
#[derive(Clone, Copy, Debug)]
pub(super) enum Position {
    /// Those that are `.0` after masking with `.1`.
    Masked(u8, u8),
    /// Those of a set, by its number.
    Set(u8),
}

/// A state of a chain: some bytes lead to `next`, and all others the way of `otherwise`.
struct Link {
    bytes: ByteSet,
    next: State,
    otherwise: State,
}

/// Finds chains.
pub(super) struct Chains<'a> {
    nfa: &'a Nfa,
    states: &'a [StateInfo],
    sets: Vec<ByteSet>,
    /// The last state that was asked for its bytes, and where they lead, if most lead back to it.
    last: Option<(State, Option<Cow<'a, [Range]>>)>,
}

/// The bytes from `.0` to `.1`, which lead to the state `.2`.
type Range = (u8, u8, State);

impl<'a> Chains<'a> {
    pub(super) const fn new(nfa: &'a Nfa, states: &'a [StateInfo]) -> Self {
        Self {
            nfa,
            states,
            sets: Vec::new(),
            last: None,
        }
    }

    /// Returns the sets of bytes of all chains that were found.
    pub(super) fn sets(&self) -> &[ByteSet] {
        &self.sets
    }

    /// Returns the chain that begins with `state`; `None` if it is short.
    pub(super) fn chain(&mut self, state: State) -> Option<StateChain> {
        let first = self.link(state, None)?;
        let otherwise = first.otherwise;
        let ends = &self.states[otherwise as usize].ends;
        let mut next = first.next;
        let mut links = vec![first];
        while links.len() < MAX_LENGTH
            && self.states[next as usize].ends == *ends
            && let Some(link) = self.link(next, Some(otherwise))
        {
            next = link.next;
            links.push(link);
        }
        let min = if otherwise == DEAD {
            MIN_LENGTH
        } else {
            MIN_LENGTH_OTHERWISE
        };
        if links.len() < min {
            return None;
        }
        let mut positions = Vec::with_capacity(links.len());
        for link in &links {
            let Some(position) = self.position(&link.bytes, otherwise) else {
                break;
            };
            positions.push(position);
            next = link.next;
        }
        (positions.len() >= min).then_some(StateChain {
            positions,
            next,
            otherwise,
        })
    }

    /// Returns `state` as a link of a chain, if it can be one; the state whose way other bytes go is
    /// chosen if it is `None`.
    fn link(&mut self, state: State, otherwise: Option<State>) -> Option<Link> {
        let ranges = self.ranges(state)?;
        let &(_, _, first) = ranges.first()?;
        if ranges.iter().all(|&(_, _, to)| to == first) {
            let mut bytes = ByteSet::default();
            ranges
                .iter()
                .for_each(|&(low, high, _)| bytes.insert(low, high));
            let is_suitable = otherwise.is_none_or(|otherwise| otherwise == DEAD);
            return is_suitable.then_some(Link {
                bytes,
                next: first,
                otherwise: DEAD,
            });
        }
        let otherwise = match otherwise {
            Some(otherwise) => otherwise,
            None => most_frequent(ranges)?,
        };
        let (bytes, next) = difference(ranges, self.ranges_otherwise(otherwise)?)?;
        Some(Link {
            bytes,
            next,
            otherwise,
        })
    }

    fn ranges(&self, state: State) -> Option<&'a [Range]> {
        match &self.states[state as usize].step {
            Step::Byte(ranges) => Some(ranges),
            _ => None,
        }
    }

    /// Returns the ranges of bytes of `state`; `None` if most bytes do not lead back to it. If they do, it
    /// is never in a chain with others for other bytes, so that a walk goes on there.
    fn ranges_otherwise(&mut self, state: State) -> Option<&[Range]> {
        if self.last.as_ref().is_none_or(|(last, _)| *last != state) {
            let ranges = match self.states[state as usize].step {
                Step::Run {
                    class,
                    min: 0,
                    max: UNBOUNDED,
                    next,
                } => self.run_ranges(state, class, next).map(Cow::Owned),
                _ => self.ranges(state).map(Cow::Borrowed),
            };
            let ranges = ranges.filter(|ranges| most_frequent(ranges) == Some(state));
            self.last = Some((state, ranges));
        }
        self.last.as_ref()?.1.as_deref()
    }

    /// Returns the ranges of bytes of `state`, where a run of any length begins; `None` if it is not a
    /// run of ASCII.
    fn run_ranges(&self, state: State, class: u32, next: State) -> Option<Vec<Range>> {
        let class = &self.nfa.classes[class as usize].class;
        let mut ranges = self.ranges(next)?.to_vec();
        for (low, high) in class.ranges() {
            let byte = |c| u8::try_from(c).ok().filter(u8::is_ascii);
            ranges.push((byte(low)?, byte(high)?, state));
        }
        // What follows a run does not begin with a member.
        ranges.sort_unstable();
        Some(ranges)
    }

    /// Returns `bytes` as a position; `None` if there are too many sets, or other bytes do not end the
    /// walk, so that the first of them has to be found.
    fn position(&mut self, bytes: &ByteSet, otherwise: State) -> Option<Position> {
        let mut members = bytes.members();
        let first = members.next()?;
        match (members.next(), members.next()) {
            (None, _) => return Some(Position::Masked(first, 0xff)),
            (Some(second), None) if (first ^ second).is_power_of_two() => {
                let mask = !(first ^ second);
                return Some(Position::Masked(first & mask, mask));
            }
            _ if otherwise != DEAD => return None,
            _ => {}
        }
        let number = match self.sets.iter().position(|known| known == bytes) {
            Some(known) => known,
            None if self.sets.len() < MAX_SETS => {
                self.sets.push(*bytes);
                self.sets.len() - 1
            }
            None => return None,
        };
        u8::try_from(number).ok().map(Position::Set)
    }
}

/// Returns the state that most bytes of `ranges` lead to; `None` if there are many states.
fn most_frequent(ranges: &[Range]) -> Option<State> {
    const MAX_STATES: usize = 8;
    let mut counts: Vec<(usize, State)> = Vec::with_capacity(MAX_STATES);
    for &(low, high, to) in ranges {
        let bytes = usize::from(high - low) + 1;
        match counts.iter().position(|(_, state)| *state == to) {
            Some(known) => counts[known].0 += bytes,
            None if counts.len() < MAX_STATES => counts.push((bytes, to)),
            None => return None,
        }
    }
    counts.into_iter().max().map(|(_, state)| state)
}

/// Returns the bytes that lead elsewhere in `ranges` than in `others`, and where they lead in `ranges`;
/// `None` if they are more than two, or lead to several states.
fn difference(ranges: &[Range], others: &[Range]) -> Option<(ByteSet, State)> {
    const MAX_BYTES: usize = 2;
    let mut bytes = ByteSet::default();
    let mut count = 0;
    let mut next = None;
    let mut first = 0;
    let (mut at, mut other_at) = (0, 0);
    loop {
        let (to, last) = piece(ranges, &mut at, first);
        let (other, other_last) = piece(others, &mut other_at, first);
        let last = last.min(other_last);
        if to != other {
            count += usize::from(last - first) + 1;
            if count > MAX_BYTES || *next.get_or_insert(to) != to {
                return None;
            }
            bytes.insert(first, last);
        }
        match last.checked_add(1) {
            Some(after) => first = after,
            None => return Some((bytes, next?)),
        }
    }
}

/// Returns where `byte` leads, and the last byte up to which all lead there. `at` is the index of a
/// range that does not lie behind `byte`, and is moved on to it.
fn piece(ranges: &[Range], at: &mut usize, byte: u8) -> (State, u8) {
    while ranges.get(*at).is_some_and(|&(_, high, _)| high < byte) {
        *at += 1;
    }
    match ranges.get(*at) {
        Some(&(low, high, to)) if low <= byte => (to, high),
        Some(&(low, ..)) => (DEAD, low - 1),
        None => (DEAD, u8::MAX),
    }
}
