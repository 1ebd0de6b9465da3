//! Finds groups by walking over a code value, without trying anything.

use memchr::{memchr, memchr2, memchr3, memrchr, memrchr2, memrchr3};
use regex_automata::util::primitives::NonMaxUsize;

use super::byte_set::ByteSet;
use super::sequence::Slot;
use crate::matcher::char_class::CharClass;
use crate::matcher::cost::{self, Cost};

/// The way from the ends of a code value to the groups in it: each step leads from one place to
/// another, which is the only one possible in any match.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) steps: Box<[Step]>,
    /// The number of places that are saved.
    pub(super) slots: usize,
}

/// A step from one place to another.
#[derive(Debug)]
pub(super) struct Step {
    /// The slot of the place at which the step begins.
    pub(super) from: Slot,
    /// The number of bytes between that place and the one at which `read` begins.
    pub(super) shift: i32,
    pub(super) read: Read,
    /// The slot of the place to which the step leads.
    pub(super) to: Slot,
}

/// The reading of a step.
#[derive(Debug)]
pub(super) enum Read {
    Nothing,
    /// All before one of some bytes, or before the end.
    Until(Bytes),
    /// All after the last one of some bytes, or after the begin, backwards.
    BackUntil(Bytes),
    /// The longest run of members of a class which has all characters beyond ASCII, or none.
    Run(Box<CharClass>),
    /// As [`Self::Run`], backwards.
    BackRun(Box<CharClass>),
    /// A number of characters.
    Characters(u32),
    /// A number of characters, backwards.
    BackCharacters(u32),
    /// The reading of one of several branches.
    Choice(Box<Choice>),
}

/// Up to three ASCII bytes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bytes {
    One(u8),
    Two([u8; 2]),
    Three([u8; 3]),
}

/// Branches of which one byte decides.
#[derive(Debug)]
pub(super) struct Choice {
    /// The distance of that byte from the begin of the branches.
    pub(super) distance: usize,
    /// The bytes for which each branch is taken, and its steps, which save the branch's end, too.
    pub(super) branches: Box<[(ByteSet, Box<[Step]>)]>,
}

/// The steps of [`cost`] of a step that reads nothing.
const STEP: u64 = 2;

/// The bytes of a code value that are searched for one of some bytes in a step.
const SEARCHED_BYTES: u64 = 16;

impl Walk {
    /// Saves in `slots` the places of the groups in `code`, which the pattern matches. The first two
    /// slots are those of the whole match; all others are empty.
    pub(super) fn find(&self, code: &str, slots: &mut [Option<NonMaxUsize>]) {
        slots[0] = NonMaxUsize::new(0);
        slots[1] = NonMaxUsize::new(code.len());
        take(&self.steps, code, slots);
    }

    /// Returns the steps of [`cost`] that [`Self::find`] takes for `code`.
    pub(super) fn steps(&self, code: &str) -> u64 {
        let mut slots = vec![None; self.slots];
        self.find(code, &mut slots);
        steps(&self.steps, code, &slots)
    }

    /// Returns the most steps of [`cost`] that [`Self::find`] takes for any code value.
    pub(super) fn max_steps(&self) -> u64 {
        bound(&self.steps).total()
    }

    /// Returns the number of bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        heap_bytes(&self.steps)
    }
}

fn take(steps: &[Step], code: &str, slots: &mut [Option<NonMaxUsize>]) {
    for step in steps {
        let from = begin(step, slots).min(code.len());
        let bytes = code.as_bytes();
        let to = match &step.read {
            Read::Nothing => from,
            Read::Until(of) => of
                .find(&bytes[from..])
                .map_or(code.len(), |length| from + length),
            Read::BackUntil(of) => of.find_last(&bytes[..from]).map_or(0, |at| at + 1),
            Read::Run(class) => class.run_end(code, from, 0, u32::MAX).unwrap_or(code.len()),
            Read::BackRun(class) => class.run_begin(&bytes[..from]),
            Read::Characters(count) => {
                let mut rest = bytes[from..].iter().enumerate().filter(is_first);
                let after = rest.nth(*count as usize);
                after.map_or(code.len(), |(length, _)| from + length)
            }
            Read::BackCharacters(count) => {
                let before = bytes[..from].iter().enumerate().filter(is_first);
                let first = before.rev().take(*count as usize).last();
                first.map_or(from, |(at, _)| at)
            }
            Read::Choice(choice) => {
                if let Some(steps) = choice.branch(bytes, from) {
                    take(steps, code, slots);
                }
                continue;
            }
        };
        slots[usize::from(step.to)] = NonMaxUsize::new(to);
    }
}

