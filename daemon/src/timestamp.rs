//! The value of `Request-Time`: ISO 8601 with an offset, to the second.

use std::time::{Duration, SystemTime};

/// `now` in UTC, such as `2026-11-21T01:30:00+00:00`.
pub fn request_time(now: SystemTime) -> String {
    let since_1970 = now.duration_since(SystemTime::UNIX_EPOCH);
    let seconds = since_1970.unwrap_or(Duration::ZERO).as_secs();
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}+00:00")
}

/// The Gregorian date of a day, counted from the beginning of 1970.
fn date(day: u64) -> (u64, u64, u64) {
    // Years are counted from March, so that the leap day is the last, and in cycles of 400 years.
    let day = day + 719_468;
    let (cycle, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (cycle * 400 + year + later, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        // As `date -u -d @…` tells them.
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
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(request_time(time), expected);
        }
    }

    #[test]
    fn each_day_follows_the_one_before() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for count in 0..80_000 {
            assert_eq!(date(count), (year, month, day));
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length =
                lengths[usize::try_from(month - 1).unwrap()] + u64::from(month == 2 && leap);
            (year, month, day) = match (month, day) {
                (12, 31) => (year + 1, 1, 1),
                (month, day) if day == length => (year, month + 1, 1),
                (month, day) => (year, month, day + 1),
            };
        }
    }
}
