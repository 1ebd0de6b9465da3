//! The bytes that all large bodies may take together.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;

/// Bodies up to this are not counted: the bound on connections bounds them.
pub(crate) const UNCOUNTED_BYTES: usize = 64 << 10;

/// What is left of them.
#[derive(Debug)]
pub(crate) struct Budget {
    left: AtomicUsize,
}

/// A body's part of the budget, given back on drop; nothing for a body that is not large.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Option<Arc<Budget>>,
    bytes: usize,
}

/// Bytes that hold their share of the budget.
struct Counted {
    bytes: Bytes,
    _share: Share,
}

impl Budget {
    pub(crate) const fn new(bytes: usize) -> Self {
        Self {
            left: AtomicUsize::new(bytes),
        }
    }

    fn take(&self, bytes: usize) -> bool {
        let take = |left: usize| left.checked_sub(bytes);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }
}

impl Share {
    /// That of a body that has no byte yet.
    pub(crate) const NONE: Self = Self {
        budget: None,
        bytes: 0,
    };

    /// Makes the share large enough for a body of `length` bytes; tells whether there was room.
    /// Every call names the same budget.
    pub(crate) fn grow_to(&mut self, length: usize, budget: &Arc<Budget>) -> bool {
        if length <= UNCOUNTED_BYTES {
            return true;
        }
        // Counted only now: the budget is shared by all threads, and small bodies spare it.
        let budget = self.budget.get_or_insert_with(|| Arc::clone(budget));
        let more = length.saturating_sub(self.bytes);
        let taken = budget.take(more);
        if taken {
            self.bytes += more;
        }
        taken
    }

    /// The bytes of the body, with which the share is given back.
    pub(crate) fn hold(self, bytes: Bytes) -> Bytes {
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
    fn large_bodies_share_a_budget_that_they_give_back() {
        let budget = Arc::new(Budget::new(200 << 10));
        let body = |length: usize| {
            let mut share = Share::NONE;
            share
                .grow_to(length, &budget)
                .then(|| share.hold(Bytes::from(vec![0; length])))
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
