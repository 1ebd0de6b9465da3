//! The settings of the log.

use super::declarations::Keys;
use super::kind::OneOf;
use super::word::Word;
use crate::api::log_level::LogLevel;

/// The events that are logged, and their form.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    /// The least severe events that are logged.
    pub level: LogLevel,
    /// The form of an event on standard error.
    pub format: LogFormat,
}

/// The form of an event on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// `human`: a line for people.
    Human,
    /// `json`: a JSON object on one line.
    Json,
}

impl Log {
    /// Declares the keys of `log`.
    pub(super) fn declare(keys: &mut Keys) -> Self {
        Self {
            level: keys.setting(
                "log.level",
                OneOf::words(),
                LogLevel::Info,
                "The least severe events that are logged. No level logs requests or their content.",
            ),
            format: keys.setting(
                "log.format",
                OneOf::words(),
                LogFormat::Human,
                "The form of events on standard error.",
            ),
        }
    }
}

impl Word for LogLevel {
    const ALL: &'static [Self] = &Self::ALL;

    fn word(self) -> &'static str {
        self.name()
    }
}

impl Word for LogFormat {
    const ALL: &'static [Self] = &[Self::Human, Self::Json];

    fn word(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
        }
    }
}
