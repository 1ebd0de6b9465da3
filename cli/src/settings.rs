//! `codeid settings`: shows every setting, its value and its source.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::LazyLock;

use clap::builder::{PossibleValue, TypedValueParser};
use codeid_daemon::error_chain::ErrorChain;
use codeid_daemon::run::StartError;
use codeid_daemon::settings::{Effective, Settings, SettingsError, Sources};
use serde_json::json;

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

/// The command line of `codeid settings`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
URLs are shown without user, query and fragment, which may contain secrets; what may be a misspelt URL\n\
is (hidden).")]
pub(crate) struct ShowSettings {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Print an array of {"key", "value", "source", "from", "about"}
    #[arg(long)]
    json: bool,
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

impl ShowSettings {
    /// Prints the settings; reports those that are not valid.
    pub(crate) fn run(self) -> ExitCode {
        let settings = match self.settings.read() {
            Ok(settings) => settings,
            Err(error) => return report(&error.into()),
        };
        let shown = if self.json {
            as_json(settings.effective())
        } else {
            as_table(settings.effective())
        };
        // A reader may stop early, as `head` does.
        match io::stdout().lock().write_all(shown.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
            _ => ExitCode::SUCCESS,
        }
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

fn as_json(settings: &[Effective]) -> String {
    let settings: Vec<_> = settings
        .iter()
        .map(|setting| {
            json!({
                "key": setting.name(),
                "value": setting.json(),
                "source": setting.source().word(),
                "from": setting.source().to_string(),
                "about": setting.about(),
            })
        })
        .collect();
    format!("{:#}\n", json!(settings))
}

fn as_table(settings: &[Effective]) -> String {
    let rows = settings.iter().map(|setting| {
        let value = setting.shown().unwrap_or_else(|| "-".to_owned());
        (setting.name(), value, setting.source().to_string())
    });
    let rows: Vec<_> = rows.collect();
    let width = |of: fn(&(&str, String, String)) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let (names, values) = (
        width(|row| row.0.chars().count()),
        width(|row| row.1.chars().count()),
    );
    rows.iter()
        .map(|(name, value, from)| format!("{name:names$}  {value:values$}  {from}\n"))
        .collect()
}
