//! The order of the sources: the file, then the environment, then `--set`; a later one wins.
//!
//! Defaults come before all of them: they hold for a key that no source gives.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::error::Problem;
use super::file;
use super::given::Given;

/// The file that is read if it exists and no other is named.
const USUAL_FILE: &str = "config/codeid.toml";

/// What the environment variables of settings begin with.
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

/// The source of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The program: no source gave a value.
    Default,
    /// A line, counted from 1, of the file.
    File {
        /// The file.
        path: PathBuf,
        /// The line in it.
        line: usize,
    },
    /// This environment variable.
    Environment(String),
    /// `--set` on the command line.
    CommandLine,
}

/// Something that a source gave.
#[derive(Debug)]
pub(super) enum Item {
    /// A value for a key.
    Given(Entry),
    /// A variable of ours that is not spelled like one; `name` is the key that it resembles.
    UnknownVariable { variable: String, name: String },
    /// Something that is not a value for a key.
    Problem(Problem),
}

/// A value for a key, which need not exist.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) given: Given,
    pub(super) source: Source,
}

/// Reads all sources, in their order.
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

/// Shows the source as `codeid settings` does.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(variable) => f.write_str(variable),
            Self::CommandLine => f.write_str("--set"),
        }
    }
}

impl Source {
    /// Returns one word for the kind of source.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File { .. } => "file",
            Self::Environment(_) => "environment",
            Self::CommandLine => "command-line",
        }
    }
}

/// Returns the environment variable of a key.
pub(super) fn variable_of(name: &str) -> String {
    let name = name.replace('-', "_").replace('.', "__");
    format!("{VARIABLE_PREFIX}{}", name.to_ascii_uppercase())
}
