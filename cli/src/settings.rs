//! `codeid settings`: shows every setting, its value, and which source gave it.

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use codeid_daemon::run::StartError;
use codeid_daemon::settings::{Effective, Settings, SettingsError, Sources};

/// Where settings come from, on the command line.
#[derive(Debug, clap::Args)]
pub(crate) struct SettingsArgs {
    /// Read the settings of this TOML file [default: config/codeid.toml, if it exists]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Set a single setting; wins over the file and the environment
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value, global = true)]
    set: Vec<(String, String)>,
}

/// The command line of `codeid settings`.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowSettings {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Print an array of {"key", "value", "source", "from", "effective", "about"}
    #[arg(long)]
    json: bool,
}

impl SettingsArgs {
    /// The settings, from all sources.
    ///
    /// # Errors
    ///
    /// [`SettingsError`], with every problem there is.
    pub(crate) fn read(&self) -> Result<Settings, SettingsError> {
        Settings::read(&Sources {
            file: self.config.clone(),
            environment: std::env::vars_os().collect(),
            set: self.set.clone(),
        })
    }
}

impl ShowSettings {
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
        // Whoever reads may stop before the end, as `head` does.
        match io::stdout().lock().write_all(shown.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
            _ => ExitCode::SUCCESS,
        }
    }
}

/// Writes the one line that tells why there was no start.
pub(super) fn report(error: &StartError) -> ExitCode {
    let mut line = format!("{}: {error}", error.result_code());
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(&format!(": {error}"));
        cause = error.source();
    }
    // What a source said may go on for several lines.
    let line = line.lines().collect::<Vec<_>>().join(" ");
    // Without standard error there is nobody to tell.
    let _ = writeln!(io::stderr(), "{line}");
    ExitCode::FAILURE
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .ok_or_else(|| "it must have the form KEY=VALUE".to_owned())
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
