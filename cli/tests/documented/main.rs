//! The pages of `docs/`, against the program: what they say of rules holds, and what the program can report has an entry.

#![cfg(test)]

mod markdown;
mod messages;
mod rules;
mod third_party;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use codeid_engine::ProblemCode;
use serde_json::Value;

use self::markdown::{code_spans, tables};

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(in_repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns what stands in the first cell of each row of a page's tables whose first column has this head.
fn entries(page: &str, head: &str) -> BTreeSet<String> {
    let text = read(page);
    let tables = tables(&text).into_iter();
    let tables = tables.filter(|table| table.head[0] == head);
    let rows = tables.flat_map(|table| table.rows);
    rows.flat_map(|row| code_spans(&row[0])).collect()
}

/// Asserts that a page has an entry for each of `expected`, and for nothing else.
fn assert_entries(page: &str, found: &BTreeSet<String>, expected: &BTreeSet<String>) {
    let missing: Vec<_> = expected.difference(found).collect();
    let unknown: Vec<_> = found.difference(expected).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "{page} has no entry for {missing:#?}, and entries for {unknown:#?}, which do not exist"
    );
}

#[test]
fn every_alert_has_an_entry() {
    let alerts = read("config/alerts.yml");
    let alerts = alerts.lines().filter_map(|line| {
        let name = line.trim_start().strip_prefix("- alert:")?;
        Some(name.trim().to_owned())
    });
    assert_entries(
        "docs/alerts.md",
        &entries("docs/alerts.md", "alert"),
        &alerts.collect(),
    );
}

#[test]
fn every_problem_code_has_an_entry() {
    let codes = ProblemCode::ALL.iter().map(ToString::to_string);
    // A code of `codeid check` alone.
    let codes = codes.chain(["unreadable-file".to_owned()]);
    assert_entries(
        "docs/problems.md",
        &entries("docs/problems.md", "code"),
        &codes.collect(),
    );
}

/// Returns the words of an enumeration in the description of the admin plane.
fn words(schema: &str) -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&read("daemon/openapi/admin.json")).unwrap();
    let words = document["components"]["schemas"][schema]["oneOf"].as_array();
    let words = words.expect(schema).iter();
    words
        .map(|word| word["const"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_problem_of_a_daemon_has_an_entry() {
    assert_entries(
        "docs/alerts.md",
        &entries("docs/alerts.md", "health"),
        &words("HealthCode"),
    );
}

#[test]
fn every_refusal_of_the_admin_plane_has_an_entry() {
    assert_entries(
        "docs/admin.md",
        &entries("docs/admin.md", "refusal"),
        &words("ErrorCode"),
    );
}

#[test]
fn every_reason_not_to_be_ready_has_an_entry() {
    let found = entries("docs/log.md", "reason");
    assert_entries("docs/log.md", &found, &words("NotReady"));
}

#[test]
fn every_warning_and_error_of_the_log_has_an_entry() {
    let expected = messages::of_folder(&in_repository("daemon/src"));
    assert!(expected.len() > 40, "{expected:?}");
    assert_entries("docs/log.md", &entries("docs/log.md", "message"), &expected);
}
