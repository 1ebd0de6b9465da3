//! The bound on the memory that clients and upstreams make the daemon hold.
//!
//! Whatever a connection holds has a [`Share`] of the one [`Budget`], before the memory grows: its
//! own small buffers when it is accepted, larger ones as they fill. So the sum never exceeds
//! `memory.max-bytes`. The budget has parts, for each listener and for sdkProxy, and no single one of them
//! takes what the others need to be served at all.

mod buffer;
mod queue;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) use self::buffer::Buffer;
pub(crate) use self::queue::BufferQueue;

/// The most bytes of a buffer that is not counted by itself. Four such buffers are a part of
/// [`CONNECTION_BYTES`]: the unread bytes, the responses that wait, the commands of a transaction, and the
/// memory of the decoders.
pub(crate) const SMALL_BYTES: usize = 4 << 10;

/// The memory of a connection, apart from buffers of more than [`SMALL_BYTES`].
pub(crate) const CONNECTION_BYTES: usize = 24 << 10;

/// The memory of a connection that speaks TLS, beside [`CONNECTION_BYTES`].
pub(crate) const TLS_BYTES: usize = 32 << 10;

/// A budget of bytes, or a part of one that other parts share.
#[derive(Debug)]
pub(crate) struct Budget {
    own: Account,
    /// The account of all parts together.
    all: Arc<Account>,
}

/// The bytes that are taken, and their bounds.
#[derive(Debug)]
struct Account {
    taken: AtomicUsize,
    /// The most bytes with a share that is taken for a buffer.
    for_buffers: usize,
    /// The most bytes with a share that is taken for a connection.
    for_connections: usize,
}

/// A part of the budget, which is released on drop. It is empty for what is small.
#[derive(Debug)]
pub(crate) struct Share {
    budget: Option<Arc<Budget>>,
    bytes: usize,
}

impl Budget {
    /// A budget of `bytes` bytes, without parts.
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            own: Account::new(bytes, bytes),
            all: Arc::new(Account::new(bytes, bytes)),
        }
    }

    /// Returns the parts of a budget of `bytes` bytes.
    ///
    /// The buffers of one part have at most five eighths of the bytes, and those of all parts seven.
    /// Connections may take an eighth more in both cases. So whatever one part holds, the others have a
    /// quarter, and a connection finds room beside buffers.
    pub(crate) fn parts<const COUNT: usize>(bytes: usize) -> [Arc<Self>; COUNT] {
        let eighth = bytes / 8;
        let all = Arc::new(Account::new(bytes - eighth, bytes));
        [(); COUNT].map(|()| {
            Arc::new(Self {
                own: Account::new(bytes - 3 * eighth, bytes - 2 * eighth),
                all: Arc::clone(&all),
            })
        })
    }

    /// Takes `bytes` bytes, within the bounds that `most` returns. Returns whether as many were left.
    fn take(&self, bytes: usize, most: fn(&Account) -> usize) -> bool {
        if !self.own.take(bytes, most) {
            return false;
        }
        let has_room = self.all.take(bytes, most);
        if !has_room {
            self.own.give_back(bytes);
        }
        has_room
    }
}

impl Account {
    const fn new(for_buffers: usize, for_connections: usize) -> Self {
        Self {
            taken: AtomicUsize::new(0),
            for_buffers,
            for_connections,
        }
    }

    fn take(&self, bytes: usize, most: fn(&Self) -> usize) -> bool {
        let take = |taken: usize| taken.checked_add(bytes).filter(|sum| *sum <= most(self));
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Share {
    /// The share of what is empty or small.
    pub(crate) const NONE: Self = Self {
        budget: None,
        bytes: 0,
    };

    /// Returns the share of a connection that needs `bytes` bytes, or `None` if there is no room.
    pub(crate) fn of_connection(bytes: usize, budget: &Arc<Budget>) -> Option<Self> {
        let taken = budget.take(bytes, |account| account.for_connections);
        taken.then(|| Self {
            budget: Some(Arc::clone(budget)),
            bytes,
        })
    }

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
        let taken = budget.take(more, |account| account.for_buffers);
        if taken {
            self.bytes += more;
        }
        taken
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.own.give_back(self.bytes);
            budget.all.give_back(self.bytes);
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
        assert_eq!(taken(&budget), [0, 0]);
    }

    fn taken(budget: &Budget) -> [usize; 2] {
        [&budget.own, &*budget.all].map(|account| account.taken.load(Ordering::Relaxed))
    }

    #[test]
    fn one_part_leaves_room_for_the_others_and_buffers_leave_room_for_connections() {
        const EIGHTH: usize = 1 << 20;
        let [first, second, third] = Budget::parts(8 * EIGHTH);
        // Returns the share of as many pieces of 64 KiB as there is room for, and their sum in eighths.
        let fill = |budget: &Arc<Budget>| {
            let mut share = Share::NONE;
            let pieces = (1..).take_while(|piece| share.grow_to(piece << 16, budget));
            let bytes = pieces.count() << 16;
            (share, bytes as f64 / EIGHTH as f64)
        };
        let connect = |budget: &Arc<Budget>| Share::of_connection(EIGHTH, budget);
        let (buffers, eighths) = fill(&first);
        assert_eq!(eighths, 5.0);
        let connection = connect(&first);
        assert!(connection.is_some() && connect(&first).is_none());
        let (others, eighths) = fill(&second);
        assert_eq!(eighths, 1.0);
        assert_eq!(fill(&third).1, 0.0);
        let last = connect(&third);
        assert!(last.is_some() && connect(&second).is_none());
        assert_eq!(taken(&second), [EIGHTH, 8 * EIGHTH]);
        drop((buffers, connection, others, last));
        assert_eq!(taken(&first), [0, 0]);
        assert_eq!(fill(&third).1, 5.0);
    }
}
