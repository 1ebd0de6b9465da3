//! Versions of keys.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The version of one of a party's keys: 0 to 2147483647.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyVersion(u32);

/// A text that is not the version of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a key version is a number from 0 to {} without leading zeros", KeyVersion::MAX.0)]
pub struct ParseKeyVersionError;

impl KeyVersion {
    /// The version of a party's first key.
    pub const ONE: Self = Self(1);

    /// The greatest version.
    pub const MAX: Self = Self(i32::MAX.unsigned_abs());

    /// Returns the version of this number; `None` above 2147483647.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        if number <= Self::MAX.0 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// Parses digits only, without leading zeros.
impl FromStr for KeyVersion {
    type Err = ParseKeyVersionError;

    fn from_str(text: &str) -> Result<Self, ParseKeyVersionError> {
        let number = text.parse().ok().filter(|n: &u32| n.to_string() == text);
        number.and_then(Self::new).ok_or(ParseKeyVersionError)
    }
}

impl fmt::Display for KeyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_digits_only_and_no_leading_zero() {
        for (text, expected) in [
            ("0", Some(0)),
            ("7", Some(7)),
            ("2147483647", Some(2_147_483_647)),
            ("2147483648", None),
            ("01", None),
            ("+1", None),
            ("-1", None),
            (" 1", None),
            ("", None),
        ] {
            let version = text.parse().ok().map(KeyVersion::get);
            assert_eq!(version, expected, "{text:?}");
        }
        let error = "x".parse::<KeyVersion>().unwrap_err().to_string();
        assert_eq!(
            error,
            "a key version is a number from 0 to 2147483647 without leading zeros"
        );
    }
}
