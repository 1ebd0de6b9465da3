//! The lines of the log.

use std::fmt;

use codeid_engine::ConfigDigest;
use serde::{Deserialize, Serialize};

use crate::api::log_level::LogLevel;
use crate::api::refusal::ErrorCode;

/// The SHA-256 of a line without its line feed, in the notation of a config's digest.
pub(crate) type LineDigest = ConfigDigest;

/// The digest that the first line of a log carries.
pub(super) const NO_LINE: [u8; 64] = [b'0'; 64];

/// The most bytes of a line with its line feed. A line has a caller's name of at most 64 characters, a
/// reason of at most 200, each of which takes at most twelve bytes of JSON, a trace, and numbers.
pub(super) const MAX_BYTES: usize = 8 << 10;

/// A line: an action, before or after it, or an event of the log itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    /// The number of the line, from 1.
    pub(crate) seq: u64,
    /// The time at which the line was recorded, as ISO 8601 in UTC.
    pub(crate) time: String,
    /// The caller: `uid 1000`, `token alice` or `unknown 192.0.2.1`; `codeid` for the log itself.
    pub(crate) who: String,
    /// The name of the action, such as `apply`.
    pub(crate) action: String,
    /// The SHA-256 of the live route config before the action; `None` without one, or if the action does not concern it.
    pub(crate) from: Option<ConfigDigest>,
    /// The SHA-256 of the route config that the action makes live, or made live.
    pub(crate) to: Option<ConfigDigest>,
    /// The log level that is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) level: Option<LogLevel>,
    /// The reason of a freeze, or what the log did with itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// `intended`, `done`, or the code of a refusal.
    pub(crate) outcome: String,
    /// The number of the line that says that the action was intended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) intent: Option<u64>,
    /// The number of attempts that the line stands for, if there is more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) count: Option<u64>,
    /// The trace that the request belongs to, as its header `traceparent` names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) traceparent: Option<String>,
    /// The digest of the line before; zeros in the first.
    pub(crate) prev: String,
}

/// The outcome of an action. Displays as `done`, or as the code of the refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The action was carried out.
    Done,
    /// The action was refused with this code.
    Refused(ErrorCode),
}

impl Line {
    /// The outcome of a line that is written before its action.
    pub(crate) const INTENDED: &str = "intended";

    /// Returns a line without content; its place in the chain is set when it is recorded.
    pub(super) const fn blank() -> Self {
        Self {
            seq: 0,
            time: String::new(),
            who: String::new(),
            action: String::new(),
            from: None,
            to: None,
            level: None,
            reason: None,
            outcome: String::new(),
            intent: None,
            count: None,
            traceparent: None,
            prev: String::new(),
        }
    }

    /// Returns the line as it is written, with its line feed.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).expect("a line has only strings and numbers");
        bytes.push(b'\n');
        bytes
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::Refused(code) => code.fmt(f),
        }
    }
}
