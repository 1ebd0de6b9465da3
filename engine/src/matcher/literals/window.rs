//! A few bytes at a fixed place in a text, in any case of its ASCII letters, and their hash.

/// The last bytes, at most eight, before a certain one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Window {
    /// How many bytes of the text there are up to the window's end; at least one.
    end: u8,
}

/// What a window shows of a text: its bytes, folded to lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct View(u64);

/// The hash of a view, and of which window it is through.
#[derive(Clone, Copy)]
pub(super) struct ViewHash(u64);

/// How many bytes a window has, but for those near the beginning of a text.
const WIDTH: usize = 8;

impl Window {
    /// The last end that there is: beyond it nothing is looked at.
    pub(super) const MAX_END: usize = 64;

    /// The one that shows the first byte only.
    pub(super) const FIRST_BYTE: Self = Self { end: 1 };

    /// The window up to the byte `end`, from 1 to [`Self::MAX_END`].
    pub(super) fn new(end: usize) -> Self {
        debug_assert!((1..=Self::MAX_END).contains(&end), "{end}");
        Self {
            end: u8::try_from(end).expect("at most MAX_END"),
        }
    }

    pub(super) fn end(self) -> usize {
        usize::from(self.end)
    }

    /// What it shows of `text`; `None` if the text ends before it.
    #[inline]
    pub(super) fn view(self, text: &[u8]) -> Option<View> {
        let end = self.end();
        let before_end = text.get(..end)?;
        if let Some(bytes) = before_end.last_chunk::<WIDTH>() {
            return Some(View(fold(u64::from_le_bytes(*bytes))));
        }
        // Short windows begin where the text does.
        let word = match text.first_chunk::<WIDTH>() {
            Some(bytes) => u64::from_le_bytes(*bytes) & !(u64::MAX << (end * 8)),
            None => before_end
                .iter()
                .rev()
                .fold(0, |word, &byte| word << 8 | u64::from(byte)),
        };
        Some(View(fold(word)))
    }

    #[inline]
    pub(super) fn hash(self, view: View) -> ViewHash {
        // Odd constants without structure: the fractional digits of pi.
        const BY_END: u64 = 0x243f_6a88_85a3_08d3;
        const FACTOR: u64 = 0x1319_8a2e_0370_7345;
        let word = view.0 ^ u64::from(self.end).wrapping_mul(BY_END);
        // Both halves of the full product, so that each bit of the input reaches all of the output.
        let product = u128::from(word) * u128::from(FACTOR);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the two halves of 128 bits"
        )]
        let (low, high) = (product as u64, (product >> 64) as u64);
        ViewHash(low ^ high)
    }
}

impl ViewHash {
    /// Where to look in a table of so many places, a power of two.
    #[inline]
    pub(super) fn place(self, places: usize) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the table is smaller than 32 bits"
        )]
        let low = self.0 as u32 as usize;
        low & (places - 1)
    }

    /// What tells hashes apart that lead to the same place: 15 bits, not 0.
    #[inline]
    pub(super) fn tag(self) -> u16 {
        (self.0 >> 49) as u16 | 1
    }
}

/// Eight bytes with their ASCII capitals in lower case.
#[inline]
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

    use super::{View, Window, fold};

    #[test]
    fn folds_as_the_standard_library_does() {
        for start in 0..=255_u8 {
            let bytes = [0, 1, 2, 3, 4, 5, 6, 7].map(|more: u8| start.wrapping_add(more));
            let folded = bytes.map(|byte| byte.to_ascii_lowercase());
            assert_eq!(fold(u64::from_le_bytes(bytes)), u64::from_le_bytes(folded));
        }
    }

    #[test]
    fn a_view_is_the_same_whatever_follows() {
        let text = b"HTTPS://qr.Example/abcdefgh/ijkl";
        let lower = text.to_ascii_lowercase();
        for end in 1..=text.len() {
            let window = Window::new(end);
            let view = window.view(text);
            assert!(view.is_some());
            assert_eq!(view, window.view(&lower[..end]), "{end}");
            assert_eq!(window.view(&text[..end - 1]), None);
        }
    }

    /// A weak hash of short keys would cost twice the time.
    #[test]
    fn short_views_spread() {
        let window = Window::new(5);
        let place = |i: u64| window.hash(View(0x3832 | i << 16)).place(8192);
        let places: HashSet<usize> = (0..4096).map(place).collect();
        // Thrown at random, 4096 keys fill 3223 of 8192 places.
        assert!(places.len() > 3100, "{} places", places.len());
    }
}
