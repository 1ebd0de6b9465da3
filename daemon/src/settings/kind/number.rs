//! Whole numbers, durations in milliseconds, and permissions.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use super::{Kind, Shown};
use crate::settings::KeyVersion;
use crate::settings::error::ValueError;
use crate::settings::given::Given;

/// A whole number from `min` to `max`, of the type `T`.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct Whole<T> {
    min: u64,
    max: u64,
    /// The unit, in the plural; empty for a number without one.
    unit: &'static str,
    of: PhantomData<T>,
}

/// A type that [`Whole`] reads.
pub(in crate::settings) trait FromWhole: Sized {
    /// `None` if the type has no such value.
    fn from_whole(number: u64) -> Option<Self>;

    fn to_whole(&self) -> u64;
}

impl<T: FromWhole> Whole<T> {
    /// The whole numbers from `min` to `max`, both allowed. `unit` is in the plural, and empty for
    /// none.
    pub(in crate::settings) const fn between(min: u64, max: u64, unit: &'static str) -> Self {
        Self {
            min,
            max,
            unit,
            of: PhantomData,
        }
    }

    fn within(&self, number: u64) -> Option<T> {
        let allowed = (self.min..=self.max).contains(&number);
        allowed.then(|| T::from_whole(number)).flatten()
    }
}

impl<T: FromWhole> Kind for Whole<T> {
    type Value = T;

    fn parse(&self, text: &str) -> Option<T> {
        // The digits alone, so that neither `+1` nor ` 1` is a number.
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = is_number.then(|| text.parse().ok()).flatten()?;
        self.within(number)
    }

    fn show(&self, value: &T) -> Shown {
        Shown::Number(value.to_whole())
    }

    fn read(&self, given: &Given) -> Result<T, ValueError> {
        match given {
            Given::Text(text) => self.parse(text).ok_or_else(|| ValueError::not(self, given)),
            Given::Integer(number) => u64::try_from(*number)
                .ok()
                .and_then(|number| self.within(number))
                .ok_or_else(|| ValueError::not(self, number)),
            Given::Float(_) | Given::Boolean(_) | Given::List(_) | Given::Other(_) => {
                Err(ValueError::not(self, given))
            }
        }
    }
}

impl<T> fmt::Display for Whole<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (min, max) = (self.min, self.max);
        match self.unit {
            "" => write!(f, "a number from {min} to {max}"),
            unit => write!(f, "a number of {unit} from {min} to {max}"),
        }
    }
}

impl FromWhole for usize {
    fn from_whole(number: u64) -> Option<Self> {
        number.try_into().ok()
    }

    fn to_whole(&self) -> u64 {
        *self as u64
    }
}

impl FromWhole for u64 {
    fn from_whole(number: u64) -> Option<Self> {
        Some(number)
    }

    fn to_whole(&self) -> u64 {
        *self
    }
}

impl FromWhole for u32 {
    fn from_whole(number: u64) -> Option<Self> {
        number.try_into().ok()
    }

    fn to_whole(&self) -> u64 {
        u64::from(*self)
    }
}

/// A duration is a number of milliseconds.
impl FromWhole for Duration {
    fn from_whole(number: u64) -> Option<Self> {
        Some(Self::from_millis(number))
    }

    fn to_whole(&self) -> u64 {
        u64::try_from(self.as_millis()).unwrap_or(u64::MAX)
    }
}

impl FromWhole for KeyVersion {
    fn from_whole(number: u64) -> Option<Self> {
        Self::new(number.try_into().ok()?)
    }

    fn to_whole(&self) -> u64 {
        u64::from(self.get())
    }
}

/// The permission bits of a file.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct Permissions;

impl Kind for Permissions {
    type Value = u32;

    fn parse(&self, text: &str) -> Option<u32> {
        let octal = (3..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        let mode = u32::from_str_radix(text, 8).ok()?;
        (octal && mode <= 0o777).then_some(mode)
    }

    fn show(&self, mode: &u32) -> Shown {
        Shown::Text(format!("{mode:04o}"))
    }

    fn read(&self, given: &Given) -> Result<u32, ValueError> {
        match given {
            Given::Text(text) => self.parse(text).ok_or_else(|| ValueError::not(self, given)),
            // `0o660` in the file.
            Given::Integer(number) => u32::try_from(*number)
                .ok()
                .filter(|mode| *mode <= 0o777)
                .ok_or_else(|| ValueError::not(self, &format_args!("{number:#o}"))),
            Given::Float(_) | Given::Boolean(_) | Given::List(_) | Given::Other(_) => {
                Err(ValueError::not(self, given))
            }
        }
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("permissions in octal, 0000 to 0777")
    }
}
