//! Durations on the command line.

use std::time::Duration;

/// The longest duration accepted.
const MAX_DURATION: Duration = Duration::from_hours(24);

/// The reason why a text is not an accepted duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DurationError {
    /// A text that is not a number, 0 or greater, with a unit or without.
    #[error(
        "expected a duration such as 500ms, 10s or 2m, at most {}m",
        MAX_DURATION.as_secs() / 60
    )]
    Form,
    /// A duration longer than [`MAX_DURATION`].
    #[error(
        "expected a duration such as 500ms, 10s or 2m, at most {}m",
        MAX_DURATION.as_secs() / 60
    )]
    TooLong,
    /// A duration of zero.
    #[error("must be greater than zero")]
    Zero,
}

/// Parses a duration as [`duration`] does, and refuses zero.
///
/// # Errors
///
/// [`DurationError`]; [`DurationError::Zero`] for zero.
pub(super) fn positive_duration(text: &str) -> Result<Duration, DurationError> {
    let duration = duration(text)?;
    if duration.is_zero() {
        return Err(DurationError::Zero);
    }
    Ok(duration)
}

/// Parses a duration such as `500ms`, `10s` or `2m`; a number without a unit is in seconds.
///
/// # Errors
///
/// [`DurationError::Form`] if `text` does not have this form; [`DurationError::TooLong`] if the
/// duration exceeds [`MAX_DURATION`].
pub(super) fn duration(text: &str) -> Result<Duration, DurationError> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0)];
    let (number, seconds) = units
        .into_iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
        .unwrap_or((text, 1.0));
    let number: f64 = number.parse().map_err(|_| DurationError::Form)?;
    if number.is_nan() || number < 0.0 {
        return Err(DurationError::Form);
    }
    // The only error that is left is an overflow.
    Duration::try_from_secs_f64(number * seconds)
        .ok()
        .filter(|duration| *duration <= MAX_DURATION)
        .ok_or(DurationError::TooLong)
}

#[cfg(test)]
mod tests {
    use super::{Duration, DurationError, duration, positive_duration};

    #[test]
    fn a_duration_is_a_number_and_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("3"), Ok(Duration::from_secs(3)));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        assert_eq!(duration("1440m"), Ok(Duration::from_hours(24)));
        for bad in ["", "s", "-1s", "-1e-300", "NaN", "1h"] {
            assert_eq!(duration(bad), Err(DurationError::Form), "{bad}");
        }
        for long in ["inf", "1440.1m", "25000m", "1e300"] {
            assert_eq!(duration(long), Err(DurationError::TooLong), "{long}");
        }
        assert_eq!(positive_duration("0s"), Err(DurationError::Zero));
        assert_eq!(
            DurationError::TooLong.to_string(),
            "expected a duration such as 500ms, 10s or 2m, at most 1440m"
        );
    }
}
