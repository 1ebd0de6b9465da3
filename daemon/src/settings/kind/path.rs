//! Paths of files, and URIs beside them.

use std::fmt;
use std::path::PathBuf;

use super::{Kind, OFF, Shown, is_plain};
use crate::settings::Location;
use crate::settings::error::ValueError;
use crate::settings::given::Given;
use crate::settings::location::MAX_CHARACTERS;
use crate::uri::shown_path;

/// The path of a file.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct FilePath;

/// The path of a file, or `off`, which is `None`.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct FileOrOff;

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
        Shown::text(&shown_path(path))
    }
}

impl Kind for FileOrOff {
    type Value = Option<PathBuf>;

    fn parse(&self, text: &str) -> Option<Option<PathBuf>> {
        match text {
            OFF => Some(None),
            text => FilePath.parse(text).map(Some),
        }
    }

    fn show(&self, path: &Option<PathBuf>) -> Shown {
        match path {
            None => Shown::text(&OFF),
            Some(path) => FilePath.show(path),
        }
    }
}

impl Kind for PathOrUri {
    type Value = Location;

    fn parse(&self, text: &str) -> Option<Location> {
        Location::parse(text).ok()
    }

    fn read(&self, given: &Given) -> Result<Location, ValueError> {
        let Given::Text(text) = given else {
            return Err(ValueError::not(self, given));
        };
        Location::parse(text).map_err(|source| ValueError::Location {
            allowed: self.to_string(),
            given: given.to_string(),
            source,
        })
    }

    fn show(&self, location: &Location) -> Shown {
        Shown::text(&location.as_str())
    }
}

impl Kind for Uri {
    type Value = Location;

    const MAY_BE_SECRET: bool = true;

    fn parse(&self, text: &str) -> Option<Location> {
        Location::parse_without_spaces(text).ok()
    }

    fn read(&self, given: &Given) -> Result<Location, ValueError> {
        let Given::Text(text) = given else {
            return Err(ValueError::not(self, given));
        };
        Location::parse_without_spaces(text).map_err(|source| ValueError::LocationNotShown {
            allowed: self.to_string(),
            source,
        })
    }

    fn show(&self, location: &Location) -> Shown {
        Shown::text(&location.as_str())
    }
}

impl fmt::Display for FileOrOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FilePath}, or {OFF}")
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
