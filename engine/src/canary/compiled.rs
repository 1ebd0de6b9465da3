//! Canaries as lookups ask them: each group is hashed once, when its table is compiled.

use std::collections::HashMap;

use super::{
    Admission, Allowlist, Canary, GroupHash, GroupId, MAX_OPEN_ID_BYTES, OpenIdHashes,
    RolloutPercentage,
};

/// A canary whose group is one of a table's [`Groups`].
#[derive(Debug)]
pub(crate) struct CompiledCanary {
    percentage: RolloutPercentage,
    group: GroupId,
    allowlist: Allowlist,
}

/// Collects the groups of a table, equal ones once.
#[derive(Debug, Default)]
pub(crate) struct Groups<'a> {
    ids: HashMap<&'a str, GroupId>,
    hashes: Vec<GroupHash>,
}

impl<'a> Groups<'a> {
    /// Compiles `canary`, and adds its group.
    pub(crate) fn compile(&mut self, canary: &'a Canary) -> CompiledCanary {
        let group = *self.ids.entry(&canary.group).or_insert_with(|| {
            self.hashes.push(GroupHash::new(&canary.group));
            GroupId::new(self.hashes.len() - 1)
        });
        CompiledCanary {
            percentage: canary.percentage,
            group,
            allowlist: canary.allowlist.clone(),
        }
    }

    /// Returns the hashes of the groups, by [`GroupId`].
    pub(crate) fn into_hashes(self) -> Box<[GroupHash]> {
        self.hashes.into()
    }
}

impl CompiledCanary {
    /// Returns `true` if the openId of `hashes` is admitted.
    pub(crate) fn admits(&self, hashes: &mut OpenIdHashes<'_>) -> bool {
        // A canary that is an allowlist only has a percentage of 0: spare it the hash.
        self.allowlist.contains(hashes)
            || !self.percentage.admits_nobody() && self.percentage.admits(hashes.bucket(self.group))
    }

    /// Returns `true` if no openId is admitted.
    pub(crate) fn admits_nobody(&self) -> bool {
        self.allowlist.is_empty() && self.percentage.admits_nobody()
    }

    /// Returns `true` if [`Self::admits`] may need the SHA-256 of the openId.
    pub(crate) fn has_digests(&self) -> bool {
        self.allowlist.has_digests()
    }

    /// Returns the most steps of [`Self::admits`], whatever the openId is, without its SHA-256.
    pub(crate) fn max_steps(&self) -> u64 {
        let hashed = match self.percentage.admits_nobody() {
            true => 0,
            false => GroupHash::steps(MAX_OPEN_ID_BYTES),
        };
        hashed + self.allowlist.max_steps(MAX_OPEN_ID_BYTES)
    }

    /// Like [`Self::admits`], with the reason.
    pub(crate) fn admission(&self, hashes: &mut OpenIdHashes<'_>) -> Admission {
        if self.allowlist.contains(hashes) {
            return Admission::Allowlisted;
        }
        let bucket = hashes.bucket(self.group);
        let percentage = self.percentage;
        if percentage.admits(bucket) {
            Admission::InsidePercentage { bucket, percentage }
        } else {
            Admission::Refused { bucket, percentage }
        }
    }

    /// Returns about how many bytes the canary takes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.allowlist.heap_bytes()
    }
}
