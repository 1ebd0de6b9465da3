//! The content of a file at one moment.

use std::path::Path;
use std::time::Duration;

use serde::de::IgnoredAny;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error_chain::ErrorChain;
use crate::regular_file::{self, ReadError};

/// The content of a file at one moment, or the reason why it cannot be read.
pub(super) struct FileSnapshot {
    /// The bytes, or the reason why they cannot be read. They are wiped from memory when they are
    /// dropped, since the file may be that of a private key.
    pub(super) outcome: Result<Zeroizing<Vec<u8>>, ReadError>,
    /// Equal for two snapshots if their outcomes are.
    pub(super) fingerprint: Fingerprint,
    /// The time, at least, for which the file had not been touched.
    pub(super) untouched_for: Duration,
    /// `true` if the content is one complete JSON text, which the first half of an object is not.
    pub(super) is_complete: bool,
}

/// Identifies a content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fingerprint {
    /// The SHA-256 of the bytes.
    Bytes([u8; 32]),
    /// The reason why the file cannot be read.
    Unreadable(String),
}

impl FileSnapshot {
    /// Reads the file at `path`, up to `max_bytes`.
    pub(super) fn take(path: &Path, max_bytes: usize) -> Self {
        match regular_file::read(path, max_bytes) {
            Ok(file) => Self {
                fingerprint: Fingerprint::Bytes(Sha256::digest(&file.bytes).into()),
                untouched_for: file.untouched_for,
                is_complete: serde_json::from_slice::<IgnoredAny>(&file.bytes).is_ok(),
                outcome: Ok(Zeroizing::new(file.bytes)),
            },
            Err(error) => Self {
                fingerprint: Fingerprint::Unreadable(ErrorChain(&error).to_string()),
                untouched_for: Duration::ZERO,
                is_complete: false,
                outcome: Err(error),
            },
        }
    }
}
