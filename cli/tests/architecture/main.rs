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
    for (folder, _) in CRATES {
        let allowed = rows(&text, folder);
        let found = Graph::of_rooms(&read(folder));
        let mut problems = Vec::new();
        for room in found.nodes() {
            if !allowed.contains_key(room) {
                problems.push(format!("{room} has no row in the table of {folder}/"));
            }
        }
        for (from, to, file) in found.edges() {
            if !allowed
                .get(from)
                .is_some_and(|allowed| allowed.contains(to))
            {
                problems.push(format!("{file}: {from} must not import {to}"));
            }
        }
        for (room, allowed) in &allowed {
            for unused in allowed.iter().filter(|to| !found.has_edge(room, to)) {
                problems.push(format!(
                    "the table lets {room} import {unused}, which it does not"
                ));
            }
        }
        assert!(
            problems.is_empty(),
            "in {folder}/src:\n{}",
            problems.join("\n")
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
