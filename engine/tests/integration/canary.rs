//! A canary's buckets agree with published and computed vectors, and rollouts behave as specified.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use codeid_engine::{
    Bucket, CodeValue, CompileLimits, OpenId, Outcome, RolloutPercentage, RouteTable, Scratch,
};
use serde::Deserialize;

use crate::cases;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Vectors {
    murmur3: Vec<Hash>,
    unleash_normalized: Vec<Normalized>,
    unleash_admits: Vec<Admits>,
    bucket: Vec<InBucket>,
    unleash_differs: Vec<Differs>,
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
struct Differs {
    group: String,
    open_id: String,
    bucket: u16,
    node: u16,
}

fn vectors() -> Vectors {
    let path = cases::folder().join("vectors/canary.toml");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{path:?}: {error}"))
}

fn bucket(group: &str, open_id: &str) -> u16 {
    let open_id = OpenId::new(open_id).expect("the vectors hold openIds of allowed lengths");
    Bucket::new(group, open_id).get()
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

#[test]
fn raising_the_percentage_keeps_every_user() {
    let users: Vec<String> = (0..200).map(|number| format!("user-{number}")).collect();
    let mut before = BTreeSet::new();
    for percentage in [
        "0", "0.01", "0.29", "1", "12.5", "33.33", "50", "99.99", "100",
    ] {
        let admitted = admitted(&users, &format!(r#"{{"percentage": {percentage}}}"#));
        assert!(admitted.is_superset(&before), "{percentage} drops a user");
        match percentage {
            "0" => assert!(admitted.is_empty(), "0 admits a user"),
            "100" => assert_eq!(admitted.len(), users.len(), "100 refuses a user"),
            _ => {}
        }
        before = admitted;
    }
}

#[test]
fn each_hundredth_of_a_percent_is_a_different_share() {
    let mut inside = 0;
    for hundredths in 0..=10_000_u16 {
        let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let percentage = RolloutPercentage::parse(&text).expect("two places are allowed");
        assert_eq!(percentage.hundredths(), hundredths, "{text}");
        let admitted = percentage.admits(Bucket::new("r", OpenId::new("user-42").unwrap()));
        assert!(
            admitted || inside == 0,
            "{text} refuses a user whom a lower percentage admits"
        );
        inside += u16::from(admitted);
    }
    assert_eq!(10_000 - inside, bucket("r", "user-42"));
}

#[test]
fn an_allowlist_admits_users_whatever_their_bucket() {
    let users: Vec<String> = (0..200).map(|number| format!("user-{number}")).collect();
    for percentage in ["0", "0.01", "50"] {
        let listed = &users[..20];
        let canary = format!(r#"{{"percentage": {percentage}, "allowlist": {listed:?}}}"#);
        let without = admitted(&users, &format!(r#"{{"percentage": {percentage}}}"#));
        let expected: BTreeSet<&str> = without
            .into_iter()
            .chain(listed.iter().map(String::as_str))
            .collect();
        assert_eq!(admitted(&users, &canary), expected);
    }
}

#[test]
fn groups_admit_independently_of_each_other() {
    let users: Vec<String> = (0..4000).map(|number| format!("user-{number}")).collect();
    let one = admitted(&users, r#"{"percentage": 50, "group": "one"}"#);
    let other = admitted(&users, r#"{"percentage": 50, "group": "other"}"#);
    let both = one.intersection(&other).count();
    // A quarter is 1000. Half or none would mean that the hash does not depend on the group.
    assert!(
        (800..1200).contains(&both),
        "{both} of 4000 are in both halves"
    );
}

/// The arithmetic of Python, whose numbers have no size, in a program that shares nothing with ours.
const IN_PYTHON: &str = r#"
import sys

def murmur3(key):
    mask, h = 2**32 - 1, 0
    def mix(k):
        k = k * 0xCC9E2D51 & mask
        return ((k << 15 | k >> 17) & mask) * 0x1B873593 & mask
    whole = len(key) // 4 * 4
    for at in range(0, whole, 4):
        h ^= mix(int.from_bytes(key[at:at + 4], "little"))
        h = ((h << 13 | h >> 19) & mask) * 5 + 0xE6546B64 & mask
    h ^= mix(int.from_bytes(key[whole:], "little")) ^ len(key)
    h = (h ^ h >> 16) * 0x85EBCA6B & mask
    h = (h ^ h >> 13) * 0xC2B2AE35 & mask
    return h ^ h >> 16

def signed(h):
    return h - 2**32 if h >= 2**31 else h

for line in sys.stdin.buffer:
    group, user = line.rstrip(b"\n").split(b"\t")
    h = murmur3(group + b":" + user)
    # Java's int is signed, and a library that takes it so has to undo that.
    java = signed(h)
    assert java % 2**32 == h
    print(h % 100 * 100 + h // 100 % 100, (java & 0xFFFFFFFF) % 100 * 100 + (java & 0xFFFFFFFF) // 100 % 100)
"#;

#[test]
fn buckets_agree_with_the_arithmetic_of_another_language() {
    let keys: Vec<(String, String)> = (0..20_000_u32)
        .map(|number| {
            let group = "gr\u{f6}up-\u{652f}".repeat(1 + (number % 4) as usize);
            (
                group,
                format!("user-{}", number.wrapping_mul(2_654_435_761)),
            )
        })
        .collect();
    let input: String = keys
        .iter()
        .map(|(group, user)| format!("{group}\t{user}\n"))
        .collect();
    let text = answers(Command::new("python3").args(["-c", IN_PYTHON]), input);
    assert_eq!(text.lines().count(), keys.len());
    for (line, (group, user)) in text.lines().zip(&keys) {
        let ours = bucket(group, user);
        assert_eq!(line, format!("{ours} {ours}"), "{group}:{user}");
    }
}

/// The hash of Unleash's SDK for Node, which `scripts/test` installs. It takes the low byte of each UTF-16 unit.
const IN_NODE: &str = r#"
const { x86 } = require("murmurhash3js");
const lines = require("fs").readFileSync(0, "utf8").split("\n").slice(0, -1);
for (const line of lines) console.log(x86.hash32(line.replace("\t", ":")));
console.log(require("murmurhash3js/package.json").version);
"#;

#[test]
fn buckets_agree_with_the_sdk_of_unleash_for_node_and_differ_beyond_ascii_as_recorded() {
    let differing = vectors().unleash_differs;
    let users = (0..20_000_u32).map(|number| {
        // Keys of every length modulo four.
        let group = "group-".repeat(1 + (number % 4) as usize) + &"x".repeat(number as usize % 7);
        (
            group,
            format!("user-{}", number.wrapping_mul(2_654_435_761)),
        )
    });
    let users: Vec<(String, String)> = users.collect();
    let recorded = differing
        .iter()
        .map(|vector| (&vector.group, &vector.open_id));
    let keys = users
        .iter()
        .map(|(group, user)| (group, user))
        .chain(recorded);
    let input: String = keys
        .map(|(group, user)| format!("{group}\t{user}\n"))
        .collect();
    let modules = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../target/tools/node/node_modules"
    );
    let mut node = Command::new("node");
    let text = answers(node.env("NODE_PATH", modules).args(["-e", IN_NODE]), input);
    let mut lines = text.lines();
    for (group, user) in &users {
        let hash: u32 = lines.next().unwrap().parse().unwrap();
        let expected = hash % 100 * 100 + hash / 100 % 100;
        assert_eq!(u32::from(bucket(group, user)), expected, "{group}:{user}");
    }
    for Differs {
        group,
        open_id,
        node,
        ..
    } in &differing
    {
        let hash: u32 = lines.next().unwrap().parse().unwrap();
        assert_eq!(hash % 100 + 1, u32::from(*node), "{group}:{open_id}");
    }
    let script = include_str!("../../../scripts/test");
    let pinned = script
        .lines()
        .find_map(|line| line.strip_prefix("readonly MURMURHASH3JS="));
    assert_eq!(lines.next(), pinned, "the version that scripts/test names");
    assert_eq!(lines.next(), None);
}

/// Runs a program with this input, and returns its output.
fn answers(program: &mut Command, input: String) -> String {
    let mut process = program
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program:?}: {error}"));
    let mut stdin = process.stdin.take().expect("it is piped");
    let written = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = process
        .wait_with_output()
        .expect("the process can be waited for");
    assert!(output.status.success(), "{program:?}");
    let written = written.join().expect("writing does not panic");
    written.expect("the program reads its input");
    String::from_utf8(output.stdout).expect("the program writes text")
}

/// Returns χ² of the buckets of `users` openIds in a group, which has 9,999 degrees of freedom.
fn chi_squared(group: &str, users: u32) -> f64 {
    let mut counts = vec![0_u32; 10_000];
    for number in 0..users {
        counts[usize::from(bucket(group, &format!("user-{number}")))] += 1;
    }
    let expected = f64::from(users) / 10_000.0;
    let deviation = |&count: &u32| (f64::from(count) - expected).powi(2) / expected;
    counts.iter().map(deviation).sum()
}

/// χ² with k degrees of freedom has the mean k and the variance 2k. Six standard deviations are 848.
#[test]
fn buckets_are_uniform_to_a_hundredth_of_a_percent() {
    for (group, users) in [
        ("r", 1_000_000),
        ("order-codes", 300_000),
        ("gr\u{f6}up", 300_000),
    ] {
        let chi_squared = chi_squared(group, users);
        assert!(
            (chi_squared - 9_999.0).abs() < 848.0,
            "{group}: {chi_squared}"
        );
    }
}

/// The buckets of a user in two groups, as of 100,000 users: of independent buckets, |r| is below 0.01
/// with three standard deviations.
#[test]
fn the_buckets_of_a_user_in_two_groups_are_not_correlated() {
    let groups = ["r", "r2", "order-codes", "order-codes.bare"];
    let buckets = groups.map(|group| -> Vec<f64> {
        (0..100_000)
            .map(|number| f64::from(bucket(group, &format!("user-{number}"))))
            .collect()
    });
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let covariance = |a: &[f64], b: &[f64]| {
        let (mean_a, mean_b) = (mean(a), mean(b));
        let products = a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b));
        products.sum::<f64>() / a.len() as f64
    };
    for (at, one) in buckets.iter().enumerate() {
        for (other_at, other) in buckets.iter().enumerate().skip(at + 1) {
            let spread = covariance(one, one).sqrt() * covariance(other, other).sqrt();
            let r = covariance(one, other) / spread;
            assert!(
                r.abs() < 0.01,
                "{} and {}: {r}",
                groups[at],
                groups[other_at]
            );
        }
    }
}

/// Of a million users, none leaves a rollout whose percentage rises by any hundredth of a percent, and the
/// share of those admitted is what the percentage says.
#[test]
fn a_rollout_of_a_million_users_only_grows() {
    let mut users = vec![None; 10_000];
    for number in 0..1_000_000 {
        let user = format!("user-{number}");
        let bucket = Bucket::new("ramp", OpenId::new(&user).expect("long enough"));
        users[usize::from(bucket.get())]
            .get_or_insert((bucket, 0))
            .1 += 1;
    }
    let users: Vec<(Bucket, u32)> = users.into_iter().flatten().collect();
    assert_eq!(users.len(), 10_000, "a bucket has no users");
    let mut next = 0;
    let mut admitted = 0;
    for hundredths in 0..=10_000_u16 {
        let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let percentage = RolloutPercentage::parse(&text).expect("two places are allowed");
        // One bucket more with each hundredth, and all those before it.
        while users
            .get(next)
            .is_some_and(|(bucket, _)| percentage.admits(*bucket))
        {
            admitted += users[next].1;
            next += 1;
        }
        assert_eq!(next, usize::from(hundredths), "{text} %");
        if hundredths % 100 == 0 {
            assert!(
                users[..next]
                    .iter()
                    .all(|(bucket, _)| percentage.admits(*bucket))
            );
            assert!(
                !users[next..]
                    .iter()
                    .any(|(bucket, _)| percentage.admits(*bucket))
            );
        }
        // Five standard deviations of a binomial distribution, which has at most 500.
        let expected = u32::from(hundredths) * 100;
        assert!(
            admitted.abs_diff(expected) <= 2_500,
            "{text} % admit {admitted}"
        );
    }
}

/// Returns the users for whom a rule with this canary decides.
fn admitted<'a>(users: &'a [String], canary: &str) -> BTreeSet<&'a str> {
    let config = format!(
        r#"{{"format": "codeid/1", "version": "1", "rules": [{{"id": "r", "match": {{"exact": "x"}},
            "action": {{"type": "DECODE"}}, "canary": {canary}}}]}}"#
    );
    let table = RouteTable::from_json(config.as_bytes(), &CompileLimits::default())
        .expect("the config is good");
    let mut scratch = Scratch::new();
    let mut decides = |user: &str| {
        let code = CodeValue::new("x").expect("one character is allowed");
        let verdict = table.identify(
            code,
            OpenId::new(user).expect("a user-N is long enough"),
            &mut scratch,
        );
        verdict.outcome != Outcome::Unsupported
    };
    users
        .iter()
        .map(String::as_str)
        .filter(|user| decides(user))
        .collect()
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
