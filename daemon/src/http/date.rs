//! The header line `Date`, formatted once a second.

use std::io::Write as _;
use std::time::{Duration, Instant, SystemTime};

use httpdate::HttpDate;

/// The length of the line with its end, the same for every date.
const DATE_LINE_BYTES: usize = 37;

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

    /// Returns the line at `now`, with its end. It may be up to a second behind the clock.
    pub fn at(&mut self, now: Instant) -> &[u8] {
        if self.until.is_none_or(|until| until <= now) {
            self.format(SystemTime::now());
            self.until = Some(now + Duration::from_secs(1));
        }
        &self.line
    }

    #[cold]
    fn format(&mut self, time: SystemTime) {
        let date = HttpDate::from(time);
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
    use super::*;

    #[test]
    fn the_date_is_formatted_once_a_second() {
        let mut date = DateLine::new();
        let now = Instant::now();
        let first = date.at(now).to_vec();
        assert!(first.starts_with(b"Date: ") && first.ends_with(b" GMT\r\n"));
        date.line = *b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
        let old = date.line;
        assert_eq!(date.at(now + Duration::from_millis(999)), old);
        assert_ne!(date.at(now + Duration::from_secs(1)), old);
    }
}
