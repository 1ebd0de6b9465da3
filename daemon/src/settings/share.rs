//! A share of a whole.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A share, from 0 to 1, such as the share of lookups that the decision log has.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Share(f64);

/// The text is not a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a share is a decimal number from 0 to 1, such as 0.01")]
pub struct ParseShareError;

impl Share {
    /// Everything.
    pub const WHOLE: Self = Self(1.0);

    /// Returns the share that `fraction` is, or `None` if it is not from 0 to 1.
    #[must_use]
    pub fn new(fraction: f64) -> Option<Self> {
        (0.0..=1.0).contains(&fraction).then_some(Self(fraction))
    }

    /// Returns the share as a number from 0 to 1.
    #[must_use]
    pub const fn fraction(self) -> f64 {
        self.0
    }
}

/// Reads digits with at most one point, so that neither `1e-2` nor `+1` is a share.
impl FromStr for Share {
    type Err = ParseShareError;

    fn from_str(text: &str) -> Result<Self, ParseShareError> {
        let is_decimal = text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
        let fraction = is_decimal.then(|| text.parse().ok()).flatten();
        fraction.and_then(Self::new).ok_or(ParseShareError)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_decimal_number_from_0_to_1() {
        for (text, fraction) in [
            ("0", 0.0),
            ("1", 1.0),
            ("0.01", 0.01),
            (".5", 0.5),
            ("1.0", 1.0),
        ] {
            assert_eq!(text.parse(), Ok(Share(fraction)), "{text}");
        }
        for text in [
            "", ".", "1.1", "2", "-0", "+1", "1e-2", "0,1", "NaN", "inf", " 1", "1.0.0",
        ] {
            assert_eq!(text.parse::<Share>(), Err(ParseShareError), "{text}");
        }
        for fraction in [f64::NAN, f64::INFINITY, -0.1, 1.000_001] {
            assert_eq!(Share::new(fraction), None);
        }
    }
}
