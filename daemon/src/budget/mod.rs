//! The bound on the memory that clients and upstreams make the daemon hold.
//!
//! Whatever a connection holds has a [`Share`] of the one [`Budget`], before the memory grows: its
//! own small buffers when it is accepted, larger ones as they fill. So the sum never exceeds
//! `memory.max-bytes`.

mod buffer;
mod queue;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) use self::buffer::Buffer;
pub(crate) use self::queue::BufferQueue;

/// The most bytes of a buffer that is not counted by itself. Three such buffers are a part of
/// [`CONNECTION_BYTES`].
pub(crate) const SMALL_BYTES: usize = 4 << 10;

/// The memory of a connection, apart from buffers of more than [`SMALL_BYTES`].
pub(crate) const CONNECTION_BYTES: usize = 16 << 10;

/// The memory of a connection that speaks TLS, beside [`CONNECTION_BYTES`].
pub(crate) const TLS_BYTES: usize = 32 << 10;

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
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.left.fetch_add(self.bytes, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_taken_from_the_budget_and_released() {
        let budget = Arc::new(Budget::new(200 << 10));
        let take = |length: usize| {
            let mut share = Share::NONE;
            share.grow_to(length, &budget).then_some(share)
        };
        let (small, first) = (take(SMALL_BYTES), take(120 << 10));
        assert!(small.is_some() && first.is_some());
        assert!(take(120 << 10).is_none());
        drop(first);
        assert!(take(120 << 10).is_some());
        assert_eq!(budget.left.load(Ordering::Relaxed), 200 << 10);
    }
}
