//! The documents of `/v1/log-level`.
//!
//! Source: SPEC.md, section 6.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The least severe level of the events that are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum LogLevel {
    /// Faults that need an operator.
    Error,
    /// Conditions that may need an operator.
    Warn,
    /// Changes of state.
    Info,
    /// Each check of a source, and failures that need no operator.
    Debug,
    /// Everything.
    Trace,
}

/// The body of `POST /v1/log-level`, and the response to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogLevelDocument {
    /// The level from now on, until the daemon stops.
    pub level: LogLevel,
}

impl LogLevel {
    /// All levels, the most severe first.
    pub const ALL: [Self; 5] = [
        Self::Error,
        Self::Warn,
        Self::Info,
        Self::Debug,
        Self::Trace,
    ];

    /// Returns the name of the level, as it serializes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// Displays as it serializes.
impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::LogLevel;

    #[test]
    fn a_level_serializes_as_its_name() {
        for level in LogLevel::ALL {
            assert_eq!(serde_json::to_value(level).unwrap(), level.name());
        }
    }
}
