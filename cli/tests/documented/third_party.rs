//! `THIRD-PARTY.md`, against the libraries that are in the program.

use std::collections::BTreeSet;
use std::process::Command;

use crate::markdown::tables;
use crate::{in_repository, read};

/// The systems of `.about.toml`.
const TARGETS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

/// Returns the libraries that `Cargo.lock` names for the program, each as `name version`.
fn linked() -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(in_repository("."));
    command.args([
        "tree",
        "--locked",
        "--package",
        "codeid",
        "--edges",
        "normal",
    ]);
    command.args(["--prefix", "none", "--format", "{p}"]);
    for target in TARGETS {
        command.args(["--target", target]);
    }
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let lines = String::from_utf8(output.stdout).unwrap();
    // Crates of this repository have a path at the end.
    let libraries = lines
        .lines()
        .filter(|line| !line.is_empty() && !line.contains('/'));
    let words = libraries.map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "));
    words.map(|library| library.replace(" v", " ")).collect()
}

#[test]
fn the_notices_have_the_libraries_of_the_lock_file() {
    let tables = tables(&read("THIRD-PARTY.md"));
    let listed: BTreeSet<String> = tables[0]
        .rows
        .iter()
        .map(|row| row[..2].join(" "))
        .collect();
    let linked = linked();
    let missing: Vec<_> = linked.difference(&listed).collect();
    let old: Vec<_> = listed.difference(&linked).collect();
    assert!(
        missing.is_empty() && old.is_empty(),
        "THIRD-PARTY.md lacks {missing:?} and has {old:?} without need; docs/compatibility.md has the command that writes it"
    );
}
