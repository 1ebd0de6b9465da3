//! The sums of refused and displaced connections, for the log.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::sync::Notify;

use crate::metrics::{ByListener, Listener, Refusal};

/// The numbers of connections that were refused or displaced since the last line of the log.
#[derive(Debug, Default)]
pub(super) struct RefusalSums {
    refused: ByListener<AtomicU64>,
    without_memory: ByListener<AtomicU64>,
    displaced: AtomicU64,
    displaced_for_memory: AtomicU64,
    counted: Notify,
}

/// The sums since the last line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sums {
    /// Connections that were more than are served.
    pub(super) refused: ByListener<u64>,
    /// Connections for which there was no memory.
    pub(super) without_memory: ByListener<u64>,
    /// The idle connections that made room for others.
    pub(super) displaced: u64,
    /// The idle connections that were closed so that there is memory for others.
    pub(super) displaced_for_memory: u64,
}

impl RefusalSums {
    /// Counts a connection of `listener` that is refused.
    pub(super) fn count_refused(&self, listener: Listener, refusal: Refusal) {
        let sums = match refusal {
            Refusal::TooMany => &self.refused,
            Refusal::NoMemory => &self.without_memory,
        };
        sums.of(listener).fetch_add(1, Relaxed);
        self.counted.notify_one();
    }

    /// Counts a connection that is displaced, since another one lacks what `lacking` names.
    pub(super) fn count_displaced(&self, lacking: Refusal) {
        let sum = match lacking {
            Refusal::TooMany => &self.displaced,
            Refusal::NoMemory => &self.displaced_for_memory,
        };
        sum.fetch_add(1, Relaxed);
        self.counted.notify_one();
    }

    /// Completes when something was counted since it last completed.
    pub(super) async fn counted(&self) {
        self.counted.notified().await;
    }

    /// Returns the sums, and begins at zero again; `None` if they are zero.
    pub(super) fn take(&self) -> Option<Sums> {
        let take = |sum: &AtomicU64| sum.swap(0, Relaxed);
        let sums = Sums {
            refused: ByListener::each(|listener| take(self.refused.of(listener))),
            without_memory: ByListener::each(|listener| take(self.without_memory.of(listener))),
            displaced: take(&self.displaced),
            displaced_for_memory: take(&self.displaced_for_memory),
        };
        let refused = sums.refused.iter().chain(sums.without_memory.iter());
        let displaced = sums.displaced + sums.displaced_for_memory;
        (displaced > 0 || refused.sum::<u64>() > 0).then_some(sums)
    }
}
