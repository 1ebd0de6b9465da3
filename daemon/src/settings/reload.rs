//! The settings of reloading: the means of noticing changes, and the guards against configs that
//! kill the process and against tables that are too old.

use std::path::PathBuf;
use std::time::Duration;

use super::declarations::Keys;
use super::kind::{FilePath, OneOf, Whole};
use super::word::Word;
use crate::api::status::StalePolicy;

/// The means of noticing that files have changed.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// The means of noticing a change.
    pub mode: WatchMode,
    /// The time for which a file must be left alone before its content counts as written: 10 to
    /// 2000 milliseconds.
    pub debounce: Duration,
    /// The time after which a file is read even without an event: 100 milliseconds to a day.
    pub poll_interval: Duration,
}

/// The means of noticing that a file has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchMode {
    /// `events`: events of the file system, and polling.
    Events,
    /// `poll`: polling alone.
    Poll,
}

/// The guards against a config that kills the process, and against a table that is too old.
#[derive(Clone, Debug)]
pub struct Reload {
    /// The file from which the next start learns what was being compiled when the process died.
    pub journal_path: PathBuf,
    /// The file of the config that an operator froze.
    pub freeze_path: PathBuf,
    /// The time for which the remote source may fail to confirm the live table before that is
    /// stale; `None`: it is never stale. Never zero.
    pub stale_after: Option<Duration>,
    /// The reaction to a stale table.
    pub stale_policy: StalePolicy,
}

impl Watch {
    /// Declares the keys of `watch`.
    pub(super) fn declare(keys: &mut Keys) -> Self {
        Self {
            mode: keys.setting(
                "watch.mode",
                OneOf::words(),
                WatchMode::Events,
                "How changes of watched files are noticed: by events of the file system as well as by\n\
                 polling, or by polling alone.",
            ),
            debounce: keys.setting(
                "watch.debounce-ms",
                Whole::between(10, 2000, "milliseconds"),
                Duration::from_millis(100),
                "The time for which a watched file must be left alone before its content counts as\n\
                 written.",
            ),
            poll_interval: keys.setting(
                "watch.poll-interval-ms",
                Whole::between(100, 86_400_000, "milliseconds"),
                Duration::from_secs(5),
                "The time after which a watched file is read even without an event.",
            ),
        }
    }
}

impl Reload {
    /// Declares the keys of `reload`.
    pub(super) fn declare(keys: &mut Keys) -> Self {
        Self {
            journal_path: keys.setting(
                "reload.journal-path",
                FilePath,
                "data/compiling.json".into(),
                "The file from which the next start learns which route config was being compiled when\n\
                 the process died. After three deaths, that config is no longer compiled.",
            ),
            freeze_path: keys.setting(
                "reload.freeze-path",
                FilePath,
                "data/freeze.json".into(),
                "The file of a freeze: the route config that an operator applied, rolled back to or\n\
                 froze, which is live again after a restart.",
            ),
            stale_after: Some(keys.setting(
                "reload.stale-after-ms",
                Whole::between(0, 31_536_000_000, "milliseconds"),
                Duration::ZERO,
                "The time for which the remote source may fail to confirm the live route config before\n\
                 the table is stale; 0: it is never stale.",
            ))
            .filter(|after| !after.is_zero()),
            stale_policy: keys.setting(
                "reload.stale-policy",
                OneOf::words(),
                StalePolicy::Warn,
                "What to do when the table is stale: ignore it, log a warning, or also fail /readyz with\n\
                 503. The status shows it either way.",
            ),
        }
    }
}

impl Word for WatchMode {
    const ALL: &'static [Self] = &[Self::Events, Self::Poll];

    fn word(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Poll => "poll",
        }
    }
}

impl Word for StalePolicy {
    const ALL: &'static [Self] = &[Self::Ignore, Self::Warn, Self::Unready];

    fn word(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::Warn => "warn",
            Self::Unready => "unready",
        }
    }
}
