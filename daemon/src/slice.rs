//! Slices of a worker's time: long work stops after one, so that other connections have their turn.

use std::time::{Duration, Instant};

/// The length of a slice.
const LENGTH: Duration = Duration::from_micros(200);

/// The bytes of code values after which the clock is read again. Reading it takes about a quarter of
/// the time of a lookup.
const BYTES_BETWEEN_LOOKS: usize = 512;

/// A slice of time, in which a connection may work.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    /// `None` for a slice that does not end.
    end: Option<Instant>,
    /// The bytes that were worked on since the clock was read.
    bytes: usize,
    is_over: bool,
}

impl Slice {
    /// Begins a slice that does not end, for work that nothing else waits for.
    #[must_use]
    pub const fn endless() -> Self {
        Self {
            end: None,
            bytes: 0,
            is_over: false,
        }
    }

    /// Begins a slice at a time that the caller has read already.
    #[must_use]
    pub fn begin(now: Instant) -> Self {
        Self {
            end: Some(now + LENGTH),
            ..Self::endless()
        }
    }

    /// Begins a slice that is over after the first piece of work.
    #[must_use]
    pub fn shortest() -> Self {
        Self {
            end: Some(Instant::now()),
            bytes: BYTES_BETWEEN_LOOKS,
            is_over: false,
        }
    }

    /// Adds a piece of work on `bytes` bytes that was done. Returns `true` if the slice is over.
    ///
    /// The clock is not read for each small piece.
    pub fn spend(&mut self, bytes: usize) -> bool {
        self.bytes += bytes;
        if self.bytes >= BYTES_BETWEEN_LOOKS && !self.is_over {
            self.bytes = 0;
            self.is_over = self.end.is_some_and(|end| Instant::now() >= end);
        }
        self.is_over
    }

    /// Returns `true` if the slice is over, as far as is known at `now`.
    #[must_use]
    pub fn is_over_at(&self, now: Instant) -> bool {
        self.is_over || self.end.is_some_and(|end| now >= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_ends_with_the_piece_of_work_that_passes_its_end() {
        let mut past = Slice::begin(Instant::now() - LENGTH);
        assert!(!past.spend(BYTES_BETWEEN_LOOKS - 1));
        assert!(past.spend(1) && past.spend(0));
        assert!(Slice::shortest().spend(1));
        let mut endless = Slice::endless();
        assert!(!endless.spend(1 << 30) && !endless.is_over_at(Instant::now()));
    }
}
