//! The bound on the memory that clients and upstreams make the daemon hold.
//!
//! Whatever a connection holds has a [`Share`] of the one [`Budget`], before the memory grows: its
//! own small buffers when it is accepted, larger ones as they fill. So the sum never exceeds
//! `memory.max-bytes`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// The most bytes of a buffer that is not counted by itself. Two such buffers are a part of
/// [`CONNECTION_BYTES`].
pub(crate) const SMALL_BYTES: usize = 4 << 10;

/// The memory of a connection, apart from buffers of more than [`SMALL_BYTES`].
pub(crate) const CONNECTION_BYTES: usize = 16 << 10;

/// The memory of a connection that speaks TLS, beside [`CONNECTION_BYTES`].
pub(crate) const TLS_BYTES: usize = 32 << 10;

/// The sizes to which a buffer of unknown length grows, one after the other.
///
/// A system gives memory only as it is written, so what is reserved and not filled costs nothing,
/// while a buffer that doubles is copied many times and occupies up to three times its length.
const STEPS: [usize; 2] = [64 << 10, 1 << 20];

/// A budget of bytes, with what is left of it.
#[derive(Debug)]
pub(crate) struct Budget {
    left: AtomicUsize,
}

/// A part of the budget, which is released on drop. It is empty for what is small.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Option<Arc<Budget>>,
    bytes: usize,
}

/// Bytes together with their share of the budget.
struct Counted {
    bytes: Bytes,
    _share: Share,
}

impl Budget {
    /// A budget of `bytes` bytes.
    pub(crate) const fn new(bytes: usize) -> Self {
        Self {
            left: AtomicUsize::new(bytes),
        }
    }

    /// Takes `bytes` bytes. Returns whether as many were left.
    fn take(&self, bytes: usize) -> bool {
        let take = |left: usize| left.checked_sub(bytes);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }
}

impl Share {
    /// The share of what is empty or small.
    pub(crate) const NONE: Self = Self {
        budget: None,
        bytes: 0,
    };

    /// Makes the share large enough for `length` bytes in one place. Returns whether there was room.
    /// Every call must pass the same budget.
    #[must_use]
    pub(crate) fn grow_to(&mut self, length: usize, budget: &Arc<Budget>) -> bool {
        if length <= SMALL_BYTES {
            return true;
        }
        // Small buffers never get here, which spares the counter that all threads share.
        let budget = self.budget.get_or_insert_with(|| Arc::clone(budget));
        let more = length.saturating_sub(self.bytes);
        let taken = budget.take(more);
        if taken {
            self.bytes += more;
        }
        taken
    }

    /// Returns the bytes, which release the share when they are dropped.
    pub(crate) fn attach_to(self, bytes: Bytes) -> Bytes {
        if self.bytes == 0 {
            return bytes;
        }
        Bytes::from_owner(Counted {
            bytes,
            _share: self,
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.left.fetch_add(self.bytes, Ordering::Relaxed);
        }
    }
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Appends `piece` to `buffer`, which will have at most `max_bytes`, without doubling it.
pub(crate) fn append(buffer: &mut Vec<u8>, piece: &[u8], max_bytes: usize) {
    let length = buffer.len() + piece.len();
    if length > buffer.capacity() {
        let step = STEPS.into_iter().find(|step| length <= *step);
        let capacity = step.unwrap_or(max_bytes).min(max_bytes).max(length);
        buffer.reserve_exact(capacity - buffer.len());
    }
    buffer.extend_from_slice(piece);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_buffers_share_a_budget_and_release_it() {
        let budget = Arc::new(Budget::new(200 << 10));
        let body = |length: usize| {
            let mut share = Share::NONE;
            share
                .grow_to(length, &budget)
                .then(|| share.attach_to(Bytes::from(vec![0; length])))
        };
        let small = body(SMALL_BYTES);
        let first = body(120 << 10);
        assert!(small.is_some() && first.is_some());
        assert!(body(120 << 10).is_none());
        drop(first);
        assert!(body(120 << 10).is_some());
        assert_eq!(budget.left.load(Ordering::Relaxed), 200 << 10);
    }

    #[test]
    fn a_buffer_of_unknown_length_grows_three_times_at_most() {
        const MAX: usize = 16 << 20;
        let (mut buffer, mut capacities) = (Vec::new(), vec![0]);
        while buffer.len() + 1000 <= MAX {
            append(&mut buffer, &[7; 1000], MAX);
            if buffer.capacity() != *capacities.last().unwrap() {
                capacities.push(buffer.capacity());
            }
        }
        assert_eq!(capacities, [0, 64 << 10, 1 << 20, MAX]);
        let mut known = Vec::new();
        append(&mut known, &[7; 10], 20);
        assert_eq!(known.capacity(), 20);
    }
}
