//! Connections that were accepted, and those that are open.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{ByListener, Listener, RECORDED};

/// The connections of all listeners.
#[derive(Debug, Default)]
pub(crate) struct ConnectionFigures(ByListener<OfListener>);

#[derive(Debug, Default)]
struct OfListener {
    /// Every connection, those refused included.
    accepted: AtomicU64,
    /// Those that were one more than are served, and got a response that says so.
    refused: AtomicU64,
    /// Those that were closed at once, since as many as may be were being refused.
    refused_unanswered: AtomicU64,
    /// Those whose place another connection has got.
    displaced: AtomicU64,
    /// Those of `accepted` that are closed.
    closed: AtomicU64,
    /// Those that were closed because more waited for their clients than may.
    overflowed: AtomicU64,
    /// Failures to accept, for want of descriptors or memory.
    accept_failures: AtomicU64,
    /// TLS handshakes that failed or took too long.
    tls_handshake_failures: AtomicU64,
}

impl ConnectionFigures {
    /// Counts a connection that was accepted, until [`Self::count_closed`].
    pub(crate) fn count_accepted(&self, listener: Listener) {
        add(&self.0.of(listener).accepted);
    }

    /// Counts a connection that is one more than are served; one that is not answered is closed already.
    pub(crate) fn count_refused(&self, listener: Listener, is_answered: bool) {
        let of_listener = self.0.of(listener);
        if is_answered {
            add(&of_listener.refused);
        } else {
            add(&of_listener.refused_unanswered);
            add(&of_listener.accepted);
            add(&of_listener.closed);
        }
    }

    /// Counts a connection whose place another one has got.
    pub(crate) fn count_displaced(&self, listener: Listener) {
        add(&self.0.of(listener).displaced);
    }

    /// Counts a connection that is closed because more waits for its client than may.
    pub(crate) fn count_overflowed(&self, listener: Listener) {
        add(&self.0.of(listener).overflowed);
    }

    /// Counts the end of a connection.
    pub(crate) fn count_closed(&self, listener: Listener) {
        add(&self.0.of(listener).closed);
    }

    /// Counts a failure to accept.
    pub(crate) fn count_accept_failure(&self, listener: Listener) {
        add(&self.0.of(listener).accept_failures);
    }

    /// Counts a TLS handshake that failed or took too long.
    pub(crate) fn count_tls_handshake_failure(&self, listener: Listener) {
        add(&self.0.of(listener).tls_handshake_failures);
    }

    /// Returns the number of connections that were accepted, those refused afterwards included.
    pub(super) fn accepted(&self, listener: Listener) -> u64 {
        self.0.of(listener).accepted.load(Relaxed)
    }

    /// Returns the number of connections that got the response that there are too many.
    pub(super) fn refused(&self, listener: Listener) -> u64 {
        self.0.of(listener).refused.load(Relaxed)
    }

    /// Returns the number of connections that were refused without a response.
    pub(super) fn refused_unanswered(&self, listener: Listener) -> u64 {
        self.0.of(listener).refused_unanswered.load(Relaxed)
    }

    /// Returns the number of connections whose place another one has got.
    pub(super) fn displaced(&self, listener: Listener) -> u64 {
        self.0.of(listener).displaced.load(Relaxed)
    }

    /// Returns the number of connections for whose clients more waited than may.
    pub(super) fn overflowed(&self, listener: Listener) -> u64 {
        self.0.of(listener).overflowed.load(Relaxed)
    }

    /// Returns the number of failures to accept.
    pub(super) fn accept_failures(&self, listener: Listener) -> u64 {
        self.0.of(listener).accept_failures.load(Relaxed)
    }

    /// Returns the number of TLS handshakes that failed or took too long.
    pub(super) fn tls_handshake_failures(&self, listener: Listener) -> u64 {
        self.0.of(listener).tls_handshake_failures.load(Relaxed)
    }

    /// Returns the number of connections that are open now.
    pub(super) fn open(&self, listener: Listener) -> u64 {
        // In this order the difference is never negative.
        let closed = self.0.of(listener).closed.load(Relaxed);
        self.accepted(listener).saturating_sub(closed)
    }
}

fn add(counter: &AtomicU64) {
    if RECORDED {
        counter.fetch_add(1, Relaxed);
    }
}
