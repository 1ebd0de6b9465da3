//! Paths of files, and URIs beside them.

use std::fmt;
use std::path::PathBuf;

use super::{Kind, MAX_CHARACTERS, Shown, is_plain};
use crate::settings::Location;
use crate::uri;

/// The path of a file.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct FilePath;

/// The path of a file, or a URI.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct PathOrUri;

/// A URI, or a path without spaces.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct Uri;

impl Kind for FilePath {
    type Value = PathBuf;

    fn parse(&self, text: &str) -> Option<PathBuf> {
        is_plain(text).then(|| text.into())
    }

    fn show(&self, path: &PathBuf) -> Shown {
        Shown::text(&path.display())
    }
}

impl Kind for PathOrUri {
    type Value = Location;

    fn parse(&self, text: &str) -> Option<Location> {
        is_plain(text).then(|| Location::new(text))
    }

    fn show(&self, location: &Location) -> Shown {
        Shown::text(&uri::shown(location.as_str()))
    }
}

impl Kind for Uri {
    type Value = Location;

    const MAY_BE_SECRET: bool = true;

    fn parse(&self, text: &str) -> Option<Location> {
        let fits = is_plain(text) && !text.contains(char::is_whitespace);
        fits.then(|| Location::new(text))
    }

    fn show(&self, location: &Location) -> Shown {
        Shown::text(&uri::shown(location.as_str()))
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a path of 1 to {MAX_CHARACTERS} characters without control characters"
        )
    }
}

impl fmt::Display for PathOrUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a path or URI of 1 to {MAX_CHARACTERS} characters without control characters"
        )
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a path or URI of 1 to {MAX_CHARACTERS} characters without spaces and control characters"
        )
    }
}
