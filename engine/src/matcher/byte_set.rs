//! Sets of bytes.

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    /// The set of all bytes.
    pub(super) const ALL: Self = Self([u64::MAX; 4]);

    /// The set of the bytes from `low` to `high`.
    pub(super) fn of(low: u8, high: u8) -> Self {
        let mut set = Self::default();
        set.insert(low, high);
        set
    }

    /// Adds the bytes from `low` to `high`.
    pub(super) fn insert(&mut self, low: u8, high: u8) {
        for byte in low..=high {
            self.0[usize::from(byte / 64)] |= 1 << (byte % 64);
        }
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte / 64)] >> (byte % 64) & 1 == 1
    }

    /// Returns the members in ascending order.
    pub(super) fn members(&self) -> impl Iterator<Item = u8> {
        let words = (0..4).zip(self.0);
        words.flat_map(|(index, mut word)| {
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros();
                word &= word.checked_sub(1)?;
                u8::try_from(64 * index + bit).ok()
            })
        })
    }

    /// Returns the members in ascending order, as inclusive ranges.
    pub(super) fn ranges(&self) -> impl Iterator<Item = (u8, u8)> {
        let mut members = self.members().peekable();
        std::iter::from_fn(move || {
            let low = members.next()?;
            let mut high = low;
            while let Some(next) = members.next_if(|&next| next == high + 1) {
                high = next;
            }
            Some((low, high))
        })
    }

    /// Returns the bytes of both sets.
    pub(super) fn union(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(a, b)| *a |= b);
        self
    }

    /// Returns `true` if no byte is in both sets.
    pub(super) fn is_disjoint(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).all(|(a, b)| a & b == 0)
    }
}
