//! Domains of registries, and those of one owner.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use super::*;

#[test]
fn registries_and_hosters_are_open_to_all() {
    for domain in [
        "com",
        "uk",
        "co.uk",
        "com.sg",
        "xn--p1ai",
        "github.io",
        // The list has only *.ck and *.kawasaki.jp.
        "ck",
        "kawasaki.jp",
    ] {
        assert_eq!(open_below(domain), Some(OpenBelow::Suffix(domain)));
    }
    for domain in ["example", "internal", "local"] {
        assert_eq!(open_below(domain), Some(OpenBelow::UnknownLabel(domain)));
    }
}

#[test]
fn a_domain_with_a_suffix_further_down_is_open_to_all() {
    for domain in [
        "amazonaws.com",
        "eu-central-1.amazonaws.com",
        "amazonaws.com.cn",
        "windows.net",
        "core.windows.net",
        "on.aws",
        "linode.com",
    ] {
        let Some(OpenBelow::Above(_, suffix)) = open_below(domain) else {
            panic!("{domain}: {:?}", open_below(domain));
        };
        assert!(suffix.ends_with(&format!(".{domain}")), "{suffix}");
        assert!(is_suffix(&suffix.replace('*', "any")), "{suffix}");
    }
}

#[test]
fn a_registered_domain_has_an_owner() {
    for domain in [
        "example.com",
        "example.co.uk",
        "example.github.io",
        "a.b.example.com",
        "bucket.s3.amazonaws.com",
        "s.com",
        // Exceptions in the list.
        "www.ck",
        "city.kawasaki.jp",
        "a.example",
        "a_b.com",
    ] {
        assert_eq!(open_below(domain), None, "{domain}");
    }
}

/// Returns the rules of the list that the crate `psl` was generated from.
fn rules() -> Vec<String> {
    let mut metadata = Command::new(env!("CARGO"));
    metadata.args(["metadata", "--format-version", "1", "--locked", "--offline"]);
    let output = metadata
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let psl = packages.find(|package| package["name"] == "psl").unwrap();
    let manifest = Path::new(psl["manifest_path"].as_str().unwrap());
    let rules = fs::read_to_string(manifest.with_file_name("data").join("rules.txt")).unwrap();
    // Hosts of a config are ASCII.
    let rules = rules
        .lines()
        .filter(|rule| rule.is_ascii() && !rule.is_empty());
    rules.map(str::to_owned).collect()
}

#[test]
fn the_file_has_every_domain_above_a_suffix() {
    let mut above: BTreeMap<String, BTreeSet<(usize, String)>> = BTreeMap::new();
    for rule in rules().iter().filter(|rule| !rule.starts_with('!')) {
        // One name stands for all of a wildcard.
        let suffix = rule.replace('*', "any");
        let base = rule.trim_start_matches("*.");
        for (dot, _) in base.match_indices('.') {
            let domain = &base[dot + 1..];
            let is_open = is_suffix(domain) || is_suffix(&format!("--.{domain}"));
            if !is_open && is_suffix(&suffix) {
                let suffixes = above.entry(domain.to_owned()).or_default();
                suffixes.insert((rule.len(), rule.clone()));
            }
        }
    }
    let line = |(domain, suffixes): (&String, &BTreeSet<(usize, String)>)| {
        let (_, shortest) = suffixes.first().unwrap();
        format!("{domain} {shortest}\n")
    };
    let expected: String = above.iter().map(line).collect();
    assert!(above.len() > 300, "{expected}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rule/above_suffixes.txt");
    if std::env::var_os("UPDATE_SUFFIXES").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == expected,
        "{} is not of the list of the crate psl; UPDATE_SUFFIXES=1 writes it",
        path.display()
    );
}
