//! The structure of the code: which file imports which, against the rules of `ARCHITECTURE.md`.

#![cfg(test)]

mod graph;
mod source;
mod table;

use std::fs;
use std::path::Path;

use self::graph::Graph;
use self::source::Crate;
use self::table::rows;

/// The crates whose files are looked at, each with the name by which the others import it.
const CRATES: [(&str, &str); 3] = [
    ("engine", "codeid_engine"),
    ("daemon", "codeid_daemon"),
    ("cli", "codeid"),
];

fn read(folder: &str) -> Crate {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(folder);
    Crate::read(&root.join("src"))
}

#[test]
fn no_files_import_each_other_in_a_ring() {
    let rings = CRATES.map(|(folder, _)| {
        let rings = Graph::of_files(&read(folder)).rings();
        rings
            .iter()
            .map(|ring| format!("a ring in {folder}/src:\n{ring}\n"))
            .collect::<String>()
    });
    assert!(rings.iter().all(String::is_empty), "{}", rings.concat());
}

#[test]
fn rooms_import_only_what_the_architecture_lists() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../ARCHITECTURE.md"));
    let text = text.unwrap();
    let mut problems = String::new();
    for (folder, _) in CRATES {
        let allowed = rows(&text, folder);
        let found = Graph::of_rooms(&read(folder));
        for room in found.nodes().filter(|&room| !allowed.contains_key(room)) {
            problems += &format!("{folder}: {room} has no row in ARCHITECTURE.md\n");
        }
        for (from, to, file) in found.edges() {
            let is_allowed = allowed.get(from).is_some_and(|rooms| rooms.contains(to));
            if !is_allowed {
                problems += &format!("{folder}: {from} must not import {to}, as {file} does\n");
            }
        }
        for (room, others) in &allowed {
            for unused in others.iter().filter(|other| !found.has_edge(room, other)) {
                problems += &format!("{folder}: {room} does not import {unused}\n");
            }
        }
    }
    assert!(problems.is_empty(), "{problems}");
}

#[test]
fn paths_are_shown_by_the_function_that_hides_the_secrets_of_urls() {
    for folder in ["daemon", "cli"] {
        let found = read(folder);
        let by_themselves: Vec<_> = found.files_that_call("display").collect();
        assert!(
            by_themselves.is_empty(),
            "{by_themselves:?} of {folder}/src must show paths with uri::shown_path, not with display"
        );
    }
}

#[test]
fn crates_depend_on_each_other_in_one_direction() {
    for (position, (folder, _)) in CRATES.iter().enumerate() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(folder);
        let manifest = fs::read_to_string(manifest.join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let dependencies = manifest["dependencies"].as_table().unwrap();
        for (_, above) in &CRATES[position + 1..] {
            let name = above.replace('_', "-");
            assert!(
                !dependencies.contains_key(&name),
                "{folder} depends on {name}"
            );
        }
    }
}
