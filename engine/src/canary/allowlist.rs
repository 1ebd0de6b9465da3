//! The allowlist: the openIds that a canary admits whatever their bucket.

use std::collections::HashSet;
use std::fmt;

use super::OpenIdHashes;
use crate::{OpenId, ParameterError, hex};

/// A set of openIds, each given as plain text or by its SHA-256.
///
/// Its `Debug` form shows only the number of entries, since openIds are personal data.
#[derive(Clone, Default)]
pub(crate) struct Allowlist {
    /// The entries in plain text.
    open_ids: HashSet<Box<str>>,
    /// The SHA-256 of the openIds of the other entries.
    digests: HashSet<[u8; 32]>,
}

/// The error of adding an entry that is not valid.
#[derive(Debug)]
pub(crate) enum EntryError {
    /// It begins with `sha256:` and continues with anything but 64 hex digits.
    Digest,
    /// It does not have the length of an openId.
    OpenId(ParameterError),
}

/// The beginning of an entry that is a digest.
const DIGEST_PREFIX: &str = "sha256:";

/// The steps of hashing a byte of an openId to look it up.
const HASHED_BYTE: u64 = 1;

impl Allowlist {
    /// Adds an entry: an openId, or `sha256:` and the 64 hex digits of the SHA-256 of one.
    ///
    /// # Errors
    ///
    /// [`EntryError`] if the entry is neither.
    pub(crate) fn add(&mut self, entry: &str) -> Result<(), EntryError> {
        if let Some(digits) = entry.strip_prefix(DIGEST_PREFIX) {
            let digest = hex::decode(digits.as_bytes()).ok_or(EntryError::Digest)?;
            self.digests.insert(digest);
        } else {
            OpenId::new(entry).map_err(EntryError::OpenId)?;
            self.open_ids.insert(entry.into());
        }
        Ok(())
    }

    /// Returns `true` if the openId or its SHA-256 is an entry. The SHA-256 is computed only if there
    /// are digests.
    pub(crate) fn contains(&self, hashes: &mut OpenIdHashes<'_>) -> bool {
        // Most lists have one kind of entry or none: hash only what can be found.
        (!self.open_ids.is_empty() && self.open_ids.contains(hashes.open_id().as_str()))
            || (!self.digests.is_empty() && self.digests.contains(hashes.digest()))
    }

    /// Returns the most steps of [`Self::contains`] for an openId of `bytes` bytes, without its
    /// SHA-256.
    pub(crate) fn max_steps(&self, bytes: u64) -> u64 {
        if self.open_ids.is_empty() {
            0
        } else {
            HASHED_BYTE * bytes
        }
    }

    /// Returns `true` if some entries are digests.
    pub(crate) fn has_digests(&self) -> bool {
        !self.digests.is_empty()
    }

    /// Returns `true` if there are no entries, so that no openId is admitted by them.
    pub(crate) fn is_empty(&self) -> bool {
        self.open_ids.is_empty() && self.digests.is_empty()
    }

    /// Returns about how many bytes the entries take on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let texts: usize = self
            .open_ids
            .iter()
            .map(|id| id.len() + size_of::<Box<str>>())
            .sum();
        texts + self.digests.len() * 32
    }
}

impl fmt::Debug for Allowlist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Allowlist({} openIds, {} digests)",
            self.open_ids.len(),
            self.digests.len()
        )
    }
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest => {
                f.write_str("sha256: must be followed by the 64 hex digits of an openId's SHA-256")
            }
            Self::OpenId(error) => error.fmt(f),
        }
    }
}
