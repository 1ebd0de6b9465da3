//! The stable hash of a group and an openId: as fixed as a wire format.

use crate::OpenId;

/// The hash of a group, from which that of a group and any openId is computed without reading the
/// group again.
///
/// It is the state of MurmurHash3, the 32-bit variant for x86 with seed 0, after `group:`.
///
/// Source: Austin Appleby's public-domain `MurmurHash3.cpp`, function `MurmurHash3_x86_32`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupHash {
    /// The state after all whole blocks.
    state: u32,
    /// The bytes after these, the first one lowest.
    pending: u32,
    /// The number of bytes so far. It is counted modulo 2^32, as the algorithm does.
    length: u32,
}

/// The bytes of a block.
const BLOCK: usize = 4;

impl GroupHash {
    /// Hashes `group` and the colon after it.
    pub(crate) fn new(group: &str) -> Self {
        let empty = Self {
            state: 0,
            pending: 0,
            length: 0,
        };
        empty.extended(group.as_bytes()).extended(b":")
    }

    /// Returns the hash of the group, the colon and `open_id`.
    ///
    /// # Complexity
    ///
    /// Linear in the openId, four bytes at a time.
    pub(crate) fn with(self, open_id: OpenId<'_>) -> u32 {
        self.extended(open_id.as_str().as_bytes()).finish()
    }

    /// Returns the steps of [`Self::with`] for an openId of `bytes` bytes.
    pub(crate) const fn steps(bytes: u64) -> u64 {
        bytes.div_ceil(BLOCK as u64) + 2
    }

    /// Returns the hash of the bytes so far and `bytes`.
    fn extended(self, bytes: &[u8]) -> Self {
        let Self {
            mut state,
            mut pending,
            length,
        } = self;
        let pending_bits = 8 * (length % 4);
        let (blocks, tail) = bytes.as_chunks::<BLOCK>();
        for block in blocks {
            let both = joined(pending, pending_bits, *block);
            state = mixed(state, low(both));
            pending = low(both >> 32);
        }
        let mut last = [0; BLOCK];
        last[..tail.len()].copy_from_slice(tail);
        let both = joined(pending, pending_bits, last);
        if pending_bits as usize / 8 + tail.len() >= BLOCK {
            state = mixed(state, low(both));
            pending = low(both >> 32);
        } else {
            pending = low(both);
        }
        Self {
            state,
            pending,
            length: length.wrapping_add(low(bytes.len() as u64)),
        }
    }

    fn finish(self) -> u32 {
        // A block of zeros changes nothing, so an empty rest needs no exception.
        let mut h = self.state ^ scrambled(self.pending) ^ self.length;
        h ^= h >> 16;
        h = h.wrapping_mul(0x85eb_ca6b);
        h ^= h >> 13;
        h = h.wrapping_mul(0xc2b2_ae35);
        h ^ (h >> 16)
    }
}

/// Returns `block` behind the `pending_bits` bits of `pending`.
fn joined(pending: u32, pending_bits: u32, block: [u8; BLOCK]) -> u64 {
    u64::from(pending) | u64::from(u32::from_le_bytes(block)) << pending_bits
}

fn mixed(state: u32, block: u32) -> u32 {
    (state ^ scrambled(block))
        .rotate_left(13)
        .wrapping_mul(5)
        .wrapping_add(0xe654_6b64)
}

fn scrambled(block: u32) -> u32 {
    block
        .wrapping_mul(0xcc9e_2d51)
        .rotate_left(15)
        .wrapping_mul(0x1b87_3593)
}

/// Returns the low half of `word`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the high half is what is to be left out"
)]
const fn low(word: u64) -> u32 {
    word as u32
}

#[cfg(test)]
mod tests {
    use super::GroupHash;

    /// Returns the hash of `text`, which is read in two parts, the first of `at` bytes.
    fn murmur3(text: &str, at: usize) -> u32 {
        let (first, second) = text.as_bytes().split_at(at);
        let empty = GroupHash {
            state: 0,
            pending: 0,
            length: 0,
        };
        empty.extended(first).extended(second).finish()
    }

    /// Published for seed 0 on the hash's Wikipedia page and among the smhasher test vectors.
    #[test]
    fn hashes_agree_with_published_values_wherever_a_text_is_divided() {
        for (text, expected) in [
            ("", 0),
            ("test", 0xba6b_d213),
            ("Hello, world!", 0xc036_3e43),
            ("The quick brown fox jumps over the lazy dog", 0x2e4f_f723),
        ] {
            for at in 0..=text.len() {
                assert_eq!(murmur3(text, at), expected, "{text:?} at {at}");
            }
        }
    }
}
