//! Formatting of moments and spans of time.

use std::time::{Duration, SystemTime};

use codeid_daemon::timestamp::{iso_8601, unix_ms};

/// Formats a moment, in milliseconds since 1970: `2026-11-22 07:12:03 UTC`.
pub(super) fn utc(milliseconds: u64) -> String {
    let text = iso_8601(SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds));
    let text = text.trim_end_matches("+00:00").replace('T', " ");
    format!("{text} UTC")
}

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

/// Formats a number of milliseconds in one or two suitable units: `45 s`, `3 min 20 s`, `2 d 4 h`.
pub(super) fn span(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    let two = |large: u64, large_unit, small: u64, small_unit| match small {
        0 => format!("{large} {large_unit}"),
        _ => format!("{large} {large_unit} {small} {small_unit}"),
    };
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..60 => format!("{seconds} s"),
        60..3600 => two(seconds / 60, "min", seconds % 60, "s"),
        3600..86_400 => two(seconds / 3600, "h", seconds / 60 % 60, "min"),
        _ => two(seconds / 86_400, "d", seconds / 3600 % 24, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::{span, utc};

    #[test]
    fn moments_are_shown_as_dates_and_times() {
        assert_eq!(utc(1_795_224_600_123), "2026-11-21 01:30:00 UTC");
        assert_eq!(utc(u64::MAX), "9999-12-31 23:59:59 UTC");
    }

    #[test]
    fn spans_have_at_most_two_units() {
        for (milliseconds, expected) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (45_900, "45 s"),
            (60_000, "1 min"),
            (200_000, "3 min 20 s"),
            (3_600_000, "1 h"),
            (86_399_999, "23 h 59 min"),
            (187_200_000, "2 d 4 h"),
        ] {
            assert_eq!(span(milliseconds), expected);
        }
    }
}
