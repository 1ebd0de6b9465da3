//! The hash of the beginning of a text, in any case of its ASCII letters.

/// The hash of so many first bytes.
#[derive(Clone, Copy)]
pub(super) struct PrefixHash(u64);

/// A hash in the making: goes over a text once, and stops at several lengths on its way.
pub(super) struct PrefixHasher<'a> {
    text: &'a [u8],
    /// How many bytes, a multiple of eight, `state` stands for.
    at: usize,
    state: u64,
    /// The eight bytes after these, folded.
    word: u64,
}

// Two odd constants without structure: the fractional digits of pi, as in other mixers.
const FIRST: u64 = 0x243f_6a88_85a3_08d3;
const FACTOR: u64 = 0x1319_8a2e_0370_7345;

impl PrefixHash {
    /// Of the first `length` bytes of `text`, which has as many.
    pub(super) fn of(text: &[u8], length: usize) -> Self {
        PrefixHasher::new(text).prefix(length)
    }

    /// Where to look in a table of `slots` slots, a power of two.
    pub(super) fn slot(self, slots: usize) -> usize {
        // The low half; the cast keeps what the mask keeps.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the table is smaller than the half"
        )]
        let low = self.0 as u32 as usize;
        low & (slots - 1)
    }

    /// What tells a slot's own hash from others.
    pub(super) fn tag(self) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "the upper half of 64 bits")]
        let high = (self.0 >> 32) as u32;
        high
    }
}

impl<'a> PrefixHasher<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            state: FIRST,
            word: fold(word_at(text, 0)),
        }
    }

    /// The hash of the first `length` bytes: not fewer than before, and the text has as many.
    #[inline(always)]
    pub(super) fn prefix(&mut self, length: usize) -> PrefixHash {
        while self.at + 8 <= length {
            self.state = mix(self.state ^ self.word);
            self.at += 8;
            self.word = fold(word_at(self.text, self.at));
        }
        let rest = length - self.at;
        let last = self.word & !(u64::MAX << (rest * 8));
        PrefixHash(mix(self.state ^ last ^ (length as u64) << 57))
    }
}

/// The eight bytes of `text` from `at` on, which is no more than its length, and zeros after them.
#[inline]
fn word_at(text: &[u8], at: usize) -> u64 {
    let rest = &text[at..];
    if let Some(bytes) = rest.first_chunk::<8>() {
        return u64::from_le_bytes(*bytes);
    }
    // The last eight bytes hold the rest in their upper part.
    match text.last_chunk::<8>() {
        Some(_) if rest.is_empty() => 0,
        Some(bytes) => u64::from_le_bytes(*bytes) >> (64 - rest.len() * 8),
        None => rest
            .iter()
            .rev()
            .fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

/// Both halves of the full product, so that each bit of the input reaches all of the output.
fn mix(word: u64) -> u64 {
    let product = u128::from(word) * u128::from(FACTOR);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the two halves of 128 bits"
    )]
    let (low, high) = (product as u64, (product >> 64) as u64);
    low ^ high
}

/// Eight bytes with their ASCII capitals in lower case.
fn fold(word: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let seven_bits = word & (0x7f * EACH);
    let beyond_z = seven_bits + (0x7f - b'Z' as u64) * EACH;
    let from_a = seven_bits + (0x80 - b'A' as u64) * EACH;
    let capital = (from_a ^ beyond_z) & !word & (0x80 * EACH);
    word | capital >> 2
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{PrefixHash, PrefixHasher, fold};

    #[test]
    fn folds_as_the_standard_library_does() {
        for start in 0..=255_u8 {
            let bytes: [u8; 8] = std::array::from_fn(|i| start.wrapping_add(i as u8));
            let folded = bytes.map(|byte| byte.to_ascii_lowercase());
            assert_eq!(fold(u64::from_le_bytes(bytes)), u64::from_le_bytes(folded));
        }
    }

    #[test]
    fn a_prefix_hashes_alike_whatever_follows() {
        let text = b"HTTPS://qr.Example/abcdefgh/ijkl";
        let lower = text.to_ascii_lowercase();
        let mut hasher = PrefixHasher::new(text);
        for length in [1, 7, 8, 9, 15, 16, 17, 31, 32] {
            let hash = hasher.prefix(length).0;
            assert_eq!(hash, PrefixHash::of(&lower[..length], length).0, "{length}");
        }
    }

    /// A weak hash of short keys would cost twice the time.
    #[test]
    fn short_keys_spread() {
        let keys: Vec<String> = (0..4096).map(|i| format!("28{i:03x}")).collect();
        let slots: HashSet<usize> = keys
            .iter()
            .map(|key| PrefixHash::of(key.as_bytes(), 5).slot(8192))
            .collect();
        // Thrown at random, 4096 keys fill 3223 of 8192 slots.
        assert!(slots.len() > 3100, "{} slots", slots.len());
    }
}
