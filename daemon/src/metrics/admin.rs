//! Connections of the admin plane that found no room.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A listener of the admin plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AdminListener {
    /// `admin.unix`.
    Unix,
    /// `admin.http`, with or without TLS.
    Tcp,
}

/// The number of connections of each listener that found no room.
#[derive(Debug, Default)]
pub(super) struct AdminFigures([AtomicU64; AdminListener::ALL.len()]);

impl AdminListener {
    /// Every listener, in the order of the discriminants, which are indices.
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
        self.0[listener as usize].fetch_add(count, Relaxed);
    }

    /// Returns the number of these connections.
    pub(super) fn turned_away(&self, listener: AdminListener) -> u64 {
        self.0[listener as usize].load(Relaxed)
    }
}
