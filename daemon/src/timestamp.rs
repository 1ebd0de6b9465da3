//! Points in time as numbers and as text, for JSON documents, headers and logs.

use std::time::{Duration, SystemTime};

use time::OffsetDateTime;

/// The time from the beginning of 1970, UTC, to `time`; zero for a `time` before that.
pub fn since_1970(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

/// `time` in milliseconds since the beginning of 1970, UTC; 0 for a `time` before that.
pub fn unix_ms(time: SystemTime) -> u64 {
    milliseconds(since_1970(time))
}

/// The whole milliseconds of `duration`; [`u64::MAX`] if there are more.
pub fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Formats `time` in UTC, to the second: `2026-11-21T01:30:00+00:00`.
///
/// This is ISO 8601 with an offset, the form that `Request-Time` has. A time outside the years 1970
/// to 9999 is replaced by the nearest second within them.
pub fn iso_8601(time: SystemTime) -> String {
    let seconds = i64::try_from(since_1970(time).as_secs()).unwrap_or(i64::MAX);
    let Ok(utc) = OffsetDateTime::from_unix_timestamp(seconds) else {
        return "9999-12-31T23:59:59+00:00".to_owned();
    };
    let (year, month, day) = (utc.year(), u8::from(utc.month()), utc.day());
    let (hour, minute, second) = utc.to_hms();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00")
}

/// Formats `time` in UTC, to the millisecond: `2026-11-21T01:30:00.123+00:00`. It is a time of
/// RFC 3339, with the bounds of [`iso_8601`].
pub fn iso_8601_ms(time: SystemTime) -> String {
    let mut text = iso_8601(time);
    let milliseconds = since_1970(time).subsec_millis();
    text.insert_str(SECONDS_END, &format!(".{milliseconds:03}"));
    text
}

/// The position behind the seconds in a time of [`iso_8601`].
const SECONDS_END: usize = "2026-11-21T01:30:00".len();

/// Formats a moment, in milliseconds since the beginning of 1970, for people: `2026-11-22 07:12:03 UTC`.
pub fn utc(milliseconds: u64) -> String {
    let text = iso_8601(SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds));
    let text = text.trim_end_matches("+00:00").replace('T', " ");
    format!("{text} UTC")
}

/// Formats a number of milliseconds in one or two suitable units: `45 s`, `3 min 20 s`, `2 d 4 h`.
pub fn span(milliseconds: u64) -> String {
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
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn text_is_what_date_prints_for_the_same_second() {
        // `date -u --iso-8601=seconds -d @…` prints these.
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00+00:00"),
            (951_782_399, "2000-02-28T23:59:59+00:00"),
            (951_782_400, "2000-02-29T00:00:00+00:00"),
            (951_868_800, "2000-03-01T00:00:00+00:00"),
            (1_795_224_600, "2026-11-21T01:30:00+00:00"),
            (1_798_761_599, "2026-12-31T23:59:59+00:00"),
            (1_798_761_600, "2027-01-01T00:00:00+00:00"),
            (1_835_395_200, "2028-02-29T00:00:00+00:00"),
            (4_107_542_399, "2100-02-28T23:59:59+00:00"),
            (4_107_542_400, "2100-03-01T00:00:00+00:00"),
        ] {
            assert_eq!(iso_8601(at(seconds)), expected);
        }
    }

    #[test]
    fn milliseconds_stand_between_the_seconds_and_the_offset() {
        let time = at(1_795_224_600);
        for (nanoseconds, expected) in [
            (0, "2026-11-21T01:30:00.000+00:00"),
            (7_999_999, "2026-11-21T01:30:00.007+00:00"),
            (999_999_999, "2026-11-21T01:30:00.999+00:00"),
        ] {
            let time = time + Duration::from_nanos(nanoseconds);
            assert_eq!(iso_8601_ms(time), expected);
        }
    }

    #[test]
    fn times_outside_the_calendar_are_moved_to_its_nearest_end() {
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(iso_8601(before), "1970-01-01T00:00:00+00:00");
        assert_eq!(unix_ms(before), 0);
        for seconds in [253_402_300_799, 253_402_300_800, 1 << 62] {
            assert_eq!(iso_8601(at(seconds)), "9999-12-31T23:59:59+00:00");
        }
    }

    #[test]
    fn milliseconds_are_rounded_down() {
        let time = SystemTime::UNIX_EPOCH + Duration::new(1_795_224_600, 123_999_999);
        assert_eq!(unix_ms(time), 1_795_224_600_123);
        assert_eq!(milliseconds(Duration::MAX), u64::MAX);
    }

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
