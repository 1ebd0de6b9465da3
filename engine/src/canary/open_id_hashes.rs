//! The hashes of one openId, each computed at most once in a lookup.

use sha2::{Digest, Sha256};

use super::{Bucket, GroupHash};
use crate::OpenId;

/// The place of a group in a table's groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GroupId(u32);

impl GroupId {
    /// Returns the id of the group at `index`.
    pub(super) fn new(index: usize) -> Self {
        Self(u32::try_from(index).expect("there are fewer groups than rules"))
    }
}

/// One thread's memory for the hashes of openIds, good for any table.
#[derive(Debug, Default)]
pub(crate) struct HashScratch {
    /// The number of the lookup. It wraps around, which empties `buckets`.
    lookup: u32,
    /// By group, the bucket that was last computed.
    buckets: Vec<LookupBucket>,
    digest: Option<[u8; 32]>,
}

/// A bucket, with the lookup for whose openId it was computed; 0 for none.
#[derive(Clone, Copy, Debug)]
struct LookupBucket {
    lookup: u32,
    bucket: Bucket,
}

/// The hashes of the openId of a lookup.
#[derive(Debug)]
pub(crate) struct OpenIdHashes<'a> {
    open_id: OpenId<'a>,
    groups: &'a [GroupHash],
    scratch: &'a mut HashScratch,
}

impl<'a> OpenIdHashes<'a> {
    /// Begins a lookup for `open_id` in a table with these groups. It computes no hash.
    ///
    /// It allocates only if `scratch` has seen no table with as many groups.
    pub(crate) fn new(
        open_id: OpenId<'a>,
        groups: &'a [GroupHash],
        scratch: &'a mut HashScratch,
    ) -> Self {
        scratch.digest = None;
        scratch.lookup = scratch.lookup.wrapping_add(1);
        if scratch.lookup == 0 {
            scratch.buckets.clear();
            scratch.lookup = 1;
        }
        if scratch.buckets.len() < groups.len() {
            let none = LookupBucket {
                lookup: 0,
                bucket: Bucket::LOWEST,
            };
            scratch.buckets.resize(groups.len(), none);
        }
        Self {
            open_id,
            groups,
            scratch,
        }
    }

    /// Returns the openId itself.
    pub(super) const fn open_id(&self) -> OpenId<'a> {
        self.open_id
    }

    /// Returns the bucket of the openId in a group.
    pub(super) fn bucket(&mut self, GroupId(group): GroupId) -> Bucket {
        let HashScratch {
            lookup, buckets, ..
        } = &mut *self.scratch;
        let known = &mut buckets[group as usize];
        if known.lookup != *lookup {
            *known = LookupBucket {
                lookup: *lookup,
                bucket: Bucket::in_group(self.groups[group as usize], self.open_id),
            };
        }
        known.bucket
    }

    /// Returns the SHA-256 of the openId.
    pub(super) fn digest(&mut self) -> &[u8; 32] {
        self.scratch
            .digest
            .get_or_insert_with(|| Sha256::digest(self.open_id.as_str()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::{GroupHash, GroupId, HashScratch, OpenIdHashes};
    use crate::{Bucket, OpenId};

    #[test]
    fn no_hash_of_an_earlier_lookup_is_returned_even_after_its_number_wraps_around() {
        let groups = ["a", "b"].map(GroupHash::new);
        let mut scratch = HashScratch {
            lookup: u32::MAX - 5,
            ..HashScratch::default()
        };
        for n in 0..10 {
            let name = format!("user-{n}");
            let open_id = OpenId::new(&name).unwrap();
            let mut hashes = OpenIdHashes::new(open_id, &groups, &mut scratch);
            for _ in 0..2 {
                assert_eq!(hashes.bucket(GroupId(1)), Bucket::new("b", open_id));
                assert_eq!(hashes.bucket(GroupId(0)), Bucket::new("a", open_id));
                let digest = <sha2::Sha256 as sha2::Digest>::digest(&name);
                assert_eq!(hashes.digest()[..], digest[..]);
            }
        }
    }
}
