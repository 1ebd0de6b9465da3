//! Holds `config/codeid.toml` equal to the declared keys.
//!
//! With `UPDATE_REFERENCE=1` in the environment the test writes the file instead.

use std::fmt::Write;
use std::path::Path;

use super::declarations::{Effective, Keys};
use super::given::Given;
use super::kind::Shown;
use super::layers::{Entry, Item};
use super::{Settings, Source, Sources};
use crate::api::settings::SettingSource;

const HEAD: &str = "\
# Every setting of codeid, with its default. Read at the start; a change takes effect with the next.
#
# The same can be set in the environment (CODEID_LISTEN__HTTP: upper case, __ for a dot, _ for a
# hyphen) and on the command line (--set listen.http=127.0.0.1:8080); the command line wins over
# the environment, and the environment over this file. `codeid settings` shows what holds and why.
# Relative paths are relative to the working directory.
";

#[test]
fn the_reference_file_lists_every_key_with_its_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/codeid.toml");
    let expected = reference();
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let file = std::fs::read_to_string(&path).unwrap();
    assert!(
        file == expected,
        "config/codeid.toml differs from the keys: run this test with UPDATE_REFERENCE=1"
    );
}

#[test]
fn the_defaults_in_the_reference_file_are_the_defaults() {
    let directory = std::env::temp_dir().join(format!("codeid-reference-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("uncommented.toml");
    let uncommented: String = reference()
        .lines()
        .map(|line| match line.strip_prefix("#") {
            Some(rest) if !rest.starts_with(' ') && rest.contains(" = ") => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    std::fs::write(&path, uncommented).unwrap();
    let given = Settings::read(&Sources {
        file: Some(path),
        ..Sources::default()
    })
    .unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
    for (key, given) in declared().iter().zip(given.effective()) {
        let is_given = given.document().source == SettingSource::File;
        assert_eq!(key.value.is_some(), is_given, "{}", key.name);
        assert_eq!(
            given.document().shown(),
            key.document().shown(),
            "{}",
            key.name
        );
    }
}

/// Every key, with one of the public keys, which have no fixed names.
fn declared() -> Vec<Effective> {
    let mut keys = Keys::new(vec![Item::Given(Entry {
        name: "proxy.public-keys.1".to_owned(),
        given: Given::Text("a.pem".to_owned()),
        source: Source::CommandLine,
    })]);
    Settings::declare(&mut keys, &[]);
    keys.into_declared()
}

/// The text of the reference file.
fn reference() -> String {
    let mut text = HEAD.to_owned();
    let mut table = String::new();
    for key in declared() {
        let (in_table, name) = key.name.rsplit_once('.').unwrap();
        if in_table != table {
            in_table.clone_into(&mut table);
            write!(text, "\n[{table}]\n").unwrap();
        }
        text.push('\n');
        for line in key.about.lines() {
            writeln!(text, "# {line}").unwrap();
        }
        writeln!(text, "# Value: {}.", key.allowed).unwrap();
        match key.value.as_ref().filter(|_| key.source == Source::Default) {
            None => writeln!(text, "# Default: none.\n# {name} = …"),
            Some(Shown::Number(default)) => writeln!(text, "#{name} = {default}"),
            Some(Shown::Switch(default)) => writeln!(text, "#{name} = {default}"),
            Some(Shown::List(default)) => writeln!(text, "#{name} = {default:?}"),
            Some(Shown::Text(default)) => writeln!(text, "#{name} = {default:?}"),
        }
        .unwrap();
    }
    text
}
