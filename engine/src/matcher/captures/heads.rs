//! The bytes with which the matches of an expression can begin.

use regex_syntax::hir::{Class, Hir, HirKind, Literal, Repetition};

use super::byte_set::ByteSet;

/// The number of bytes that are looked at.
pub(super) const HEAD_BYTES: usize = 16;

/// The sets of the first bytes of some text, by their distance from its begin. A set may be larger
/// than need be.
#[derive(Clone, Debug)]
pub(super) struct Heads {
    pub(super) sets: [ByteSet; HEAD_BYTES],
    /// A bit for each distance at which what was added last can end.
    ends: u32,
}

/// The bits of all distances that are looked at.
const DISTANCES: u32 = (1 << HEAD_BYTES) - 1;

impl Heads {
    /// The heads of the empty text.
    pub(super) const fn new() -> Self {
        Self {
            sets: [ByteSet::EMPTY; HEAD_BYTES],
            ends: 1,
        }
    }

    /// Returns `true` if the text ends beyond what is looked at.
    pub(super) const fn is_full(&self) -> bool {
        self.ends == 0
    }

    /// Adds a match of `hir`.
    pub(super) fn add(&mut self, hir: &Hir) {
        self.ends = self.after(hir, self.ends);
    }

    /// Adds the end of the code value.
    pub(super) fn add_end(&mut self) {
        let first = self.ends.trailing_zeros() as usize;
        for set in self.sets.iter_mut().skip(first) {
            *set = set.or(ByteSet::END);
        }
        self.ends = 0;
    }

    /// Adds the bytes of `hir`, which begins at one of the distances `from`, and returns those where
    /// it can end.
    fn after(&mut self, hir: &Hir, from: u32) -> u32 {
        if from == 0 {
            return 0;
        }
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => from,
            HirKind::Literal(literal) => self.after_literal(literal, from),
            HirKind::Class(class) => self.after_class(class, from),
            HirKind::Capture(capture) => self.after(&capture.sub, from),
            HirKind::Repetition(repetition) => self.after_repetition(repetition, from),
            HirKind::Concat(subs) => subs.iter().fold(from, |from, sub| self.after(sub, from)),
            HirKind::Alternation(subs) => subs
                .iter()
                .fold(0, |ends, sub| ends | self.after(sub, from)),
        }
    }

    fn after_literal(&mut self, literal: &Literal, from: u32) -> u32 {
        literal.0.iter().fold(from, |from, &byte| {
            self.put(ByteSet::of(byte), from);
            from << 1 & DISTANCES
        })
    }

    fn after_class(&mut self, class: &Class, from: u32) -> u32 {
        let ascii_or_beyond = ByteSet::of_class(class);
        self.put(ascii_or_beyond, from);
        let mut ends = 0;
        let least = class.minimum_len().unwrap_or(1);
        let most = class.maximum_len().unwrap_or(1);
        for length in least..=most {
            for distance in 1..length {
                self.put(ByteSet::BEYOND_ASCII, from << distance & DISTANCES);
            }
            ends |= from << length & DISTANCES;
        }
        ends
    }

    fn after_repetition(&mut self, repetition: &Repetition, from: u32) -> u32 {
        let mut ends = if repetition.min == 0 { from } else { 0 };
        let mut at = from;
        for count in 1.. {
            if repetition.max.is_some_and(|max| count > max) {
                break;
            }
            let next = self.after(&repetition.sub, at);
            if count >= repetition.min {
                ends |= next;
            }
            // Further repetitions lead nowhere else.
            if next == at || next == 0 {
                ends |= next;
                break;
            }
            at = next;
        }
        ends
    }

    /// Adds `set` at the distances of which `at` has the bits.
    fn put(&mut self, set: ByteSet, at: u32) {
        for (distance, known) in self.sets.iter_mut().enumerate() {
            if at >> distance & 1 == 1 {
                *known = known.or(set);
            }
        }
    }
}
