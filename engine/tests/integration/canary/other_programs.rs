//! Buckets agree with programs in other languages, which share no code with us.

use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use super::bucket;
use super::buckets::{Differs, vectors};

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
    let script = include_str!("../../../../scripts/test");
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
