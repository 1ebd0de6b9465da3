//! Values that are true or false.

use std::fmt;

use super::{Kind, Shown};
use crate::settings::error::ValueError;
use crate::settings::given::Given;

/// `true` or `false`, in the file with quotes or without.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct Switch;

impl Kind for Switch {
    type Value = bool;

    fn parse(&self, text: &str) -> Option<bool> {
        text.parse().ok()
    }

    fn show(&self, value: &bool) -> Shown {
        Shown::Switch(*value)
    }

    fn read(&self, given: &Given) -> Result<bool, ValueError> {
        match given {
            Given::Boolean(value) => Ok(*value),
            Given::Text(text) => self.parse(text).ok_or_else(|| ValueError::not(self, given)),
            given => Err(ValueError::not(self, given)),
        }
    }
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true or false")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_true_or_false_and_nothing_else() {
        let text = |text: &str| Given::Text(text.to_owned());
        for (given, expected) in [
            (Given::Boolean(true), Some(true)),
            (text("true"), Some(true)),
            (text("false"), Some(false)),
            (text("True"), None),
            (text("1"), None),
            (text(""), None),
            (Given::Integer(1), None),
        ] {
            assert_eq!(Switch.read(&given).ok(), expected, "{given}");
        }
        let error = Switch.read(&text("on")).unwrap_err().to_string();
        assert_eq!(error, "must be true or false, not \"on\"");
    }
}
