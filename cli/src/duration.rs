//! Durations on the command line.

use std::time::Duration;

/// The longest duration accepted.
const MAX_DURATION: Duration = Duration::from_hours(24);

/// Parses a duration as [`duration`] does, and refuses zero.
///
/// # Errors
///
/// The requirement that `text` does not meet.
pub(super) fn positive_duration(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration.is_zero() {
        return Err("must be greater than zero".to_owned());
    }
    Ok(duration)
}

/// Parses a duration such as `500ms`, `10s` or `2m`; a number without a unit is in seconds.
///
/// # Errors
///
/// The expected form, if `text` does not have it or exceeds [`MAX_DURATION`].
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0)];
    let (number, seconds) = units
        .into_iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
        .unwrap_or((text, 1.0));
    let wrong = || "expected a duration such as 500ms, 10s or 2m, at most 1440m".to_owned();
    let number: f64 = number.parse().map_err(|_| wrong())?;
    Duration::try_from_secs_f64(number * seconds)
        .ok()
        .filter(|duration| *duration <= MAX_DURATION)
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::{Duration, duration, positive_duration};

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("3"), Ok(Duration::from_secs(3)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        for bad in ["", "s", "-1s", "0s", "NaN", "inf", "1h", "25000m", "1e300"] {
            assert!(positive_duration(bad).is_err(), "{bad}");
        }
    }
}
