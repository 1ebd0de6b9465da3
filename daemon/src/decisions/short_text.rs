//! Short ASCII texts in a fixed place.

/// An ASCII text of at most `N` bytes, which is copied without an allocation. `N` is at most 255.
#[derive(Clone, Copy)]
pub(super) struct ShortText<const N: usize> {
    bytes: [u8; N],
    length: u8,
}

impl<const N: usize> ShortText<N> {
    /// The text without a character.
    pub(super) const EMPTY: Self = Self {
        bytes: [0; N],
        length: 0,
    };

    /// Appends a text. What has no room is left out.
    pub(super) fn push(&mut self, text: &[u8]) {
        for &byte in text {
            if let Some(place) = self.bytes.get_mut(usize::from(self.length)) {
                *place = byte;
                self.length += 1;
            }
        }
    }

    /// Returns the text.
    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes
            .get(..usize::from(self.length))
            .unwrap_or_default()
    }
}
