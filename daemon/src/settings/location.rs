//! The places that route configs are read from and saved to.

use std::fmt;

/// A path, or the URI of a route config source or store: 1 to 4096 characters, none of them a control
/// character. The scheme of a URI, and what follows it, are checked when the source is opened: a
/// program that embeds codeid may have sources, and schemes, of its own.
///
/// `Debug` shows nothing of it, since a URI may contain a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Location(String);

impl Location {
    /// Takes `text`, whose length and characters the caller has checked.
    pub(super) fn new(text: &str) -> Self {
        Self(text.to_owned())
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
