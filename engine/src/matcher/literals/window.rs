//! A few bytes at a fixed place in a text, whatever the case of its ASCII letters, and their hash.

/// The last sixteen bytes before a certain end, or fewer near the beginning of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Window {
    /// The number of bytes of the text up to the window's end: 1 to [`Self::MAX_END`].
    end: u8,
}

/// The bytes of a text that a window shows, with the case of ASCII letters folded away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct View {
    low: u64,
    high: u64,
}

/// The hash of a view.
#[derive(Clone, Copy)]
pub(super) struct ViewHash(u64);

/// The number of bytes that a window shows, unless it ends before that many.
pub(super) const WIDTH: usize = 16;

impl Window {
    /// The last end of a window. Literals that differ only after it share a bucket.
    pub(super) const MAX_END: usize = 64;

    /// The window that shows the first byte only.
    pub(super) const FIRST_BYTE: Self = Self { end: 1 };

    /// The window up to the byte `end`, from 1 to [`Self::MAX_END`].
    pub(super) fn new(end: usize) -> Self {
        debug_assert!((1..=Self::MAX_END).contains(&end), "{end}");
        Self {
            end: u8::try_from(end).expect("at most MAX_END"),
        }
    }

    /// Returns the number of bytes of the text up to the window's end.
    pub(super) fn end(self) -> usize {
        usize::from(self.end)
    }

    /// Returns what the window shows of `text`, or `None` if the text ends before the window does.
    pub(super) fn view(self, text: &[u8]) -> Option<View> {
        if text.len() < self.end() {
            return None;
        }
        self.view_of_padded(padded(text, &mut [0; WIDTH]))
    }

    /// Returns what the window shows of a text that is [`padded`].
    ///
    /// If the text ends before the window does, the result is `None` or shows some of the padding:
    /// bytes are compared after a hit anyway.
    pub(super) fn view_of_padded(self, text: &[u8]) -> Option<View> {
        let begin = self.end().saturating_sub(WIDTH);
        let bytes: &[u8; WIDTH] = text.get(begin..begin + WIDTH)?.first_chunk()?;
        // A window that ends before sixteen bytes reads sixteen all the same, and masks the rest.
        let [low_mask, high_mask] = MASKS[self.end() % MASKS.len()];
        let (low, high) = bytes.split_at(WIDTH / 2);
        let word = |half: &[u8]| {
            half.first_chunk()
                .map_or(0, |half| u64::from_le_bytes(*half))
        };
        Some(View {
            low: (word(low) | CASE_BITS) & low_mask,
            high: (word(high) | CASE_BITS) & high_mask,
        })
    }
}

/// Returns `text`, or, if it is narrower than a window, a copy in `buffer` with zeros after it.
///
/// PERF: a lookup pads its text once, not for each window: 97.8 → 94.2 ns a lookup at 1000 rules
/// of `ratios` (2-core x86-64, November 2026).
pub(super) fn padded<'a>(text: &'a [u8], buffer: &'a mut [u8; WIDTH]) -> &'a [u8] {
    if text.len() >= WIDTH {
        return text;
    }
    buffer[..text.len()].copy_from_slice(text);
    buffer
}

/// The bit in each byte that distinguishes the cases of an ASCII letter. Setting it makes a few
/// other bytes equal, too, such as `@` and the backquote: bytes are compared after a hit anyway.
const CASE_BITS: u64 = 0x2020_2020_2020_2020;

/// For each end of a window, the bits of both words that it shows. Twice as long as there are ends,
/// a power of two, so that `end % MASKS.len()` is a mask and needs no bounds check.
const MASKS: [[u64; 2]; 2 * Window::MAX_END] = {
    let mut masks = [[u64::MAX; 2]; 2 * Window::MAX_END];
    let mut end = 0;
    while end < WIDTH {
        let shown = !(u128::MAX << (8 * end));
        masks[end] = halves(shown);
        end += 1;
    }
    masks
};

/// Returns the low and the high word.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the two halves of 128 bits"
)]
const fn halves(bits: u128) -> [u64; 2] {
    [bits as u64, (bits >> 64) as u64]
}

impl View {
    /// Returns the hash of the view: equal views have equal hashes.
    pub(super) fn hash(self) -> ViewHash {
        // Odd constants without structure: the fractional digits of pi. Without them a view of
        // zeros in either word would make every product 0.
        const LOW: u64 = 0x243f_6a88_85a3_08d3;
        const HIGH: u64 = 0x1319_8a2e_0370_7345;
        let product = u128::from(self.low ^ LOW) * u128::from(self.high ^ HIGH);
        // Both halves of the full product, so that each bit of the input reaches all of the output.
        let [low, high] = halves(product);
        ViewHash(low ^ high)
    }
}

impl ViewHash {
    /// Returns the index in a table of `len` places, a power of two.
    pub(super) fn index(self, len: usize) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the table is smaller than 32 bits"
        )]
        let low = self.0 as u32 as usize;
        low & (len - 1)
    }

    /// Returns 15 bits, not all 0, that distinguish hashes of one index. They are the highest of
    /// the hash, where the index is made of the lowest.
    pub(super) fn tag(self) -> u16 {
        (self.0 >> 49) as u16 | 1
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{View, Window};

    #[test]
    fn a_view_depends_on_nothing_after_its_window() {
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

    /// A weak hash of short literals would cost lookups twice the time.
    #[test]
    fn the_hashes_of_short_views_spread() {
        let index = |i: u64| {
            View {
                low: 0x3832 | i << 16,
                high: 0,
            }
            .hash()
            .index(8192)
        };
        let indices: HashSet<usize> = (0..4096).map(index).collect();
        // Thrown at random, 4096 keys fill 3223 of 8192 places.
        assert!(indices.len() > 3100, "{} places", indices.len());
    }
}
