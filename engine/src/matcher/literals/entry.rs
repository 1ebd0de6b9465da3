//! One literal of a set, and the target it leads to.

/// A literal and its target, or, in a hash table, a reference to several.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<T> {
    /// The index of the literal's first byte in the bytes of all literals.
    offset: u32,
    /// The number of bytes; above them [`Self::ANY_CASE`] and [`Self::LAST`]. No literal is empty:
    /// length 0 marks a reference, whose `offset` is the index of the first of several entries.
    length: u32,
    /// The target of the literal; of a reference, that of one of its literals.
    pub(super) target: T,
}

impl<T> Entry<T> {
    /// Set if ASCII letters match in either case; the bytes are lower case.
    const ANY_CASE: u32 = 1 << 31;
    /// Set if the entry is the last of its bucket.
    const LAST: u32 = 1 << 30;

    /// The literal of `length` bytes, at least one, from `offset` on.
    pub(super) fn new(offset: usize, length: usize, any_case: bool, target: T) -> Self {
        debug_assert!(length > 0, "literals are not empty");
        let any_case = if any_case { Self::ANY_CASE } else { 0 };
        Self {
            offset: to_u32(offset),
            length: to_u32(length) | any_case,
            target,
        }
    }

    /// A reference to the entries from the index `first` on, up to the last of their bucket.
    pub(super) fn new_reference(first: usize, target: T) -> Self {
        Self {
            offset: to_u32(first),
            length: 0,
            target,
        }
    }

    /// Returns the index of the first entry if this is a reference to several.
    pub(super) const fn as_reference(&self) -> Option<usize> {
        if self.length == 0 {
            Some(self.offset as usize)
        } else {
            None
        }
    }

    /// Returns the number of bytes of the literal; 0 for a reference.
    pub(super) const fn length(&self) -> usize {
        (self.length & !(Self::ANY_CASE | Self::LAST)) as usize
    }

    /// Returns the literal, which is part of `bytes`.
    pub(super) fn bytes<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        &bytes[self.offset as usize..][..self.length()]
    }

    /// Marks the entry as the last of its bucket.
    pub(super) const fn set_last(&mut self) {
        self.length |= Self::LAST;
    }

    /// Returns `true` if the entry is the last of its bucket.
    pub(super) const fn is_last(&self) -> bool {
        self.length & Self::LAST != 0
    }

    /// Returns `true` if `text` begins with the literal, which is part of `bytes`.
    ///
    /// PERF: inlined, 1,070 → 999 instructions a lookup: callgrind on the workload of `ratios`, 1000
    /// `Patterns` (2-core x86-64, 2026-11-29).
    #[inline]
    pub(super) fn is_prefix_of(&self, text: &[u8], bytes: &[u8]) -> bool {
        let own = self.bytes(bytes);
        match text.get(..own.len()) {
            Some(start) if self.length & Self::ANY_CASE != 0 => start.eq_ignore_ascii_case(own),
            Some(start) => start == own,
            None => false,
        }
    }
}

/// Converts an offset, a length or an index; all of them leave the two highest bits for marks.
pub(super) fn to_u32(n: usize) -> u32 {
    u32::try_from(n)
        .ok()
        .filter(|n| n >> 30 == 0)
        .expect("literals are bounded by the config")
}
