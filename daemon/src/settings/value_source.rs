//! The source of a setting's value.

use std::fmt;
use std::path::PathBuf;

use crate::api::settings::SettingSource;
use crate::uri::{opened_path, shown_name};

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

/// Shows the source as `codeid settings` does.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", opened_path(path)),
            Self::Environment(variable) => f.write_str(shown_name(variable)),
            Self::CommandLine => f.write_str("--set"),
        }
    }
}

impl Source {
    /// Returns the kind of source.
    #[must_use]
    pub const fn document(&self) -> SettingSource {
        match self {
            Self::Default => SettingSource::Default,
            Self::File { .. } => SettingSource::File,
            Self::Environment(_) => SettingSource::Environment,
            Self::CommandLine => SettingSource::CommandLine,
        }
    }
}
