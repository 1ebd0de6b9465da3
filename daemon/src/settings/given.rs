//! A value as a source gave it, before its key says what it must be.

use std::fmt;

use crate::uri;

/// The most characters of a value that an error message quotes.
const MAX_QUOTED: usize = 64;

/// A value as a source gave it.
#[derive(Clone, Debug)]
pub(super) enum Given {
    /// Text, from the environment, the command line, or a string in the file.
    Text(String),
    /// An integer in the file.
    Integer(i64),
    /// A number with a fraction in the file, as it is written there.
    Float(String),
    /// A boolean in the file.
    Boolean(bool),
    /// An array of strings in the file.
    List(Vec<String>),
    /// Anything else in the file, by the name of its type.
    Other(&'static str),
}

/// Shows the value in a message, bounded so that it fits a line. A URL that stands where none is
/// allowed may contain a secret all the same.
impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) if text.chars().count() > MAX_QUOTED => {
                write!(f, "a text of {} characters", text.chars().count())
            }
            Self::Text(text) => write!(f, "{:?}", uri::shown(text)),
            Self::Integer(number) => write!(f, "the number {number}"),
            Self::Float(number) => write!(f, "the number {number}"),
            Self::Boolean(_) => f.write_str("a value of type boolean"),
            Self::List(_) => f.write_str("a list"),
            Self::Other(type_name) => write!(f, "a value of type {type_name}"),
        }
    }
}
