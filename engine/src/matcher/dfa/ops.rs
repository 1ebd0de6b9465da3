//! The steps of a DFA that have no row.

use crate::matcher::cost;
use crate::matcher::span::Span;

/// The number of a state: for one with a row, where that begins in `Dfa::rows`; for others, the
/// index in `Dfa::ops`, plus the size of all rows.
pub(super) type StateNumber = u32;

/// A step that is not one byte.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    /// The code value must end here. Without any rules, nothing is accepted.
    End { ends: Span },
    /// Some bytes, one after the other. At the first that is another one, the walk goes on in the
    /// state `otherwise`.
    Chain {
        chain: Chain,
        ends: Span,
        next: StateNumber,
        otherwise: StateNumber,
    },
    /// One byte.
    Sparse(Sparse),
    /// The longest run of members of a class.
    Run {
        class: u16,
        min: u16,
        max: u32,
        ends: Span,
        next: StateNumber,
    },
    /// As many members of a class as there are, and then the row of the state `next`.
    Span { class: u16, next: StateNumber },
    /// The rules accept, whatever follows; if `is_line`, only if that has no line terminator.
    Accept {
        rules: Span,
        is_line: bool,
        next: StateNumber,
        /// The first rule that can accept beyond.
        next_rule: u32,
    },
    /// The DFA ends here.
    HandOver,
}

/// A text, some bytes of which have a choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    /// The index of its first word in `Dfa::words`.
    pub(super) words: u32,
    /// The index of its first check in `Dfa::checks`.
    pub(super) checks: u32,
    /// The number of bytes.
    pub(super) length: u8,
    /// The number of checks.
    pub(super) check_count: u8,
}

impl Chain {
    /// Returns the steps of comparing it with bytes of which the first `matched` match.
    pub(super) fn steps(self, matched: usize) -> u64 {
        let checks = if matched == usize::from(self.length) {
            u64::from(self.check_count)
        } else {
            0
        };
        cost::comparison(matched + 1) + checks
    }
}

/// A step of one byte that takes less memory than a row, and more time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sparse {
    /// The index in `Dfa::partitions` where its partition begins.
    pub(super) partition: u32,
    /// The index in `Dfa::targets` where its states begin.
    pub(super) targets: u32,
    /// The rules that accept if the code value ends here.
    pub(super) ends: Span,
}