/// Returns the place at which `step` begins to read.
fn begin(step: &Step, slots: &[Option<NonMaxUsize>]) -> usize {
    let from = slots[usize::from(step.from)].map_or(0, NonMaxUsize::get);
    from.saturating_add_signed(step.shift as isize)
}

/// Returns `true` for the first byte of a character.
fn is_first((_, byte): &(usize, &u8)) -> bool {
    !matches!(byte, 0x80..=0xbf)
}

impl Choice {
    /// Returns the steps of the branch that reads `code` from `from` on. There is one if the pattern
    /// matches `code`.
    fn branch(&self, code: &[u8], from: usize) -> Option<&[Step]> {
        let byte = code.get(from + self.distance).copied();
        let mut branches = self.branches.iter();
        branches
            .find(|(bytes, _)| bytes.contains(byte))
            .map(|(_, steps)| &**steps)
    }
}

impl Bytes {
    /// Returns the bytes of `set` if they are at most three, all of them ASCII.
    pub(super) fn of_set(set: ByteSet) -> Option<Self> {
        let one = set.bytes().map(|[byte]| Self::One(byte));
        let two = || set.bytes().map(Self::Two);
        one.or_else(two).or_else(|| set.bytes().map(Self::Three))
    }

    /// Returns the place of the first of the bytes in `text`.
    fn find(self, text: &[u8]) -> Option<usize> {
        match self {
            Self::One(a) => memchr(a, text),
            Self::Two([a, b]) => memchr2(a, b, text),
            Self::Three([a, b, c]) => memchr3(a, b, c, text),
        }
    }

    /// Returns the place of the last of the bytes in `text`.
    fn find_last(self, text: &[u8]) -> Option<usize> {
        match self {
            Self::One(a) => memrchr(a, text),
            Self::Two([a, b]) => memrchr2(a, b, text),
            Self::Three([a, b, c]) => memrchr3(a, b, c, text),
        }
    }
}

/// Returns the steps of [`cost`] that were taken for `code`, after which `slots` hold its places.
fn steps(steps: &[Step], code: &str, slots: &[Option<NonMaxUsize>]) -> u64 {
    let step_cost = |step: &Step| {
        let from = begin(step, slots).min(code.len());
        let to = slots[usize::from(step.to)].map_or(0, NonMaxUsize::get);
        let read = from.abs_diff(to) as u64;
        STEP + match &step.read {
            Read::Nothing => 0,
            Read::Until(_) | Read::BackUntil(_) => read / SEARCHED_BYTES,
            Read::Run(class) => class.run_steps(code, from, u32::MAX),
            Read::BackRun(_) | Read::Characters(_) | Read::BackCharacters(_) => read,
            Read::Choice(choice) => {
                let branch = choice.branch(code.as_bytes(), from);
                choice.branches.len() as u64
                    + branch.map_or(0, |branch| self::steps(branch, code, slots))
            }
        }
    };
    steps.iter().map(step_cost).sum()
}

/// Returns the most steps of [`cost`] that `steps` can take for any code value.
fn bound(steps: &[Step]) -> Cost {
    let linear = |linear| Cost { fixed: 0, linear };
    let step_bound = |step: &Step| {
        let read = match &step.read {
            Read::Nothing => Cost::default(),
            Read::Until(_) | Read::BackUntil(_) => linear(cost::MAX_BYTES / SEARCHED_BYTES),
            Read::Run(class) => class.run_bound(u32::MAX),
            Read::BackRun(_) => linear(cost::MAX_BYTES),
            Read::Characters(count) | Read::BackCharacters(count) => {
                Cost::fixed(cost::MAX_BYTES.min(4 * u64::from(*count)))
            }
            Read::Choice(choice) => {
                let branches = choice.branches.iter().map(|(_, steps)| bound(steps));
                let most = branches.fold(Cost::default(), Cost::max);
                Cost::fixed(choice.branches.len() as u64) + most
            }
        };
        Cost::fixed(STEP) + read
    };
    steps.iter().map(step_bound).sum()
}

fn heap_bytes(steps: &[Step]) -> usize {
    let read = |step: &Step| match &step.read {
        Read::Run(class) | Read::BackRun(class) => size_of::<CharClass>() + class.heap_bytes(),
        Read::Choice(choice) => {
            let branches = choice.branches.iter().map(|(_, steps)| heap_bytes(steps));
            size_of::<Choice>() + size_of_val(&*choice.branches) + branches.sum::<usize>()
        }
        Read::Nothing
        | Read::Until(_)
        | Read::BackUntil(_)
        | Read::Characters(_)
        | Read::BackCharacters(_) => 0,
    };
    size_of_val(steps) + steps.iter().map(read).sum::<usize>()
}
