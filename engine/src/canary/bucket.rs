//! The stable hash from a group and an openId to a bucket: as fixed as a wire format.

use std::fmt;

use crate::OpenId;

/// An openId's position in the rollouts of a group: `0..10_000`, in hundredths of a percent.
///
/// It depends on the group and the openId only and never changes. A canary of 10 % therefore admits
/// every openId that a canary of 5 % with the same group admits, and a whole percentage admits
/// exactly the users whom Unleash's `gradualRolloutUserId` with that `groupId` admits, if both texts are
/// ASCII.
///
/// Source: SPEC.md, section 2.3.
///
/// ```
/// use codeid_engine::{Bucket, OpenId};
/// let bucket = Bucket::new("gr1", OpenId::new("123").unwrap());
/// assert_eq!(bucket.to_string(), "72.11 %");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bucket(u16);

impl Bucket {
    /// Computes the bucket of `open_id` in `group`. It allocates a buffer for what is hashed.
    #[must_use]
    pub fn new(group: &str, open_id: OpenId<'_>) -> Self {
        let mut key = Vec::with_capacity(group.len() + 1 + open_id.as_str().len());
        Self::with_buffer(group, open_id, &mut key)
    }

    /// Like [`Self::new`], with `key` as the buffer for what is hashed.
    pub(crate) fn with_buffer(group: &str, open_id: OpenId<'_>, key: &mut Vec<u8>) -> Self {
        key.clear();
        key.extend_from_slice(group.as_bytes());
        key.push(b':');
        key.extend_from_slice(open_id.as_str().as_bytes());
        let hash = murmur3_x86_32(key);
        // Not `hash % 10_000`: the whole percent must be `hash % 100`, as in Unleash.
        let hundredths = (hash % 100) * 100 + (hash / 100) % 100;
        Self(u16::try_from(hundredths).expect("two numbers below 100 make one below 10000"))
    }

    /// Returns the number of the bucket, `0..10_000`.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

/// Displays a percentage with two decimal places, to be compared by eye with a rule's: `72.11 %`.
impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02} %", self.0 / 100, self.0 % 100)
    }
}

/// Computes MurmurHash3, the 32-bit variant for x86, with seed 0.
///
/// Source: Austin Appleby's public-domain `MurmurHash3.cpp`, function `MurmurHash3_x86_32`.
fn murmur3_x86_32(bytes: &[u8]) -> u32 {
    fn scramble(k: u32) -> u32 {
        k.wrapping_mul(0xcc9e_2d51)
            .rotate_left(15)
            .wrapping_mul(0x1b87_3593)
    }

    let (blocks, tail) = bytes.as_chunks::<4>();
    let mut h: u32 = 0;
    for block in blocks {
        h ^= scramble(u32::from_le_bytes(*block));
        h = h.rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
    }
    if !tail.is_empty() {
        let mut last = [0; 4];
        last[..tail.len()].copy_from_slice(tail);
        h ^= scramble(u32::from_le_bytes(last));
    }
    // The algorithm counts the length modulo 2^32.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the hash is defined on the low 32 bits"
    )]
    {
        h ^= bytes.len() as u32;
    }
    h ^= h >> 16;
    h = h.wrapping_mul(0x85eb_ca6b);
    h ^= h >> 13;
    h = h.wrapping_mul(0xc2b2_ae35);
    h ^ (h >> 16)
}

#[cfg(test)]
mod tests {
    use super::murmur3_x86_32;

    /// Published for seed 0 on the hash's Wikipedia page and among the smhasher test vectors.
    #[test]
    fn hashes_agree_with_published_values() {
        for (text, expected) in [
            ("", 0),
            ("test", 0xba6b_d213),
            ("Hello, world!", 0xc036_3e43),
            ("The quick brown fox jumps over the lazy dog", 0x2e4f_f723),
        ] {
            assert_eq!(murmur3_x86_32(text.as_bytes()), expected, "{text:?}");
        }
    }
}
