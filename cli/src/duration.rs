//! Spans of time on the command line.

use std::time::Duration;

/// The longest that may be given.
const MAX_DURATION: Duration = Duration::from_hours(24);

/// Reads `500ms`, `10s`, `2m` or seconds; more than nothing.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let duration = duration_or_none(text)?;
    if duration.is_zero() {
        return Err("must be longer than nothing".to_owned());
    }
    Ok(duration)
}

/// The same, or nothing.
pub(super) fn duration_or_none(text: &str) -> Result<Duration, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0)];
    let (number, seconds) = units
        .into_iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
        .unwrap_or((text, 1.0));
    let wrong = || "a time such as 500ms, 10s or 2m is wanted, at most 24 hours".to_owned();
    let number: f64 = number.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * seconds)
        .ok()
        .filter(|duration| *duration <= MAX_DURATION)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::{Duration, duration, duration_or_none};

    #[test]
    fn times_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("3"), Ok(Duration::from_secs(3)));
        assert_eq!(duration_or_none("0"), Ok(Duration::ZERO));
        for bad in ["", "s", "-1s", "0s", "NaN", "inf", "1h", "25000m", "1e300"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
