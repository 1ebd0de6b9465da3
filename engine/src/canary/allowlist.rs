//! The exact set of openIds that a canary admits whatever their bucket.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

use crate::{OpenId, hex};

/// OpenIds by plain text and by SHA-256.
///
/// Its `Debug` form tells only how many.
#[derive(Clone, Default)]
pub(crate) struct Allowlist {
    open_ids: HashSet<Box<str>>,
    digests: HashSet<[u8; 32]>,
}

/// How an entry that names a digest begins.
const DIGEST_PREFIX: &str = "sha256:";

impl Allowlist {
    /// Adds an entry: `sha256:` and 64 hex digits, or else an openId; `false` if it begins
    /// `sha256:` and goes on with anything else.
    pub(crate) fn add(&mut self, entry: &str) -> bool {
        let Some(digits) = entry.strip_prefix(DIGEST_PREFIX) else {
            self.open_ids.insert(entry.into());
            return true;
        };
        match hex::decode(digits.as_bytes()) {
            Some(digest) => {
                self.digests.insert(digest);
                true
            }
            None => false,
        }
    }

    pub(crate) fn contains(&self, open_id: OpenId<'_>) -> bool {
        let open_id = open_id.as_str();
        (!self.open_ids.is_empty() && self.open_ids.contains(open_id))
            || (!self.digests.is_empty()
                && self
                    .digests
                    .contains::<[u8; 32]>(&Sha256::digest(open_id).into()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open_ids.is_empty() && self.digests.is_empty()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let texts: usize = self
            .open_ids
            .iter()
            .map(|id| id.len() + size_of::<Box<str>>())
            .sum();
        texts + self.digests.len() * 32
    }
}

impl std::fmt::Debug for Allowlist {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Allowlist({} openIds, {} digests)",
            self.open_ids.len(),
            self.digests.len()
        )
    }
}
