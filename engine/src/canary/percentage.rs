//! The share of openIds that a canary admits.

use std::fmt;

use super::Bucket;

/// The share of openIds a canary admits, in hundredths of a percent: `0..=10_000`.
///
/// `0` admits no openId and `10_000` every one; the allowlist is consulted before this number. The
/// range is checked here once, so that lookups need no check.
///
/// Source: SPEC.md, section 2.3.
///
/// ```
/// use codeid_engine::RolloutPercentage;
/// assert_eq!(RolloutPercentage::parse("12.5").unwrap().hundredths(), 1250);
/// assert_eq!(RolloutPercentage::parse("1.25e1").unwrap().hundredths(), 1250);
/// assert!(RolloutPercentage::parse("0.001").is_none());
/// assert!(RolloutPercentage::parse("100.01").is_none());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RolloutPercentage(u16);

impl RolloutPercentage {
    const MAX_HUNDREDTHS: u16 = 10_000;

    /// Parses a JSON number as a decimal, exactly and without floating point.
    ///
    /// Returns `None` if it is not a number from 0 to 100 with at most two decimal places other than
    /// trailing zeros: `5.250` is `5.25`.
    #[must_use]
    pub fn parse(number: &str) -> Option<Self> {
        let (mantissa, exponent) = match number.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (number, 0),
        };
        let (negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = || whole.bytes().chain(fraction.bytes());
        if whole.is_empty() || !digits().all(|b| b.is_ascii_digit()) {
            return None;
        }
        // The value is 0.DIGITS times ten to the `point`; hundredths are two places further.
        let point = i64::try_from(whole.len()).ok()? + i64::from(exponent);
        let last = point + 2;
        let mut hundredths: u32 = 0;
        let mut significant = false;
        let mut place: i64 = 0;
        for digit in digits() {
            place += 1;
            significant |= digit != b'0';
            if place <= last {
                hundredths = hundredths
                    .saturating_mul(10)
                    .saturating_add(u32::from(digit - b'0'));
            } else if digit != b'0' {
                return None;
            }
        }
        if !significant {
            return Some(Self(0));
        }
        while place < last {
            place += 1;
            hundredths = hundredths.saturating_mul(10);
            if hundredths > u32::from(Self::MAX_HUNDREDTHS) {
                return None;
            }
        }
        let hundredths = u16::try_from(hundredths).ok()?;
        (!negative && hundredths <= Self::MAX_HUNDREDTHS).then_some(Self(hundredths))
    }

    /// Returns the share as a whole number of hundredths of a percent, `0..=10_000`.
    #[must_use]
    pub const fn hundredths(self) -> u16 {
        self.0
    }

    /// Returns `true` if every openId is admitted.
    pub(super) const fn admits_everybody(self) -> bool {
        self.0 == Self::MAX_HUNDREDTHS
    }

    /// Returns `true` if no openId is admitted.
    pub(super) const fn admits_nobody(self) -> bool {
        self.0 == 0
    }

    /// Returns `true` if an openId in `bucket` is admitted.
    #[must_use]
    pub const fn admits(self, bucket: Bucket) -> bool {
        bucket.get() < self.0
    }
}

/// Displays two decimal places, to be compared by eye with a bucket: `12.50 %`.
impl fmt::Display for RolloutPercentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} %", self.0 / 100, self.0 % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::RolloutPercentage;

    #[test]
    fn decimals_are_read_exactly() {
        for (text, hundredths) in [
            ("0", 0),
            ("-0", 0),
            ("0.00", 0),
            ("0e999999", 0),
            ("0.01", 1),
            ("0.10", 10),
            ("0.29", 29),
            ("1.1", 110),
            ("5.250", 525),
            ("33.33", 3333),
            ("57.29", 5729),
            ("99.99", 9999),
            ("100", 10_000),
            ("100.00", 10_000),
            ("1e2", 10_000),
            ("1E-2", 1),
            ("10000e-2", 10_000),
            ("0.001e1", 1),
            ("1.0000000000000000000000000000", 100),
        ] {
            assert_eq!(
                RolloutPercentage::parse(text).map(|p| p.hundredths()),
                Some(hundredths),
                "{text}"
            );
        }
        for text in [
            "",
            "-",
            "-1",
            "-0.01",
            "100.01",
            "101",
            "0.001",
            "0.009",
            "1e3",
            "1e-3",
            "1e99999999999",
            "1e2147483647",
            "NaN",
            "abc",
            "5.255",
            "99999999999999999999",
            "0.0100001",
            "1.e",
            ".5.",
        ] {
            assert_eq!(RolloutPercentage::parse(text), None, "{text}");
        }
    }
}
