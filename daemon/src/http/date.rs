//! The header line `Date`, formatted once a second.

use std::io::Write as _;
use std::time::{Duration, Instant, SystemTime};

use httpdate::HttpDate;

use crate::clock::Clock;

/// The length of the line with its end, the same for every date.
const DATE_LINE_BYTES: usize = 37;

/// The time from the beginning of 1970 to the last second of the year 9999.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// The header line `Date` of the current second, formatted once for all responses in it.
#[derive(Debug)]
pub struct DateLine {
    line: [u8; DATE_LINE_BYTES],
    /// The time from which on `line` is out of date; `None` before the first line.
    until: Option<Instant>,
}

impl DateLine {
    /// A line that is formatted when it is first needed.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            line: [0; DATE_LINE_BYTES],
            until: None,
        }
    }

    /// Returns the line, with its end. `clock` is read if that last happened at least a second before
    /// `now`, so that the date may be up to a second late.
    pub fn at(&mut self, now: Instant, clock: &Clock) -> &[u8] {
        if self.until.is_none_or(|until| until <= now) {
            self.format(clock.now());
            self.until = Some(now + Duration::from_secs(1));
        }
        &self.line
    }

    /// Formats `time`, or the nearest second of the years 1970 to 9999, beyond which there is no such date.
    fn format(&mut self, time: SystemTime) {
        let date =
            HttpDate::from(time.clamp(SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + LAST));
        write!(self.line.as_mut_slice(), "Date: {date}\r\n")
            .expect("every date has the same length");
    }
}

impl Default for DateLine {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn the_date_is_formatted_once_a_second() {
        let second = Arc::new(AtomicU64::new(784_111_777));
        let read = Arc::clone(&second);
        let clock = Clock::from_fn(move || {
            SystemTime::UNIX_EPOCH + Duration::from_secs(read.load(Ordering::Relaxed))
        });
        let (mut date, now) = (DateLine::new(), Instant::now());
        let first = b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
        assert_eq!(date.at(now, &clock), first);
        second.fetch_add(1, Ordering::Relaxed);
        assert_eq!(date.at(now + Duration::from_millis(999), &clock), first);
        assert_eq!(
            date.at(now + Duration::from_secs(1), &clock),
            b"Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n"
        );
    }
    #[test]
    fn a_clock_beyond_the_dates_of_http_shows_the_nearest() {
        let date = |time: SystemTime| {
            let clock = Clock::from_fn(move || time);
            DateLine::new().at(Instant::now(), &clock).to_vec()
        };
        let (day, epoch) = (Duration::from_secs(86_400), SystemTime::UNIX_EPOCH);
        assert_eq!(
            date(epoch - day),
            b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
        );
        let last = b"Date: Fri, 31 Dec 9999 23:59:59 GMT\r\n";
        assert_eq!(date(epoch + LAST), last);
        assert_eq!(date(epoch + LAST + day), last);
    }
}
