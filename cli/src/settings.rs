//! The options that give settings, and the errors of settings.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::builder::{PossibleValue, TypedValueParser};
use codeid_daemon::error_chain::ErrorChain;
use codeid_daemon::run::StartError;
use codeid_daemon::settings::{Settings, SettingsError, Sources};

/// The options that give settings.
#[derive(Debug, clap::Args)]
pub(crate) struct SettingsArgs {
    /// Read the settings of this TOML file [default: config/codeid.toml, if it exists]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Set a single setting; overrides the file and the environment
    #[arg(
        long,
        value_name = "KEY=VALUE",
        value_parser = KeyAndValue,
        hide_possible_values = true,
        global = true
    )]
    set: Vec<(String, String)>,
}

/// The error for a setting on the command line without `=`.
#[derive(Debug, thiserror::Error)]
#[error("must have the form KEY=VALUE")]
struct KeyValueError;

impl SettingsArgs {
    /// Reads the settings from all sources.
    ///
    /// # Errors
    ///
    /// [`SettingsError`], with every problem found.
    pub(crate) fn read(&self) -> Result<Settings, SettingsError> {
        Settings::read(&Sources {
            file: self.config.clone(),
            environment: std::env::vars_os().collect(),
            set: self.set.clone(),
        })
    }
}

/// Writes the line of an error to standard error.
pub(super) fn report(error: &StartError) -> ExitCode {
    // If standard error is closed, the exit status is all that remains.
    let _ = writeln!(io::stderr(), "{}", line_of(error));
    ExitCode::FAILURE
}

/// Returns the error and its causes as one line, after its result code.
pub(super) fn line_of(error: &StartError) -> String {
    let line = format!("{}: {}", error.result_code(), ErrorChain(error));
    // The message of a cause may have several lines.
    line.lines().collect::<Vec<_>>().join(" ")
}

/// Parses the value of `--set`, and names the keys to completions.
#[derive(Clone, Debug)]
struct KeyAndValue;

impl TypedValueParser for KeyAndValue {
    type Value = (String, String);

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, clap::Error> {
        key_and_value.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        static BEGINNINGS: LazyLock<Vec<String>> = LazyLock::new(|| {
            let keys = Settings::keys().into_iter();
            keys.map(|key| format!("{key}=")).collect()
        });
        Some(Box::new(
            BEGINNINGS
                .iter()
                .map(|begin| PossibleValue::new(begin.as_str())),
        ))
    }
}

/// Splits the value of `--set` at its first `=`.
fn key_and_value(text: &str) -> Result<(String, String), KeyValueError> {
    text.split_once('=')
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .ok_or(KeyValueError)
}
