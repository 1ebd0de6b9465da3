//! The places that route configs are read from and saved to.

use std::fmt;

/// The most characters of a path, URI or URL.
pub(super) const MAX_CHARACTERS: usize = 4096;

/// A path, or the URI of a route config source or store: 1 to 4096 characters, none of them a control
/// character. The scheme of a URI, and what follows it, are checked when the source is opened: a
/// program that embeds codeid may have sources, and schemes, of its own.
///
/// `Debug` shows nothing of it, since a URI may contain a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Location(String);

/// The reason why a text is not a location. Shows nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ParseLocationError {
    /// The text has no character.
    #[error("it is empty")]
    Empty,
    /// The text has this number of characters, more than [`MAX_CHARACTERS`].
    #[error("it has {0} characters")]
    TooLong(usize),
    /// The character with this number, from 1, is a control character.
    #[error("its character number {0} is a control character")]
    Control(usize),
    /// The character with this number, from 1, is a space where none is allowed.
    #[error("its character number {0} is a space")]
    Space(usize),
}

impl Location {
    /// Parses a path or URI.
    ///
    /// # Errors
    ///
    /// [`ParseLocationError`] unless `text` has 1 to 4096 characters, none of them a control character.
    pub(super) fn parse(text: &str) -> Result<Self, ParseLocationError> {
        let length = text.chars().count();
        let number_of = |is_bad: fn(char) -> bool| Some(text.chars().position(is_bad)? + 1);
        match (length, number_of(char::is_control)) {
            (0, _) => Err(ParseLocationError::Empty),
            (1..=MAX_CHARACTERS, None) => Ok(Self(text.to_owned())),
            (1..=MAX_CHARACTERS, Some(number)) => Err(ParseLocationError::Control(number)),
            _ => Err(ParseLocationError::TooLong(length)),
        }
    }

    /// Parses a path or URI without spaces.
    ///
    /// # Errors
    ///
    /// [`ParseLocationError`] if there is a space, or as for [`Self::parse`].
    pub(super) fn parse_without_spaces(text: &str) -> Result<Self, ParseLocationError> {
        let location = Self::parse(text)?;
        match text.chars().position(char::is_whitespace) {
            None => Ok(location),
            Some(before) => Err(ParseLocationError::Space(before + 1)),
        }
    }

    /// Returns the text as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Location").finish_non_exhaustive()
    }
}
