//! Queues of bytes whose memory is released piece by piece.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Budget, Buffer};

/// The most bytes of one buffer, unless a single piece is longer. Releasing as many takes less than a
/// tenth of a millisecond.
const BUFFER_BYTES: usize = 1 << 20;

/// Pieces of bytes in the order in which they came, with their shares of the budget.
///
/// The bytes are in buffers, each of which is released as soon as its bytes are consumed. So a long queue
/// gives memory back while it is emptied, and no step takes long.
#[derive(Debug)]
pub(crate) struct BufferQueue {
    buffers: VecDeque<Buffer>,
    /// The number of bytes of the first buffer that are consumed.
    consumed: usize,
    /// The number of bytes that are not consumed.
    length: usize,
}

impl BufferQueue {
    /// A queue without bytes and without memory.
    pub(crate) const EMPTY: Self = Self {
        buffers: VecDeque::new(),
        consumed: 0,
        length: 0,
    };

    /// Returns the number of bytes that are not consumed.
    pub(crate) const fn len(&self) -> usize {
        self.length
    }

    /// Returns `true` if all bytes are consumed.
    pub(crate) const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Appends `piece`, in one buffer. Returns `false`, without an effect, if the budget has no room. Every
    /// call must pass the same budget.
    #[must_use]
    pub(crate) fn push(&mut self, piece: &[u8], budget: &Arc<Budget>) -> bool {
        if piece.is_empty() {
            return true;
        }
        let max_bytes = BUFFER_BYTES.max(piece.len());
        let last = self.buffers.back_mut();
        let pushed = match last.filter(|last| last.len() + piece.len() <= BUFFER_BYTES) {
            Some(last) => last.append(piece, max_bytes, budget),
            None => {
                let mut buffer = Buffer::EMPTY;
                let appended = buffer.append(piece, max_bytes, budget);
                if appended {
                    self.buffers.push_back(buffer);
                }
                appended
            }
        };
        if pushed {
            self.length += piece.len();
        }
        pushed
    }

    /// Returns the first bytes, as many as are in one buffer. They are empty only if the queue is, and
    /// begin and end with whole pieces, if only whole pieces were consumed.
    pub(crate) fn front(&self) -> &[u8] {
        match self.buffers.front() {
            Some(buffer) => buffer.get(self.consumed..).unwrap_or_default(),
            None => &[],
        }
    }

    /// Removes the first `count` bytes, of those of [`Self::front`].
    pub(crate) fn consume(&mut self, count: usize) {
        if count == self.front().len() {
            self.release_front();
        } else {
            self.consumed += count;
            self.length -= count;
        }
    }

    /// Removes the bytes of [`Self::front`], and returns their number; 0 if the queue is empty.
    pub(crate) fn release_front(&mut self) -> usize {
        let count = self.front().len();
        self.buffers.pop_front();
        self.consumed = 0;
        self.length -= count;
        if self.buffers.is_empty() {
            *self = Self::EMPTY;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Share;

    #[test]
    fn the_bytes_come_out_in_order_and_release_their_memory() {
        const MAX: usize = 4 << 20;
        let budget = Arc::new(Budget::new(MAX));
        let free = |bytes| {
            let mut share = Share::NONE;
            share.grow_to(bytes, &budget)
        };
        let (mut queue, mut expected) = (BufferQueue::EMPTY, Vec::new());
        for number in 0..3000_u32 {
            let piece = vec![number.to_le_bytes()[0]; 1000];
            assert!(queue.push(&piece, &budget));
            expected.extend(piece);
        }
        let long = vec![7; MAX / 2];
        // A piece for which there is no room leaves no trace.
        assert!(!queue.push(&long, &budget));
        assert_eq!(queue.len(), expected.len());
        let mut seen = Vec::new();
        while !queue.is_empty() {
            assert_eq!(queue.front().len() % 500, 0);
            let count = 500.min(queue.front().len());
            seen.extend_from_slice(&queue.front()[..count]);
            queue.consume(count);
        }
        assert!(seen == expected && queue.front().is_empty() && free(MAX));

        assert!(queue.push(&long, &budget) && queue.push(b"x", &budget));
        assert!(!free(MAX));
        assert_eq!(queue.release_front(), long.len());
        assert!(free(MAX));
        assert_eq!([queue.release_front(), queue.release_front()], [1, 0]);
        assert!(queue.is_empty());
    }
}
