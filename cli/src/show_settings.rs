//! `codeid settings`: shows every setting, its value and its source; those of a start now, or of a running
//! daemon.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use codeid_daemon::api::settings::{RunningSettings, Setting};
use serde_json::{Value, json};

use super::admin::client::{Client, TIMEOUT};
use super::output::{self, Failure, Stdout, printable};
use super::settings::{self, SettingsArgs};

/// The command line of `codeid settings`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
URLs are shown without user, query and fragment, which may contain secrets; what may be a misspelt URL\n\
is (hidden). --running compares what is shown.")]
pub(crate) struct ShowSettings {
    #[command(flatten)]
    settings: SettingsArgs,
    /// Print an array of {"key", "value", "source", "from", "about"}
    #[arg(long)]
    json: bool,
    /// Ask the running daemon what it runs with, and mark what a start now would change
    ///
    /// With --json, each object also has "next": null if a start now would use the same value, else that value
    /// as {"value", "source", "from"}, null for a key that is not set any more.
    #[arg(long)]
    running: bool,
    /// With --running: the socket of the daemon's admin plane [default: the setting admin.unix]
    #[arg(long, value_name = "PATH", requires = "running")]
    socket: Option<PathBuf>,
}

/// A setting of the running daemon, and what would become of it.
struct Compared<'a> {
    /// The setting that the daemon runs with; `None` if it has no such key.
    running: Option<&'a Setting>,
    /// The setting of a start now, if its value is another one.
    next: Option<Change<'a>>,
}

/// The change of a setting by a start now: the other value, or `None` if the key is gone.
struct Change<'a>(Option<&'a Setting>);

impl ShowSettings {
    /// Prints the settings; reports those that are not valid.
    pub(crate) fn run(self) -> ExitCode {
        let now = match self.settings.read() {
            Ok(settings) => settings,
            Err(error) => return settings::report(&error.into()),
        };
        output::run(|stdout| {
            let document = now.document();
            if !self.running {
                show(stdout, self.json, &document)?;
                return Ok(ExitCode::SUCCESS);
            }
            let socket = self.socket.or(now.admin.unix);
            let socket = socket.ok_or_else(|| {
                let message = "the setting admin.unix is off, so the daemon has no admin socket; \
                               --socket names one";
                Failure::other(message)
            })?;
            let client = Client::new(socket, TIMEOUT)?;
            let running: RunningSettings = client.fetch("/v1/settings")?;
            let compared = compare(&running.settings, &document.settings);
            match self.json {
                true => writeln!(stdout, "{:#}", compared_json(&compared))?,
                false => show_compared(stdout, &compared)?,
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn show(output: &mut Stdout, json: bool, document: &RunningSettings) -> io::Result<()> {
    if json {
        return writeln!(output, "{:#}", json!(document.settings));
    }
    let settings = document.settings.iter();
    let rows: Vec<_> = settings
        .map(|setting| [setting.key.clone(), setting.shown(), setting.from.clone()])
        .collect();
    write_rows(output, &rows)
}

/// Returns the running settings in their order, and then those that only a start now would have.
fn compare<'a>(running: &'a [Setting], now: &'a [Setting]) -> Vec<Compared<'a>> {
    let find = |settings: &'a [Setting], key: &str| settings.iter().find(|s| s.key == key);
    let mut compared: Vec<_> = running
        .iter()
        .map(|setting| {
            let next = find(now, &setting.key);
            let is_same = next.is_some_and(|next| next.value == setting.value);
            Compared {
                running: Some(setting),
                next: (!is_same).then_some(Change(next)),
            }
        })
        .collect();
    let added = now.iter().filter(|next| find(running, &next.key).is_none());
    compared.extend(added.map(|next| Compared {
        running: None,
        next: Some(Change(Some(next))),
    }));
    compared
}

fn compared_json(compared: &[Compared<'_>]) -> Value {
    let objects = compared.iter().map(|Compared { running, next }| {
        let next_shown = next.as_ref().map(|Change(next)| {
            json!({
                "value": next.map(|next| &next.value),
                "source": next.map(|next| next.source),
                "from": next.map(|next| &next.from),
            })
        });
        let other = next.as_ref().and_then(|Change(next)| *next);
        let described = running.or(other);
        json!({
            "key": described.map(|setting| &setting.key),
            "value": running.map(|setting| &setting.value),
            "source": running.map(|setting| setting.source),
            "from": running.map(|setting| &setting.from),
            "about": described.map(|setting| &setting.about),
            "next": next_shown,
        })
    });
    Value::Array(objects.collect())
}

/// Writes a table in which each setting that a start now would change has a line below it, and the sum.
fn show_compared(output: &mut Stdout, compared: &[Compared<'_>]) -> io::Result<()> {
    let mut rows = Vec::new();
    let mut changes = 0;
    for Compared { running, next } in compared {
        if let Some(setting) = running {
            rows.push([setting.key.clone(), setting.shown(), setting.from.clone()]);
        }
        let Some(Change(next)) = next else { continue };
        changes += 1;
        rows.push(match next {
            Some(next) if running.is_none() => {
                [next.key.clone(), "-".to_owned(), "not set".to_owned()]
            }
            _ => continue_with(next),
        });
        if running.is_none() {
            rows.push(continue_with(next));
        }
    }
    write_rows(output, &rows)?;
    match changes {
        0 => writeln!(output, "\na start now would change nothing"),
        1 => writeln!(
            output,
            "\na start now would change 1 setting, marked with ->"
        ),
        _ => writeln!(
            output,
            "\na start now would change {changes} settings, marked with ->"
        ),
    }
}

/// Returns the row with the value that a start now would use.
fn continue_with(next: &Option<&Setting>) -> [String; 3] {
    let (value, from) = match next {
        Some(next) => (next.shown(), next.from.clone()),
        None => ("-".to_owned(), "not set".to_owned()),
    };
    ["  ->".to_owned(), value, from]
}

/// Writes rows with columns of one width each.
fn write_rows(output: &mut Stdout, rows: &[[String; 3]]) -> io::Result<()> {
    let width = |of: fn(&[String; 3]) -> &String| {
        rows.iter()
            .map(|row| of(row).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (keys, values) = (width(|[key, ..]| key), width(|[_, value, _]| value));
    for [key, value, from] in rows {
        writeln!(
            output,
            "{}",
            printable(&format!("{key:keys$}  {value:values$}  {from}"))
        )?;
    }
    Ok(())
}
