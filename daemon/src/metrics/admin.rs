//! Connections of the admin plane that found no room, or failed to speak TLS.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A listener of the admin plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AdminListener {
    /// `admin.unix`.
    Unix,
    /// `admin.http`, with or without TLS.
    Tcp,
}

/// The numbers of connections to the admin plane that were closed before their caller was known.
#[derive(Debug, Default)]
pub(super) struct AdminFigures {
    /// The number of those of `admin.unix` that found no room.
    unix_turned_away: AtomicU64,
    /// The number of those of `admin.http` that found no room.
    tcp_turned_away: AtomicU64,
    /// The number of TLS handshakes on `admin.http` that failed or took too long.
    tls_handshake_failures: AtomicU64,
}

impl AdminListener {
    /// Every listener.
    pub(super) const ALL: [Self; 2] = [Self::Unix, Self::Tcp];

    /// Returns the setting that opens the listener.
    pub(crate) const fn setting(self) -> &'static str {
        match self {
            Self::Unix => "admin.unix",
            Self::Tcp => "admin.http",
        }
    }

    /// Returns the label `listener` of metrics, which is the name of the status document.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Unix => "admin",
            Self::Tcp => "adminHttp",
        }
    }
}

impl AdminFigures {
    /// Counts connections that were closed before their caller was known, to make room for others.
    pub(super) fn count_turned_away(&self, listener: AdminListener, count: u64) {
        self.of(listener).fetch_add(count, Relaxed);
    }

    /// Returns the number of these connections.
    pub(super) fn turned_away(&self, listener: AdminListener) -> u64 {
        self.of(listener).load(Relaxed)
    }

    const fn of(&self, listener: AdminListener) -> &AtomicU64 {
        match listener {
            AdminListener::Unix => &self.unix_turned_away,
            AdminListener::Tcp => &self.tcp_turned_away,
        }
    }

    /// Counts a TLS handshake on `admin.http` that failed or took too long.
    pub(super) fn count_tls_handshake_failure(&self) {
        self.tls_handshake_failures.fetch_add(1, Relaxed);
    }

    /// Returns the number of these handshakes.
    pub(super) fn tls_handshake_failures(&self) -> u64 {
        self.tls_handshake_failures.load(Relaxed)
    }
}
