//! The budget of bytes for all large bodies together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// The most bytes of a body that is not counted. The limit of connections bounds such bodies.
pub(crate) const UNCOUNTED_BYTES: usize = 64 << 10;

/// A budget of bytes, with what is left of it.
#[derive(Debug)]
pub(crate) struct Budget {
    left: AtomicUsize,
}

/// A body's share of the budget, which is released on drop. It is empty for a body that is not large.
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
    /// The share of an empty body.
    pub(crate) const NONE: Self = Self {
        budget: None,
        bytes: 0,
    };

    /// Makes the share large enough for a body of `length` bytes. Returns whether there was room. Every
    /// call must pass the same budget.
    pub(crate) fn grow_to(&mut self, length: usize, budget: &Arc<Budget>) -> bool {
        if length <= UNCOUNTED_BYTES {
            return true;
        }
        // Small bodies never get here, which spares the counter that all threads share.
        let budget = self.budget.get_or_insert_with(|| Arc::clone(budget));
        let more = length.saturating_sub(self.bytes);
        let taken = budget.take(more);
        if taken {
            self.bytes += more;
        }
        taken
    }

    /// Returns the bytes of the body, which release the share when they are dropped.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_bodies_share_a_budget_and_release_it() {
        let budget = Arc::new(Budget::new(200 << 10));
        let body = |length: usize| {
            let mut share = Share::NONE;
            share
                .grow_to(length, &budget)
                .then(|| share.attach_to(Bytes::from(vec![0; length])))
        };
        let small = body(UNCOUNTED_BYTES);
        let first = body(120 << 10);
        assert!(small.is_some() && first.is_some());
        assert!(body(120 << 10).is_none());
        drop(first);
        assert!(body(120 << 10).is_some());
        assert_eq!(budget.left.load(Ordering::Relaxed), 200 << 10);
    }
}
