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
    /// Those that got a response that they are one more than are served.
    refused_too_many: AtomicU64,
    /// Those that got a response that there is no memory.
    refused_no_memory: AtomicU64,
    /// Those that were closed at once, since as many as may be were being refused.
    refused_unanswered: AtomicU64,
    /// Those whose place another connection has got.
    displaced: AtomicU64,
    /// Those of `accepted` that have no place among the connections that are served, or no longer.
    closed: AtomicU64,
    /// Those that were closed because too many replies waited.
    overflowed_pending: AtomicU64,
    /// Those that were closed because there was no memory for what waited.
    overflowed_memory: AtomicU64,
    /// Those that were closed because a large transaction was open for too long.
    overflowed_transaction: AtomicU64,
    /// Requests and commands that were refused for want of memory.
    memory_refusals: AtomicU64,
    /// Failures to accept, for want of descriptors or memory.
    accept_failures: AtomicU64,
    /// TLS handshakes that failed or took too long.
    tls_handshake_failures: AtomicU64,
}

/// The reason why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is one more than are served.
    TooMany,
    /// `memory.max-bytes` has no room for it.
    NoMemory,
}

/// The reason why a connection was closed that held more than it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overflow {
    /// More replies waited for the client than `resp.max-pending-reply-bytes`.
    Pending,
    /// `memory.max-bytes` had no room for what waited.
    Memory,
    /// A large transaction was open for too long.
    Transaction,
}

impl OfListener {
    const fn refused(&self, refusal: Refusal) -> &AtomicU64 {
        match refusal {
            Refusal::TooMany => &self.refused_too_many,
            Refusal::NoMemory => &self.refused_no_memory,
        }
    }

    const fn overflowed(&self, overflow: Overflow) -> &AtomicU64 {
        match overflow {
            Overflow::Pending => &self.overflowed_pending,
            Overflow::Memory => &self.overflowed_memory,
            Overflow::Transaction => &self.overflowed_transaction,
        }
    }
}

impl ConnectionFigures {
    /// Counts a connection that was accepted and is served, until [`Self::count_closed`].
    pub(crate) fn count_served(&self, listener: Listener) {
        add(&self.0.of(listener).accepted);
    }

    /// Counts a connection that was accepted and is refused, with or without a response that says so.
    pub(crate) fn count_refused(&self, listener: Listener, refusal: Refusal, is_answered: bool) {
        let of_listener = &self.0.of(listener);
        add(&of_listener.accepted);
        add(&of_listener.closed);
        if is_answered {
            add(of_listener.refused(refusal));
        } else {
            add(&of_listener.refused_unanswered);
        }
    }

    /// Counts a connection whose place another one has got.
    pub(crate) fn count_displaced(&self, listener: Listener) {
        add(&self.0.of(listener).displaced);
    }

    /// Counts a connection that is closed because it holds more than it may.
    pub(crate) fn count_overflowed(&self, listener: Listener, overflow: Overflow) {
        add(self.0.of(listener).overflowed(overflow));
    }

    /// Counts requests or commands that are refused for want of memory.
    pub(crate) fn count_memory_refusals(&self, listener: Listener, count: u64) {
        if RECORDED {
            let refusals = &self.0.of(listener).memory_refusals;
            refusals.fetch_add(count, Relaxed);
        }
    }

    /// Counts the end of a connection that was served, or the loss of its place to another one.
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

    /// Returns the number of connections that got the response that they are refused, for this reason.
    pub(super) fn refused(&self, listener: Listener, refusal: Refusal) -> u64 {
        self.0.of(listener).refused(refusal).load(Relaxed)
    }

    /// Returns the number of connections that were refused without a response.
    pub(super) fn refused_unanswered(&self, listener: Listener) -> u64 {
        self.0.of(listener).refused_unanswered.load(Relaxed)
    }

    /// Returns the number of connections whose place another one has got.
    pub(super) fn displaced(&self, listener: Listener) -> u64 {
        self.0.of(listener).displaced.load(Relaxed)
    }

    /// Returns the number of connections that were closed because they held more than they may.
    pub(super) fn overflowed(&self, listener: Listener, overflow: Overflow) -> u64 {
        self.0.of(listener).overflowed(overflow).load(Relaxed)
    }

    /// Returns the number of requests and commands that were refused for want of memory.
    pub(super) fn memory_refusals(&self, listener: Listener) -> u64 {
        self.0.of(listener).memory_refusals.load(Relaxed)
    }

    /// Returns the number of failures to accept.
    pub(super) fn accept_failures(&self, listener: Listener) -> u64 {
        self.0.of(listener).accept_failures.load(Relaxed)
    }

    /// Returns the number of TLS handshakes that failed or took too long.
    pub(super) fn tls_handshake_failures(&self, listener: Listener) -> u64 {
        self.0.of(listener).tls_handshake_failures.load(Relaxed)
    }

    /// Returns the number of connections that are served now.
    pub(super) fn open(&self, listener: Listener) -> u64 {
        // In this order the difference is never negative.
        let closed = self.0.of(listener).closed.load(Relaxed);
        self.accepted(listener).saturating_sub(closed)
    }
}

impl Refusal {
    /// Every reason.
    pub(super) const ALL: [Self; 2] = [Self::TooMany, Self::NoMemory];

    /// Returns the label `reason` of metrics.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::TooMany => "limit",
            Self::NoMemory => "memory",
        }
    }
}

impl Overflow {
    /// Every reason.
    pub(super) const ALL: [Self; 3] = [Self::Pending, Self::Memory, Self::Transaction];

    /// Returns the label `reason` of metrics.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Memory => "memory",
            Self::Transaction => "transaction",
        }
    }

    /// Returns `true` if connections of the listener can be closed for this reason.
    pub(super) const fn concerns(self, listener: Listener) -> bool {
        matches!(self, Self::Memory) || matches!(listener, Listener::Resp)
    }
}

fn add(counter: &AtomicU64) {
    if RECORDED {
        counter.fetch_add(1, Relaxed);
    }
}
