//! A few bytes at a fixed place in a text, in any case of its ASCII letters, and their hash.

/// The last bytes, at most sixteen, before a certain one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Window {
    /// How many bytes of the text there are up to the window's end; at least one.
    end: u8,
}

/// What a window shows of a text, whatever the case of its ASCII letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct View {
    low: u64,
    high: u64,
}

/// The hash of a view.
#[derive(Clone, Copy)]
pub(super) struct ViewHash(u64);

/// How many bytes a window has, but for those near the beginning of a text.
pub(super) const WIDTH: usize = 16;

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
    pub(super) fn view(self, text: &[u8]) -> Option<View> {
        if text.len() < self.end() {
            return None;
        }
        self.view_of_padded(padded(text, &mut [0; WIDTH]))
    }

    /// The same of a text that is [`padded`]. If that ends before the window, but is not narrower,
    /// the zeros may be seen: what a view finds is compared anyway.
    #[inline]
    pub(super) fn view_of_padded(self, text: &[u8]) -> Option<View> {
        let begin = self.end().saturating_sub(WIDTH);
        let bytes: &[u8; WIDTH] = text.get(begin..begin + WIDTH)?.first_chunk()?;
        // Short windows begin where the text does, and see nothing of what comes after them.
        let [low_mask, high_mask] = SEEN[self.end() % SEEN.len()];
        let (low, high) = bytes.split_at(WIDTH / 2);
        let word = |half: &[u8]| {
            half.first_chunk()
                .map_or(0, |half| u64::from_le_bytes(*half))
        };
        Some(View {
            low: (word(low) | CASE) & low_mask,
            high: (word(high) | CASE) & high_mask,
        })
    }
}

/// `text`, in `room` and followed by zeros if it is narrower than a window.
#[inline]
pub(super) fn padded<'a>(text: &'a [u8], room: &'a mut [u8; WIDTH]) -> &'a [u8] {
    if text.len() >= WIDTH {
        return text;
    }
    room[..text.len()].copy_from_slice(text);
    room
}

/// The bit that tells an ASCII letter's cases apart, in each byte. Without it a few other bytes look
/// alike, too: what a view finds is compared anyway.
const CASE: u64 = 0x2020_2020_2020_2020;

/// By the window's end, the bits of both words that are seen.
const SEEN: [[u64; 2]; 2 * Window::MAX_END] = {
    let mut masks = [[u64::MAX; 2]; 2 * Window::MAX_END];
    let mut end = 0;
    while end < WIDTH {
        let seen = !(u128::MAX << (8 * end));
        masks[end] = halves(seen);
        end += 1;
    }
    masks
};

/// The low and the high word.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the two halves of 128 bits"
)]
const fn halves(bits: u128) -> [u64; 2] {
    [bits as u64, (bits >> 64) as u64]
}

impl View {
    #[inline]
    pub(super) fn hash(self) -> ViewHash {
        // Odd constants without structure: the fractional digits of pi.
        const LOW: u64 = 0x243f_6a88_85a3_08d3;
        const HIGH: u64 = 0x1319_8a2e_0370_7345;
        let product = u128::from(self.low ^ LOW) * u128::from(self.high ^ HIGH);
        // Both halves of the full product, so that each bit of the input reaches all of the output.
        let [low, high] = halves(product);
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{View, Window};

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
        let place = |i: u64| {
            View {
                low: 0x3832 | i << 16,
                high: 0,
            }
            .hash()
            .place(8192)
        };
        let places: HashSet<usize> = (0..4096).map(place).collect();
        // Thrown at random, 4096 keys fill 3223 of 8192 places.
        assert!(places.len() > 3100, "{} places", places.len());
    }
}
