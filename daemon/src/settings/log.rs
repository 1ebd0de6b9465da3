//! The settings of the log.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::keys::Keys;
use super::kind::OneOf;
use super::word::{UnknownWord, Word};

/// The events that are logged, and their form.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    /// The least severe events that are logged.
    pub level: LogLevel,
    /// The form of an event.
    pub format: LogFormat,
}

/// The severity of an event, the most severe first. Serializes as its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// `error`: a part of the daemon does not work.
    Error,
    /// `warn`: an operator should look at it.
    Warn,
    /// `info`: a change of state.
    Info,
    /// `debug`: a detail that helps to find a fault.
    Debug,
    /// `trace`: a single step.
    Trace,
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

impl LogLevel {
    /// Returns the word for the level.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

impl Word for LogLevel {
    const ALL: &'static [Self] = &[
        Self::Error,
        Self::Warn,
        Self::Info,
        Self::Debug,
        Self::Trace,
    ];

    fn word(self) -> &'static str {
        self.word()
    }
}

impl FromStr for LogLevel {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::from_word(text)
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

impl FromStr for LogFormat {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::from_word(text)
    }
}
