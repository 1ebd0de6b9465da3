//! Buffers whose memory is counted, and returned to the system when they are done.

use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;
use memmap2::MmapMut;

use super::{Budget, Share};

/// The most bytes of a buffer that the allocator provides.
///
/// Larger ones are mappings of their own. The system gives the memory of a mapping as it is written, and takes
/// it back as soon as it is dropped, while an allocator keeps what is freed, for as long as it likes.
const MAX_ALLOCATED_BYTES: usize = 64 << 10;

/// The capacity of the first mapping for bytes of unknown number.
const FIRST_MAPPED_BYTES: usize = 1 << 20;

/// The most bytes of capacity that an empty buffer keeps.
const MAX_IDLE_BYTES: usize = super::SMALL_BYTES;

/// Bytes that are held for a client or an upstream, with their share of the budget.
#[derive(Debug)]
pub(crate) struct Buffer {
    memory: Memory,
    share: Share,
}

#[derive(Debug)]
enum Memory {
    Allocated(Vec<u8>),
    /// A mapping, whose first `length` bytes are the content.
    Mapped {
        map: MmapMut,
        length: usize,
    },
}

impl Buffer {
    /// A buffer without bytes and without memory.
    pub(crate) const EMPTY: Self = Self {
        memory: Memory::Allocated(Vec::new()),
        share: Share::NONE,
    };

    /// Returns a buffer with `pieces`, one after the other; `None` if the budget has no room, or the
    /// system gives no memory.
    #[must_use]
    pub(crate) fn concat(pieces: &[impl AsRef<[u8]>], budget: &Arc<Budget>) -> Option<Self> {
        let length = pieces.iter().map(|piece| piece.as_ref().len()).sum();
        let mut buffer = Self::EMPTY;
        let mut pieces = pieces.iter();
        pieces
            .all(|piece| buffer.append(piece.as_ref(), length, budget))
            .then_some(buffer)
    }

    /// Appends `piece` to the content, which will have `max_bytes` at most. Returns `false`, with the
    /// content unchanged, if the budget has no room or the system gives no memory. Every call must pass the same budget.
    #[must_use]
    pub(crate) fn append(&mut self, piece: &[u8], max_bytes: usize, budget: &Arc<Budget>) -> bool {
        let length = self.len() + piece.len();
        if !self.share.grow_to(length, budget) {
            return false;
        }
        if length > self.capacity() {
            // Two steps for a content of unknown length: a mapping costs nothing where it is not written.
            let capacity = if length <= FIRST_MAPPED_BYTES {
                FIRST_MAPPED_BYTES.min(max_bytes)
            } else {
                max_bytes
            };
            let Ok(mut map) = MmapMut::map_anon(capacity.max(length)) else {
                return false;
            };
            let length = self.len();
            let Some(kept) = map.get_mut(..length) else {
                return false;
            };
            kept.copy_from_slice(self);
            self.memory = Memory::Mapped { map, length };
        }
        match &mut self.memory {
            Memory::Allocated(bytes) => bytes.extend_from_slice(piece),
            Memory::Mapped { map, length } => {
                let Some(room) = map.get_mut(*length..*length + piece.len()) else {
                    return false;
                };
                room.copy_from_slice(piece);
                *length += piece.len();
            }
        }
        true
    }

    /// Removes the first `count` bytes, of which there must be as many. A rest of up to [`MAX_ALLOCATED_BYTES`] is
    /// copied to memory of the allocator, a longer one within its mapping.
    pub(crate) fn consume(&mut self, count: usize) {
        if count == self.len() {
            return self.clear();
        }
        match &mut self.memory {
            Memory::Allocated(bytes) => drop(bytes.drain(..count)),
            Memory::Mapped { map, length } if *length - count <= MAX_ALLOCATED_BYTES => {
                let rest = map.get(count..*length).unwrap_or_default().to_vec();
                self.memory = Memory::Allocated(rest);
            }
            Memory::Mapped { map, length } => {
                map.copy_within(count..*length, 0);
                *length -= count;
            }
        }
    }

    /// Removes all bytes, and releases the memory unless it is small.
    pub(crate) fn clear(&mut self) {
        match &mut self.memory {
            Memory::Allocated(bytes) if bytes.capacity() <= MAX_IDLE_BYTES => bytes.clear(),
            _ => self.memory = Memory::Allocated(Vec::new()),
        }
        self.share = Share::NONE;
    }

    /// Returns the share of the budget, to be extended for what is made from the content.
    pub(crate) const fn share(&mut self) -> &mut Share {
        &mut self.share
    }

    /// Returns the content, which releases the memory and the share when it is dropped.
    pub(crate) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }

    /// Returns the number of bytes that the memory can have.
    fn capacity(&self) -> usize {
        match &self.memory {
            Memory::Allocated(_) => MAX_ALLOCATED_BYTES,
            Memory::Mapped { map, .. } => map.len(),
        }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.memory {
            Memory::Allocated(bytes) => bytes,
            Memory::Mapped { map, length } => map.get(..*length).unwrap_or_default(),
        }
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: usize = 16 << 20;

    /// Returns `true` if a budget of [`MAX`] has all of it left.
    fn is_free(budget: &Arc<Budget>) -> bool {
        let mut share = Share::NONE;
        share.grow_to(MAX, budget)
    }

    fn capacity(buffer: &Buffer) -> usize {
        match &buffer.memory {
            Memory::Allocated(bytes) => bytes.capacity(),
            Memory::Mapped { map, .. } => map.len(),
        }
    }

    #[test]
    fn the_content_is_the_same_wherever_it_is() {
        let budget = Arc::new(Budget::new(MAX));
        let (mut buffer, mut expected) = (Buffer::EMPTY, Vec::new());
        let mut capacities = Vec::new();
        for number in 0..4000_u32 {
            let piece = vec![number.to_le_bytes()[0]; 1000];
            assert!(buffer.append(&piece, MAX, &budget));
            expected.extend_from_slice(&piece);
            if matches!(buffer.memory, Memory::Mapped { .. }) {
                capacities.push(capacity(&buffer));
            }
        }
        capacities.dedup();
        assert_eq!(capacities, [FIRST_MAPPED_BYTES, MAX]);
        assert!(*buffer == *expected);
        for count in [1, 1_999_999, 1_950_000, 40_000, 10_000] {
            buffer.consume(count);
            expected.drain(..count);
            assert!(*buffer == *expected);
        }
        assert!(buffer.is_empty() && capacity(&buffer) <= MAX_IDLE_BYTES);
        assert!(is_free(&budget));
    }

    #[test]
    fn a_content_of_known_length_has_a_mapping_of_that_length() {
        let budget = Arc::new(Budget::new(MAX));
        let mut buffer = Buffer::EMPTY;
        assert!(buffer.append(&[7; 70_000], 100_000, &budget));
        assert_eq!(capacity(&buffer), 100_000);
        let bytes = buffer.into_bytes();
        assert!(!is_free(&budget));
        assert_eq!(bytes.len(), 70_000);
        drop(bytes);
        assert!(is_free(&budget));
    }

    #[test]
    fn a_buffer_beyond_the_budget_stays_as_it_is() {
        let budget = Arc::new(Budget::new(10_000));
        let mut buffer = Buffer::EMPTY;
        assert!(buffer.append(&[1; 9000], MAX, &budget));
        assert!(!buffer.append(&[2; 2000], MAX, &budget));
        assert!(*buffer == [1; 9000]);
        assert!(buffer.append(&[3; 1000], MAX, &budget));
    }
}
