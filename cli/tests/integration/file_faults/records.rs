//! The files of a daemon: each is whole, and the audit log is sound.

use std::fs;
use std::path::Path;

use codeid_daemon::audit::verify::{FaultKind, verify};
use codeid_engine::ConfigDigest;
use serde_json::Value;

/// Returns the lines of the audit log, those of rotated files first.
pub(super) fn audit_lines(directory: &Path) -> Vec<Value> {
    let data = directory.join("data");
    let mut files = names(&data, "audit.jsonl");
    // The file without a number is the last.
    files.sort_by_key(|name| (name == "audit.jsonl", name.clone()));
    let texts = files.iter().map(|name| fs::read_to_string(data.join(name)));
    let text: String = texts.map(Result::unwrap).collect();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Requires that the audit log is sound. After a kill, its last line may be torn.
pub(super) fn require_sound_log(directory: &Path, was_killed: bool) {
    let path = directory.join("data/audit.jsonl");
    if was_killed && !path.exists() {
        return;
    }
    let report = verify(&path).unwrap();
    let is_torn = matches!(&report.faults[..], [fault] if fault.kind == FaultKind::Torn);
    assert!(
        report.is_sound() || (was_killed && is_torn),
        "{:#?}\n{}",
        report.faults,
        fs::read_to_string(path).unwrap()
    );
}

/// Requires that no file is half-written, and that temporary files do not pile up.
pub(super) fn require_whole_files(directory: &Path) {
    let data = directory.join("data");
    if let Some(freeze) = json(&data.join("freeze.json")) {
        let config = freeze["routeConfigData"].as_str().unwrap();
        let digest = ConfigDigest::new(config.as_bytes()).to_string();
        assert_eq!(freeze["sha256"], digest);
    }
    if let Some(config) = json(&data.join("route-config.json")) {
        assert_eq!(config["format"], "codeid/1");
    }
    if let Some(journal) = json(&data.join("compiling.json")) {
        assert!(journal["deaths"].is_u64());
    }
    for file in ["freeze.json", "route-config.json"] {
        let left = temporary_files(directory, file);
        assert!(left.len() <= 1, "{left:?}");
    }
}

/// Requires that a daemon that has started left nothing of one that was killed.
pub(super) fn require_tidy(directory: &Path) {
    assert_eq!(names(&directory.join("run"), "."), Vec::<String>::new());
    assert!(!directory.join("data/compiling.json.tmp").exists());
}

/// Returns the temporary files of a file in `data`.
pub(super) fn temporary_files(directory: &Path, file: &str) -> Vec<String> {
    names(&directory.join("data"), &format!(".{file}."))
}

/// Returns the names in a directory that begin with a prefix.
fn names(directory: &Path, prefix: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(prefix)).collect()
}

fn json(path: &Path) -> Option<Value> {
    let text = fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {}: {text}", path.display())))
}
