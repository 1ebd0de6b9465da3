//! The order of the sources: the file, then the environment, then `--set`; a later one wins.
//!
//! Defaults come before all of them: they hold for a key that no source gives.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::error::Problem;
use super::file;
use super::given::Given;
use super::value_source::Source;

/// The file that is read if it exists and no other is named.
const USUAL_FILE: &str = "config/codeid.toml";

/// The prefix of the environment variables of settings.
const VARIABLE_PREFIX: &str = "CODEID_";

/// The sources to read settings from, beside the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The TOML file; `None`: `config/codeid.toml`, if it exists.
    pub file: Option<PathBuf>,
    /// The environment. Variables that do not name a setting are ignored.
    pub environment: Vec<(OsString, OsString)>,
    /// Keys and values of the command line, of which a later one wins.
    pub set: Vec<(String, String)>,
}

/// Something that a source gave.
#[derive(Debug)]
pub(super) enum Item {
    /// A value for a key.
    Given(Entry),
    /// A variable of ours that is not spelled like one.
    UnknownVariable {
        /// The name of the variable as it was given.
        variable: String,
        /// The key that it resembles.
        name: String,
    },
    /// Something that is not a value for a key.
    Problem(Problem),
}

/// A value for a key that may be unknown.
#[derive(Debug)]
pub(super) struct Entry {
    /// The key, with dots.
    pub(super) name: String,
    /// The value, not yet checked.
    pub(super) given: Given,
    /// The place where it was given.
    pub(super) source: Source,
}

/// Reads all sources, in their order: the file by line, the environment by name, then `--set`.
/// Faults are items, too.
pub(super) fn read(sources: &Sources) -> Vec<Item> {
    let mut items = Vec::new();
    read_file(sources.file.as_deref(), &mut items);
    read_environment(&sources.environment, &mut items);
    items.extend(sources.set.iter().map(|(name, value)| {
        Item::Given(Entry {
            name: name.clone(),
            given: Given::Text(value.clone()),
            source: Source::CommandLine,
        })
    }));
    items
}

fn read_file(path: Option<&Path>, items: &mut Vec<Item>) {
    let usual = Path::new(USUAL_FILE);
    let path = match path {
        Some(path) => path,
        None if usual.exists() => usual,
        None => return,
    };
    match file::read(path) {
        Ok(entries) => items.extend(entries.into_iter().map(|entry| {
            Item::Given(Entry {
                name: entry.name,
                given: entry.given,
                source: Source::File {
                    path: path.to_owned(),
                    line: entry.line,
                },
            })
        })),
        Err(problems) => items.extend(problems.into_iter().map(Item::Problem)),
    }
}

fn read_environment(variables: &[(OsString, OsString)], items: &mut Vec<Item>) {
    let mut variables: Vec<_> = variables.iter().collect();
    variables.sort();
    for (variable, value) in variables {
        // Without `__` it is not ours: orchestrators inject variables named after a service.
        let Some(variable) = variable.to_str() else {
            continue;
        };
        let Some(rest) = variable
            .strip_prefix(VARIABLE_PREFIX)
            .filter(|rest| rest.contains("__"))
        else {
            continue;
        };
        let variable = variable.to_owned();
        let name = rest
            .to_ascii_lowercase()
            .replace("__", ".")
            .replace('_', "-");
        items.push(if variable_of(&name) != variable {
            Item::UnknownVariable { variable, name }
        } else if let Some(value) = value.to_str() {
            Item::Given(Entry {
                name,
                given: Given::Text(value.to_owned()),
                source: Source::Environment(variable),
            })
        } else {
            Item::Problem(Problem::NotUnicode { variable })
        });
    }
}

/// Returns the environment variable of a key, such as `CODEID_LISTEN__UNIX_MODE` of
/// `listen.unix-mode`.
pub(super) fn variable_of(name: &str) -> String {
    let name = name.replace('-', "_").replace('.', "__");
    format!("{VARIABLE_PREFIX}{}", name.to_ascii_uppercase())
}
