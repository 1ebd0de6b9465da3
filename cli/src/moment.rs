//! Formatting of moments and spans of time.

use std::time::SystemTime;

use codeid_daemon::timestamp::unix_ms;
pub(super) use codeid_daemon::timestamp::{span, utc};

/// Formats a moment and the time since: `2026-11-22 07:12:03 UTC (3 min ago)`.
pub(super) fn utc_and_ago(milliseconds: u64) -> String {
    format!("{} ({})", utc(milliseconds), ago(milliseconds))
}

/// Formats the time since a moment, in milliseconds since 1970: `3 min ago`.
pub(super) fn ago(milliseconds: u64) -> String {
    format!("{} ago", span(now_ms().saturating_sub(milliseconds)))
}

/// Formats the time until a moment, in milliseconds since 1970: `in 3 min`.
pub(super) fn until(milliseconds: u64) -> String {
    format!("in {}", span(milliseconds.saturating_sub(now_ms())))
}

fn now_ms() -> u64 {
    unix_ms(SystemTime::now())
}
