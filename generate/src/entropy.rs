//! The bytes from which everything is drawn.

/// A finite source of decisions. Once it is spent, every decision is for the first choice, which is
/// always the simplest.
#[derive(Clone, Debug)]
pub struct Entropy<'a> {
    bytes: &'a [u8],
}

impl<'a> Entropy<'a> {
    /// Creates a source that uses up `bytes`, from the first to the last.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Draws a number below `bound`, or 0 if `bound` is 0.
    ///
    /// A bound of up to 256 takes one byte, and a higher one two: above 65,536, not every number can be
    /// drawn.
    pub fn below(&mut self, bound: usize) -> usize {
        let high = self.byte();
        if bound <= 256 {
            return (high * bound) >> 8;
        }
        let wide = high << 8 | self.byte();
        (wide * bound) >> 16
    }

    /// Draws a number of `range`, whose first number is the simplest.
    ///
    /// # Panics
    ///
    /// Panics if `range` is empty.
    pub fn within(&mut self, range: std::ops::RangeInclusive<usize>) -> usize {
        assert!(!range.is_empty(), "the range is empty");
        range.start() + self.below(range.end() - range.start() + 1)
    }

    /// Returns `true` in about `percent` cases of a hundred; `false` is the simpler choice.
    ///
    /// # Panics
    ///
    /// Panics if `percent` is more than 100.
    pub fn chance(&mut self, percent: usize) -> bool {
        assert!(percent <= 100, "{percent} is not a percentage");
        self.below(100) >= 100 - percent
    }

    /// Draws one of `choices`, the first of which is the simplest.
    ///
    /// # Panics
    ///
    /// Panics if `choices` is empty.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn byte(&mut self) -> usize {
        let Some((first, rest)) = self.bytes.split_first() else {
            return 0;
        };
        self.bytes = rest;
        usize::from(*first)
    }
}
