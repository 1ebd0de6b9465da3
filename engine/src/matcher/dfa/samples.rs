//! Code values that rules accept, and some that they nearly accept.
//!
//! A DFA that is too large to be built in full is built where such code values lead.

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

/// The most bytes of a sample; what would be longer is cut off.
const MAX_BYTES: usize = 512;
/// The most repetitions beyond the least number.
const MORE_REPETITIONS: u32 = 12;

/// Draws samples, always the same ones.
pub(super) struct Sampler {
    random: u64,
}

impl Sampler {
    pub(super) const fn new() -> Self {
        Self {
            random: 0x9e37_79b9_7f4a_7c15,
        }
    }

    /// Draws others, the same ones for the same `seed`.
    #[cfg(test)]
    pub(super) const fn with_seed(seed: u64) -> Self {
        // Zero would stay zero.
        Self { random: seed | 1 }
    }

    /// Returns a text that `parts` match one after the other.
    pub(super) fn sample(&mut self, parts: &[Hir]) -> Vec<u8> {
        let mut text = Vec::new();
        parts.iter().for_each(|part| self.add(part, &mut text));
        text
    }

    /// Changes one byte of `text`, which is not empty.
    pub(super) fn change(&mut self, text: &mut [u8]) {
        const BYTES: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/-";
        let at = self.below(text.len());
        text[at] = BYTES[self.below(BYTES.len())];
    }

    fn add(&mut self, hir: &Hir, text: &mut Vec<u8>) {
        if text.len() >= MAX_BYTES {
            return;
        }
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => text.extend_from_slice(&literal.0),
            HirKind::Class(class) => {
                let c = self.member(class);
                text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            HirKind::Capture(capture) => self.add(&capture.sub, text),
            HirKind::Repetition(Repetition { min, max, sub, .. }) => {
                let more = max
                    .map_or(MORE_REPETITIONS, |max| max - min)
                    .min(MORE_REPETITIONS);
                let count = *min as usize + self.below(more as usize + 1);
                for _ in 0..count.min(MAX_BYTES) {
                    self.add(sub, text);
                }
            }
            HirKind::Concat(subs) => subs.iter().for_each(|sub| self.add(sub, text)),
            HirKind::Alternation(subs) => {
                let choice = self.below(subs.len());
                self.add(&subs[choice], text);
            }
        }
    }

    /// Returns a member of `class`: one that is printable ASCII, if there is one.
    fn member(&mut self, class: &Class) -> char {
        match class {
            Class::Unicode(class) => {
                let ranges = class.ranges().iter();
                self.member_of(ranges.map(|r| (r.start().into(), r.end().into())))
            }
            Class::Bytes(class) => {
                let ranges = class.ranges().iter();
                self.member_of(ranges.map(|r| (r.start().into(), r.end().into())))
            }
        }
    }

    fn member_of(&mut self, ranges: impl Iterator<Item = (u32, u32)> + Clone) -> char {
        let printable = ranges.clone().map(|(a, b)| (a.max(0x21), b.min(0x7e)));
        let printable = printable.filter(|(a, b)| a <= b);
        if printable.clone().next().is_some() {
            self.one_of(printable)
        } else {
            self.one_of(ranges)
        }
    }

    /// Returns a character of one of `ranges`, each of which is chosen for its size, so that a
    /// letter of `[a-z_]` is mostly not `_`.
    fn one_of(&mut self, ranges: impl Iterator<Item = (u32, u32)> + Clone) -> char {
        let size = |&(start, end): &(u32, u32)| (end - start) as usize + 1;
        let total: usize = ranges.clone().map(|range| size(&range)).sum();
        let mut at = if total == 0 { 0 } else { self.below(total) };
        for range in ranges {
            if at < size(&range) {
                let c = u32::try_from(at)
                    .ok()
                    .and_then(|at| char::from_u32(range.0 + at));
                return c.unwrap_or('\u{e000}');
            }
            at -= size(&range);
        }
        '\0'
    }

    /// Returns a number below `limit`, which is not 0.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        // Marsaglia's xorshift.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random >> 33).unwrap_or(0) % limit
    }
}
