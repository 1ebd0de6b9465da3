//! The work and the memory that determinising may take.

/// The work and the memory that determinising may still take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// The number of elements of sets that may be looked at, a new state counting as
    /// some of them.
    pub(super) work: usize,
    /// The number of bytes that states, their lists of rules and the classes of their runs may take,
    /// without rows.
    pub(super) bytes: usize,
    /// The number of bytes that rows may take.
    pub(super) row_bytes: usize,
}

impl Budget {
    /// Returns the share of one of `count` DFAs.
    pub(super) const fn share_of(self, count: usize) -> Self {
        Self {
            work: self.work / count,
            bytes: self.bytes / count,
            row_bytes: self.row_bytes / count,
        }
    }

    /// Takes `share` away.
    pub(super) const fn subtract(&mut self, share: Self) {
        self.work -= share.work;
        self.bytes -= share.bytes;
        self.row_bytes -= share.row_bytes;
    }

    /// Adds what is left of a share.
    pub(super) const fn add(&mut self, share: Self) {
        self.work += share.work;
        self.bytes += share.bytes;
        self.row_bytes += share.row_bytes;
    }
}
