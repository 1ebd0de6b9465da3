//! Which source wins: what each source gives, laid one over the other.
//!
//! Defaults, then the file, then the environment, then `--set`; the later wins. This is the one
//! place that says so.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::file;
use super::keys::{self, KEYS, PUBLIC_KEY, PUBLIC_KEYS_PREFIX};
use super::value::{Given, Kind, Value};

/// The file that is read if it exists and no other is named.
const USUAL_FILE: &str = "config/codeid.toml";

/// What the environment variables of settings begin with.
const VARIABLE_PREFIX: &str = "CODEID_";

/// What to read settings from, beside the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The TOML file; `None`: `config/codeid.toml`, if it exists.
    pub file: Option<PathBuf>,
    /// The environment; those that are no settings are passed over.
    pub environment: Vec<(OsString, OsString)>,
    /// Keys and values of the command line, of which a later one wins.
    pub set: Vec<(String, String)>,
}

/// Which source gave a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nobody gave one.
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

/// The value that holds for a key, and who gave it.
#[derive(Clone, Debug)]
pub struct Effective {
    pub(crate) name: String,
    pub(crate) value: Option<Value>,
    pub(crate) source: Source,
    pub(crate) about: &'static str,
}

/// Every key with the value that holds, in the order of the reference file.
///
/// # Errors
///
/// Every problem of every source: a value that is overridden must be valid, too.
pub(crate) fn lay(sources: &Sources) -> Result<Vec<Effective>, Vec<String>> {
    let mut layers = Layers::default();
    layers.add_file(sources.file.as_deref());
    layers.add_environment(&sources.environment);
    layers.add_command_line(&sources.set);
    layers.finish()
}

#[derive(Debug, Default)]
struct Layers {
    given: BTreeMap<String, (Value, Source)>,
    problems: Vec<String>,
}

impl Layers {
    fn add_file(&mut self, path: Option<&Path>) {
        let usual = Path::new(USUAL_FILE);
        let path = match path {
            Some(path) => path,
            None if usual.exists() => usual,
            None => return,
        };
        let entries = match file::read(path) {
            Ok(entries) => entries,
            Err(problems) => return self.problems.extend(problems),
        };
        for entry in entries {
            let path = path.to_owned();
            let line = entry.line;
            let place = format!("{}:{line}: ", path.display());
            self.add(
                &entry.name,
                &entry.given,
                Source::File { path, line },
                &place,
            );
        }
    }

    fn add_environment(&mut self, variables: &[(OsString, OsString)]) {
        let mut variables: Vec<_> = variables.iter().collect();
        variables.sort();
        for (variable, value) in variables {
            // Without `__` it is not ours: orchestrators inject variables named after a service.
            let Some(variable) = variable.to_str() else {
                continue;
            };
            let Some(rest) = variable
                .strip_prefix(VARIABLE_PREFIX)
                .filter(|r| r.contains("__"))
            else {
                continue;
            };
            let name = rest
                .to_ascii_lowercase()
                .replace("__", ".")
                .replace('_', "-");
            if variable_of(&name) != variable {
                let meant = keys::nearest(&name).map_or_else(String::new, |name| {
                    format!("; did you mean {}?", variable_of(name))
                });
                self.problems.push(format!(
                    "unknown setting {variable} in the environment{meant}"
                ));
                continue;
            }
            let Some(value) = value.to_str() else {
                self.problems
                    .push(format!("{variable}: the value is not valid Unicode"));
                continue;
            };
            let given = Given::Text(value.to_owned());
            let source = Source::Environment(variable.to_owned());
            self.add(&name, &given, source, &format!("{variable}: "));
        }
    }

    fn add_command_line(&mut self, set: &[(String, String)]) {
        for (name, value) in set {
            let given = Given::Text(value.clone());
            self.add(name, &given, Source::CommandLine, "--set: ");
        }
    }

    fn add(&mut self, name: &str, given: &Given, source: Source, place: &str) {
        let read =
            kind_of(name).and_then(|kind| kind.read(given).map_err(|why| format!("{name} {why}")));
        match read {
            Ok(value) => {
                self.given.insert(name.to_owned(), (value, source));
            }
            Err(why) => self.problems.push(format!("{place}{why}")),
        }
    }

