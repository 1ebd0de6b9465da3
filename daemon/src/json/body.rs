//! The body of a request as JSON.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Visitor};
use serde_json::error::Category;
use thiserror::Error;

use super::kind::Kind;
use super::strict::StrictJsonError;

/// The error for a body that is not the JSON that a request needs.
///
/// Displays without any of the body's content.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BodyError {
    /// The body is not UTF-8 from this byte on.
    #[error("the body is not valid UTF-8 at byte {0}")]
    NotUtf8(usize),
    /// The body has no bytes.
    #[error("the body is empty")]
    Empty,
    /// The body has nothing but white space.
    #[error("the body has only white space")]
    Blank,
    /// The body begins with the byte order mark of this encoding.
    #[error("the body begins with a byte order mark of {0}; it must be UTF-8 without one")]
    ByteOrderMark(&'static str),
    /// The body is in this encoding, without a byte order mark.
    #[error("the body is encoded in {0}; it must be UTF-8")]
    Encoding(&'static str),
    /// The body does not begin like JSON.
    #[error("the body is not JSON")]
    NotJson,
    /// The body does not follow the grammar of JSON.
    #[error("the body is not JSON")]
    Syntax(#[source] serde_json::Error),
    /// The body is another kind of JSON value.
    #[error("the body must be {required} but is {actual}")]
    WrongKind {
        /// The kind that the request needs.
        required: Kind,
        /// The kind of the body.
        actual: Kind,
    },
    /// The reader of the request refuses a member of the body.
    #[error("the body is not accepted")]
    Content(#[source] serde_json::Error),
    /// The body has a value that is not strict.
    #[error("the body is not accepted")]
    NotStrict(#[source] StrictJsonError),
}

/// Returns the text of a body.
///
/// # Errors
///
/// [`BodyError::NotUtf8`] if it is not UTF-8; [`BodyError::ByteOrderMark`] or [`BodyError::Encoding`] if that
/// is seen from its beginning.
pub(crate) fn read_text(body: &[u8]) -> Result<&str, BodyError> {
    str::from_utf8(body).map_err(|error| {
        let not_utf8 = BodyError::NotUtf8(error.valid_up_to());
        unreadable_beginning(body).unwrap_or(not_utf8)
    })
}

/// Returns the error for a body that has no JSON, or begins with what editors and libraries put before it;
/// `None` for any other.
pub(crate) fn unreadable_beginning(body: &[u8]) -> Option<BodyError> {
    match body {
        [] => Some(BodyError::Empty),
        [0xef, 0xbb, 0xbf, ..] => Some(BodyError::ByteOrderMark("UTF-8")),
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some(BodyError::ByteOrderMark("UTF-32")),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some(BodyError::ByteOrderMark("UTF-16")),
        // JSON begins with ASCII, and no byte of it is zero.
        [0, 0, 0, 1..=0x7f, ..] | [1..=0x7f, 0, 0, 0, ..] => Some(BodyError::Encoding("UTF-32")),
        [0, 1..=0x7f, ..] | [1..=0x7f, 0, ..] => Some(BodyError::Encoding("UTF-16")),
        _ => {
            let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
            body.iter().all(is_space).then_some(BodyError::Blank)
        }
    }
}

/// Parses a body of one kind.
///
/// # Errors
///
/// [`BodyError`] if `text` is not JSON, is of another kind, or is refused by `seed`.
pub(crate) fn parse_kind<'a, S: DeserializeSeed<'a>>(
    text: &'a str,
    required: Kind,
    seed: S,
) -> Result<S::Value, BodyError> {
    // The first character decides, which gives a better message than the grammar.
    match Kind::from_text(text) {
        Some(actual) if actual == required => parse(text, seed).map_err(|error| match error {
            BodyError::Syntax(_) => unreadable_beginning(text.as_bytes()).unwrap_or(error),
            _ => error,
        }),
        Some(actual) => Err(unreadable_beginning(text.as_bytes())
            .unwrap_or(BodyError::WrongKind { required, actual })),
        None => Err(unreadable_beginning(text.as_bytes()).unwrap_or(BodyError::NotJson)),
    }
}

/// Parses a body, or a value in it.
///
/// # Errors
///
/// [`BodyError::Syntax`], or [`BodyError::Content`] for an error that `seed` returns.
pub(crate) fn parse<'a, S: DeserializeSeed<'a>>(
    text: &'a str,
    seed: S,
) -> Result<S::Value, BodyError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    seed.deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        // Neither shows content: the messages of the parser are fixed texts, and so are those of our
        // readers.
        .map_err(|error| match error.classify() {
            Category::Data => BodyError::Content(error),
            _ => BodyError::Syntax(error),
        })
}

/// Reads a string, without a copy if it has no escapes.
pub(crate) struct TextReader;

impl<'de> DeserializeSeed<'de> for TextReader {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for TextReader {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
