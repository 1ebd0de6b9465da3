//! Shares of a whole.

use std::fmt;

use super::{Kind, Shown};
use crate::settings::Share;
use crate::settings::error::ValueError;
use crate::settings::given::Given;

/// A share, from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct Shares;

impl Kind for Shares {
    type Value = Share;

    fn parse(&self, text: &str) -> Option<Share> {
        text.parse().ok()
    }

    fn show(&self, share: &Share) -> Shown {
        Shown::text(share)
    }

    fn read(&self, given: &Given) -> Result<Share, ValueError> {
        let share = match given {
            Given::Text(text) | Given::Float(text) => self.parse(text),
            Given::Integer(number) => self.parse(&number.to_string()),
            Given::Boolean(_) | Given::List(_) | Given::Other(_) => None,
        };
        share.ok_or_else(|| ValueError::not(self, given))
    }
}

impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a share from 0 to 1, such as 0.01")
    }
}
