//! Pseudo-random numbers, the same in every run.

/// A SplitMix64 generator.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Returns a generator that `seed` determines.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Draws a number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Draws a number below `bound`.
    ///
    /// # Panics
    ///
    /// If `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let below = self.number() % bound as u64;
        usize::try_from(below).expect("below a usize")
    }

    /// Draws a number from `range`.
    ///
    /// # Panics
    ///
    /// If `range` is empty.
    pub fn within(&mut self, range: std::ops::Range<usize>) -> usize {
        range.start + self.below(range.end - range.start)
    }

    /// Appends `count` random characters of `alphabet`, which is ASCII.
    ///
    /// # Panics
    ///
    /// If `alphabet` is empty.
    pub fn fill(&mut self, text: &mut String, alphabet: &[u8], count: usize) {
        text.extend((0..count).map(|_| char::from(alphabet[self.below(alphabet.len())])));
    }
}
