//! Buckets agree with published and computed vectors.

use std::fs;

use serde::Deserialize;

use super::bucket;
use crate::cases;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Vectors {
    murmur3: Vec<Hash>,
    unleash_normalized: Vec<Normalized>,
    unleash_admits: Vec<Admits>,
    bucket: Vec<InBucket>,
    pub(super) unleash_differs: Vec<Differs>,
}

#[derive(Deserialize)]
struct Hash {
    key: String,
    hash: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Normalized {
    group: String,
    open_id: String,
    normalized: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Admits {
    source: String,
    group: String,
    percentage: u16,
    open_id: String,
    admits: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct InBucket {
    group: String,
    open_id: String,
    bucket: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Differs {
    pub(super) group: String,
    pub(super) open_id: String,
    pub(super) bucket: u16,
    pub(super) node: u16,
}

pub(super) fn vectors() -> Vectors {
    let path = cases::folder().join("vectors/canary.toml");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

#[test]
fn buckets_agree_with_the_vectors() {
    let vectors = vectors();
    assert!(vectors.bucket.len() >= 40, "vectors have vanished");
    for InBucket {
        group,
        open_id,
        bucket: expected,
    } in &vectors.bucket
    {
        assert_eq!(bucket(group, open_id), *expected, "{group}:{open_id}");
    }
}

#[test]
fn beyond_ascii_buckets_are_those_of_the_utf8() {
    let vectors = vectors().unleash_differs;
    assert!(vectors.len() >= 4, "vectors have vanished");
    for Differs {
        group,
        open_id,
        bucket: expected,
        node,
    } in &vectors
    {
        let bucket = bucket(group, open_id);
        assert_eq!(bucket, *expected, "{group}:{open_id}");
        // Unleash numbers its hundred buckets from 1.
        assert_ne!(bucket / 100 + 1, *node, "{group}:{open_id}");
    }
}

#[test]
fn buckets_agree_with_the_vectors_of_unleash() {
    let vectors = vectors();
    assert!(
        vectors.unleash_normalized.len() >= 2,
        "vectors have vanished"
    );
    for Normalized {
        group,
        open_id,
        normalized,
    } in &vectors.unleash_normalized
    {
        assert_eq!(
            bucket(group, open_id) / 100 + 1,
            *normalized,
            "{group}:{open_id}"
        );
    }
    assert!(vectors.unleash_admits.len() >= 10, "vectors have vanished");
    for Admits {
        source,
        group,
        percentage,
        open_id,
        admits,
    } in &vectors.unleash_admits
    {
        let inside = bucket(group, open_id) < percentage * 100;
        assert_eq!(
            inside, *admits,
            "{source}: {group}:{open_id} at {percentage}"
        );
    }
}

/// The hash is not public. So a plain implementation of it here is checked against the published
/// values, and the bucket against that implementation.
#[test]
fn buckets_agree_with_published_murmurhash3_values() {
    let vectors = vectors();
    assert!(vectors.murmur3.len() >= 9, "vectors have vanished");
    for Hash { key, hash } in &vectors.murmur3 {
        assert_eq!(murmur3(key.as_bytes()), *hash, "{key:?}");
    }
    for number in 0..20_000_u32 {
        // Keys of every length modulo four, ASCII and not.
        let group = "gr\u{f6}up".repeat(1 + (number % 5) as usize);
        let open_id = format!("user-{number}");
        let hash = murmur3(format!("{group}:{open_id}").as_bytes());
        let expected = hash % 100 * 100 + hash / 100 % 100;
        assert_eq!(
            u32::from(bucket(&group, &open_id)),
            expected,
            "{group}:{open_id}"
        );
    }
}

/// Computes MurmurHash3 x86 32-bit with seed 0, as its author describes it.
fn murmur3(key: &[u8]) -> u32 {
    let scramble = |block: u32| {
        block
            .wrapping_mul(0xcc9e_2d51)
            .rotate_left(15)
            .wrapping_mul(0x1b87_3593)
    };
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0_u32, |number, &byte| (number << 8) | u32::from(byte))
    };
    let mut blocks = key.chunks_exact(4);
    let mut hash = blocks.by_ref().fold(0_u32, |hash, block| {
        (hash ^ scramble(number(block)))
            .rotate_left(13)
            .wrapping_mul(5)
            .wrapping_add(0xe654_6b64)
    });
    hash ^= scramble(number(blocks.remainder()));
    hash ^= u32::try_from(key.len()).expect("a key is short");
    hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
    hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}
