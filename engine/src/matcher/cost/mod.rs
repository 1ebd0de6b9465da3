//! The cost of code values, in steps, which the engine counts: the same on every machine.
//!
//! A step is about an operation on a word. [`Visitor::spend`](super::visitor::Visitor::spend) receives
//! the steps of one search, from the places where the work is done. Beside each such place is the
//! most that it can take for any code value, and [`bound`] sums these up over a tree. So two figures
//! exist for each kind of work, and a property test holds one to the other.

mod bound;
mod construct;

use std::ops::{Add, AddAssign};

pub(super) use self::bound::Bounds;
pub(super) use self::construct::Candidates;
use crate::CodeValue;

/// The most characters of a code value.
pub(super) const MAX_CHARACTERS: u64 = CodeValue::MAX_CHARACTERS as u64;
/// The most bytes of a code value.
pub(super) const MAX_BYTES: u64 = 4 * MAX_CHARACTERS;

/// The steps of visiting a node of a tree, without its edges.
pub(super) const NODE: u64 = 4;
/// The steps of following an edge.
pub(super) const EDGE: u64 = 1;
/// The steps of a scan of a run, apart from those for its characters.
pub(super) const RUN: u64 = 2;
/// The steps of each character that a run compares with ranges beyond ASCII.
pub(super) const WIDE_CHARACTER: u64 = 4;
/// The steps of hashing a text through all windows of a set.
pub(super) const PROBES: u64 = 16;
/// The steps of the simulation for each state that is active at a byte.
pub(super) const SIMULATED_STATE: u64 = 10;

/// Returns the steps of comparing a text with a literal of `length` bytes.
pub(super) const fn comparison(length: usize) -> u64 {
    2 + length as u64 / 8
}

/// The most steps of a piece of work: some that it takes for every code value, and some that are
/// shared out to the characters of the longest code value.
///
/// Parts of a search that read different parts of a code value share the second kind: see
/// [`Self::or_linear`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// The steps that are taken once, however long the code value is.
    pub(super) fixed: u64,
    /// The steps for all characters of a code value of [`MAX_CHARACTERS`].
    pub(super) linear: u64,
}

impl Cost {
    pub(super) const fn fixed(steps: u64) -> Self {
        Self {
            fixed: steps,
            linear: 0,
        }
    }

    /// Returns the steps for the longest code value.
    pub(super) const fn total(self) -> u64 {
        self.fixed.saturating_add(self.linear)
    }

    /// Returns the greater of both in each respect, which bounds either.
    pub(super) fn max(self, other: Self) -> Self {
        Self {
            fixed: self.fixed.max(other.fixed),
            linear: self.linear.max(other.linear),
        }
    }

    /// Returns the cost of this work if other work, of `linear` steps for all characters, reads the
    /// characters before it.
    pub(super) fn or_linear(self, linear: u64) -> Self {
        Self {
            linear: self.linear.max(linear),
            ..self
        }
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            fixed: self.fixed.saturating_add(other.fixed),
            linear: self.linear.saturating_add(other.linear),
        }
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Self::add)
    }
}
