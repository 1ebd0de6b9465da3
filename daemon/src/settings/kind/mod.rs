//! Kinds of values: each decides which values are allowed, and how one is read and shown.
//!
//! A kind that needs no bounds is a unit struct; [`Whole`] and [`Text`] carry theirs. [`OneOf`] reads
//! the words of an enum, and [`Url`] a type of URLs.

mod name_list;
mod number;

mod path;
mod share;
mod socket;
mod switch;
#[cfg(test)]
mod tests;
mod text;

use std::fmt;

use serde::Serialize;

use super::error::ValueError;
use super::given::Given;
use super::location::MAX_CHARACTERS;
use crate::uri;

pub(super) use self::name_list::{HeaderNames, HostNames, RuleNames};
pub(super) use self::number::{Permissions, Whole};
pub(super) use self::path::{FileOrOff, FilePath, PathOrUri, Uri};
pub(super) use self::share::Shares;
pub(crate) use self::socket::MAX_SOCKET_PATH_BYTES;
pub(super) use self::socket::{Address, PeerSocket, Socket};
pub(super) use self::switch::Switch;
pub(super) use self::text::{OneOf, ParseUrl, Text, Url};

/// The value of a place or file that is not used.
const OFF: &str = "off";

/// The kind of a key's values.
///
/// It displays as the values that are allowed, in a phrase that can follow "must be".
pub(super) trait Kind: fmt::Display {
    /// The type of a value that was checked.
    type Value;

    /// Set for a value that may hold a password or a token, so that no message quotes it.
    const MAY_BE_SECRET: bool = false;

    /// Parses a value from text; `None` if it is not allowed.
    fn parse(&self, text: &str) -> Option<Self::Value>;

    /// Shows a value to people and in JSON.
    fn show(&self, value: &Self::Value) -> Shown;

    /// Reads a value from what a source gave.
    ///
    /// # Errors
    ///
    /// [`ValueError`] if it is not allowed.
    fn read(&self, given: &Given) -> Result<Self::Value, ValueError> {
        let value = match given {
            Given::Text(text) => self.parse(text),
            Given::Integer(_)
            | Given::Float(_)
            | Given::Boolean(_)
            | Given::List(_)
            | Given::Other(_) => None,
        };
        value.ok_or_else(|| match given {
            Given::Text(_) if Self::MAY_BE_SECRET => ValueError::NotShown {
                allowed: self.to_string(),
            },
            given => ValueError::not(self, given),
        })
    }
}

/// A value as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Shown {
    /// A text, without what may be a secret.
    Text(String),
    /// A number, in the unit that the key names.
    Number(u64),
    /// What is on or not.
    Switch(bool),
    /// The items of a list, in the order in which they were given.
    List(Vec<String>),
}

/// Shows the value to people.
impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Switch(is_on) => is_on.fmt(f),
            Self::List(items) => f.write_str(&items.join(",")),
        }
    }
}

impl Shown {
    /// Returns a text without the secrets of a URL, which may stand where none is allowed.
    fn text(value: &impl ToString) -> Self {
        Self::Text(uri::shown(&value.to_string()).into_owned())
    }
}

/// Returns `true` for a text that is not empty, has at most [`MAX_CHARACTERS`] and no controls.
pub(super) fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.chars().count() <= MAX_CHARACTERS
        && !text.chars().any(char::is_control)
}