    fn finish(mut self) -> Result<Vec<Effective>, Vec<String>> {
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let mut settings = Vec::with_capacity(KEYS.len());
        for key in KEYS {
            let (value, source) = match self.given.remove(key.name) {
                Some((value, source)) => (Some(value), source),
                None => (key.default_value(), Source::Default),
            };
            settings.push(Effective {
                name: key.name.to_owned(),
                value,
                source,
                about: key.about,
            });
        }
        // What is left has names of its own: the public keys.
        settings.extend(
            self.given
                .into_iter()
                .map(|(name, (value, source))| Effective {
                    name,
                    value: Some(value),
                    source,
                    about: keys::PUBLIC_KEY_ABOUT,
                }),
        );
        Ok(settings)
    }
}

impl keys::Key {
    fn default_value(&self) -> Option<Value> {
        self.default.map(|text| {
            self.kind
                .read(&Given::Text(text.to_owned()))
                .expect("a test reads every default")
        })
    }
}

/// As `codeid settings` shows it.
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
    /// One word for the kind of source.
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

fn kind_of(name: &str) -> Result<Kind, String> {
    if let Some(key) = keys::find(name) {
        return Ok(key.kind);
    }
    if let Some(version) = name.strip_prefix(PUBLIC_KEYS_PREFIX) {
        let canonical = version
            .parse::<u32>()
            .is_ok_and(|n| n <= i32::MAX.unsigned_abs() && n.to_string() == version);
        return if canonical {
            Ok(PUBLIC_KEY)
        } else {
            Err(format!(
                "unknown setting {name}: a key version is a number from 0 to {}",
                i32::MAX
            ))
        };
    }
    let meant = keys::nearest(name).map_or_else(
        || "; `codeid settings` lists what there is".to_owned(),
        |name| format!("; did you mean {name}?"),
    );
    Err(format!("unknown setting {name}{meant}"))
}

/// The environment variable of a key.
fn variable_of(name: &str) -> String {
    let name = name.replace('-', "_").replace('.', "__");
    format!("{VARIABLE_PREFIX}{}", name.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        variables
            .iter()
            .map(|(n, v)| (OsString::from(*n), OsString::from(*v)))
            .collect()
    }

    fn problems(sources: &Sources) -> Vec<String> {
        lay(sources).map(|_| ()).unwrap_err()
    }

    #[test]
    fn every_default_is_valid() {
        for key in KEYS {
            if let Some(default) = key.default {
                let read = key.kind.read(&Given::Text(default.to_owned()));
                assert!(read.is_ok(), "{}: {read:?}", key.name);
            }
        }
    }

    #[test]
    fn every_key_has_a_variable_that_leads_back_to_it() {
        for key in KEYS {
            let sources = Sources {
                environment: environment(&[(&variable_of(key.name), "\u{1}")]),
                ..Sources::default()
            };
            let found = problems(&sources);
            assert!(
                found[0].contains(&format!(": {} must be", key.name)),
                "{found:?}"
            );
        }
    }

    #[test]
    fn variables_without_two_underscores_are_none_of_ours() {
        let sources = Sources {
            environment: environment(&[
                ("CODEID_SERVICE_HOST", "10.0.0.1"),
                ("CODEID_PORT", "tcp://10.0.0.1:80"),
                ("LISTEN__HTTP", "x"),
            ]),
            ..Sources::default()
        };
        assert!(lay(&sources).is_ok());
    }

    #[test]
    fn unknown_names_are_answered_with_the_nearest() {
        let sources = Sources {
            environment: environment(&[
                ("CODEID_LISTEN__HTPP", "off"),
                ("CODEID_listen__http", "off"),
            ]),
            set: vec![
                ("listn.http".to_owned(), "off".to_owned()),
                ("qqqqqqqqqqqqqqqqqqqq".to_owned(), "off".to_owned()),
                ("proxy.public-keys.01".to_owned(), "x".to_owned()),
                ("proxy.public-keys.2".to_owned(), "x".to_owned()),
            ],
            ..Sources::default()
        };
        let expected = [
            "CODEID_LISTEN__HTPP: unknown setting listen.htpp; did you mean listen.http?",
            "unknown setting CODEID_listen__http in the environment; did you mean CODEID_LISTEN__HTTP?",
            "--set: unknown setting listn.http; did you mean listen.http?",
            "--set: unknown setting qqqqqqqqqqqqqqqqqqqq; `codeid settings` lists what there is",
            "--set: unknown setting proxy.public-keys.01: a key version is a number from 0 to 2147483647",
        ];
        assert_eq!(problems(&sources), expected);
    }
}
