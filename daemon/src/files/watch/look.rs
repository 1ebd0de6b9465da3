//! What is to be seen of a file at one moment, and when it has settled.

use std::path::Path;
use std::time::Duration;

use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::files::regular_file::{self, ReadError};

/// How long a file that holds no whole JSON text, or cannot be read, must be left alone until that
/// counts as what was meant: longer than a writer pauses.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long a file may take to settle; then it is taken as it is.
pub(super) const LONGEST: Duration = Duration::from_secs(5);

/// What is to be seen of a file at one moment.
pub(super) struct Look {
    pub(super) outcome: Result<Vec<u8>, ReadError>,
    pub(super) content: Content,
    /// For how long, at least, nobody has touched the file.
    pub(super) untouched_for: Duration,
    /// Whether it is one whole JSON text. Half of a written object is none.
    is_whole: bool,
}

/// What tells one content from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// The SHA-256 of the bytes.
    Bytes([u8; 32]),
    /// Why there are none.
    Unreadable(String),
}

/// How a file comes to rest.
pub(super) struct Settling {
    debounce: Duration,
    /// The first look.
    begun: Option<Instant>,
    /// What was seen last, and since when.
    last: Option<(Content, Instant)>,
}

impl Look {
    /// Reads the file at `path`, up to `max_bytes`.
    pub(super) fn at(path: &Path, max_bytes: usize) -> Self {
        match regular_file::read(path, max_bytes) {
            Ok(file) => Self {
                content: Content::Bytes(Sha256::digest(&file.bytes).into()),
                untouched_for: file.untouched_for,
                is_whole: serde_json::from_slice::<IgnoredAny>(&file.bytes).is_ok(),
                outcome: Ok(file.bytes),
            },
            Err(error) => Self {
                content: Content::Unreadable(error.to_string()),
                untouched_for: Duration::ZERO,
                is_whole: false,
                outcome: Err(error),
            },
        }
    }
}

impl Settling {
    /// For a file that must be left alone for `debounce`.
    pub(super) fn begin(debounce: Duration) -> Self {
        Self {
            debounce,
            begun: None,
            last: None,
        }
    }

    /// Whether `look`, the next at the file, shows it settled. That it is known to have been
    /// untouched for a time counts as if it had been looked at for as long.
    pub(super) fn is_over(&mut self, look: &Look, untouched_for: Duration) -> bool {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        let since = match &self.last {
            Some((content, since)) if *content == look.content => *since,
            _ => Instant::now(),
        };
        self.last = Some((look.content.clone(), since));
        let needed = if look.is_whole {
            self.debounce
        } else {
            PATIENCE.max(self.debounce)
        };
        since.elapsed().max(untouched_for) >= needed || begun.elapsed() >= LONGEST
    }
}
