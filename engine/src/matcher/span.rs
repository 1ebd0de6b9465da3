//! Elements of an array that lie next to each other.

use std::ops::Range;

/// A range of indices into one of a tree's arrays, half the size of a [`Range<usize>`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// The index of the first element.
    first: u32,
    /// The index after the last element.
    end: u32,
}

impl Span {
    pub(super) const EMPTY: Self = Self { first: 0, end: 0 };

    /// The elements from `first` to before `end`.
    pub(super) fn new(first: usize, end: usize) -> Self {
        let number = |n| u32::try_from(n).expect("trees are bounded by the config");
        Self {
            first: number(first),
            end: number(end),
        }
    }

    pub(super) const fn is_empty(self) -> bool {
        self.first == self.end
    }

    /// Returns the indices of the elements.
    pub(super) const fn range(self) -> Range<usize> {
        self.first as usize..self.end as usize
    }
}
