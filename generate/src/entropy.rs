//! The bytes that decide.

/// A finite source of decisions. Spent, it goes on deciding for the first choice, which is
/// everywhere the simplest.
#[derive(Clone, Debug)]
pub struct Entropy<'a> {
    bytes: &'a [u8],
}

impl<'a> Entropy<'a> {
    /// A source that decides by `bytes`, from the first to the last.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// A number below `bound`, or 0 if there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        let high = self.byte();
        if bound <= 256 {
            return (high * bound) >> 8;
        }
        let wide = high << 8 | self.byte();
        (wide * bound) >> 16
    }

    /// A number of `range`, whose first is the simplest.
    pub fn within(&mut self, range: std::ops::RangeInclusive<usize>) -> usize {
        range.start() + self.below(range.end() - range.start() + 1)
    }

    /// Yes in `percent` cases of a hundred; no is the simpler.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) >= 100 - percent
    }

    /// One of `choices`, which are not empty and whose first is the simplest.
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
