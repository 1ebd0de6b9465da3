//! Connections that were accepted, and those that are open.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{Listener, RECORDED};

/// The connections of all listeners.
#[derive(Debug, Default)]
pub(crate) struct ConnectionFigures([OfListener; Listener::ALL.len()]);

#[derive(Debug, Default)]
struct OfListener {
    /// Every connection, those refused included.
    accepted: AtomicU64,
    /// Those that were one more than are served.
    refused: AtomicU64,
    /// Those of `accepted` that are closed.
    closed: AtomicU64,
}

/// A connection that is open; closed with the value.
#[derive(Debug)]
pub(crate) struct OpenConnection {
    figures: Arc<ConnectionFigures>,
    listener: Listener,
}

impl OpenConnection {
    /// Counts a connection that was accepted. `overloaded` is `true` if it is one more than are
    /// served, so that it is refused.
    pub(crate) fn count(
        figures: &Arc<ConnectionFigures>,
        listener: Listener,
        overloaded: bool,
    ) -> Self {
        if RECORDED {
            let of_listener = &figures.0[listener as usize];
            of_listener.accepted.fetch_add(1, Relaxed);
            of_listener
                .refused
                .fetch_add(u64::from(overloaded), Relaxed);
        }
        Self {
            figures: Arc::clone(figures),
            listener,
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        if RECORDED {
            let of_listener = &self.figures.0[self.listener as usize];
            of_listener.closed.fetch_add(1, Relaxed);
        }
    }
}

impl ConnectionFigures {
    /// Returns the number of connections that were accepted, those refused afterwards included.
    pub(super) fn accepted(&self, listener: Listener) -> u64 {
        self.0[listener as usize].accepted.load(Relaxed)
    }

    /// Returns the number of connections that were refused because there were too many.
    pub(super) fn refused(&self, listener: Listener) -> u64 {
        self.0[listener as usize].refused.load(Relaxed)
    }

    /// Returns the number of connections that are open now.
    pub(super) fn open(&self, listener: Listener) -> u64 {
        // In this order the difference is never negative.
        let closed = self.0[listener as usize].closed.load(Relaxed);
        self.accepted(listener).saturating_sub(closed)
    }
}
