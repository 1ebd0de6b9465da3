//! `codeid serve --check`: reports everything that a start would need, and starts nothing.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use codeid_daemon::clock::Clock;
use codeid_daemon::count::counted;
use codeid_daemon::process;
use codeid_daemon::rehearsal::{self, Check, Kind, Outcome, RefusedConfig, Report, RunningDaemon};
use codeid_daemon::settings::{Settings, SettingsError};
use serde::Deserialize;
use serde_json::json;

use crate::admin::client::{Client, ClientError};
use crate::check::{findings_of, show_findings};
use crate::output::{self, Failure, Stdout, printable};

/// The limit on the time until a running daemon has described itself.
const TIMEOUT: Duration = Duration::from_secs(5);

/// The member of a daemon's status document that describes the process. The rest may be that of another
/// version: this program is often the next one.
#[derive(Deserialize)]
struct Described {
    daemon: RunningDaemon,
}

/// Reports what a start with these settings would need, and returns the exit status: 1 if there is a problem.
pub(super) fn run(settings: Result<Settings, SettingsError>, json: bool) -> ExitCode {
    // Before anything reads a key.
    process::deny_inspection();
    output::run(|stdout| {
        let report = match &settings {
            Ok(settings) => rehearse(settings)?,
            Err(error) => rehearsal::refused(error),
        };
        match json {
            true => write_json(stdout, &report)?,
            false => show(stdout, &report)?,
        }
        Ok(match report.count(Outcome::Problem) {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        })
    })
}

fn rehearse(settings: &Settings) -> Result<Report, Failure> {
    let (running, unknown) = match running(settings) {
        Ok(running) => (running, None),
        Err(failure) => (None, Some(failure)),
    };
    let report = rehearsal::rehearse(settings, running.as_ref(), &Clock::system());
    let mut report = report.map_err(Failure::other)?;
    if let Some(failure) = unknown {
        let error = codeid_daemon::error_chain::ErrorChain(&failure);
        let text = format!("it is not known which listeners a running daemon has: {error}");
        report.add(Kind::Listener, Outcome::Warning, text);
    }
    Ok(report)
}

/// Asks the daemon that serves the admin socket of these settings; `None` if none does.
///
/// # Errors
///
/// [`Failure`] if a daemon may be there, and gave no description of itself.
fn running(settings: &Settings) -> Result<Option<RunningDaemon>, Failure> {
    let Some(socket) = settings.admin.unix.clone() else {
        return Ok(None);
    };
    let client = Client::new(socket, TIMEOUT)?;
    match client.get("/v1/status") {
        Ok(response) => {
            let described: Described = client.parse(&response)?;
            Ok(Some(described.daemon))
        }
        Err(ClientError::NoSocket(_) | ClientError::NotListening(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Writes a line for each thing, the problems of route configs as `codeid check` shows them, and the sum.
fn show(output: &mut Stdout, report: &Report) -> io::Result<()> {
    for check in report.checks() {
        let text = format!("{}: {}", check.kind, check.text);
        writeln!(output, "{:<10} {}", word(check.outcome), printable(&text))?;
    }
    for check in report.checks() {
        if let Some(config) = &check.config {
            writeln!(output)?;
            let findings = findings_of(&config.problems);
            show_findings(output, name(check), &config.document, &findings)?;
        }
    }
    let (problems, warnings) = (
        report.count(Outcome::Problem),
        report.count(Outcome::Warning),
    );
    let verdict = match problems {
        0 => "the daemon can start",
        _ => "the daemon cannot start as its settings say",
    };
    writeln!(
        output,
        "{verdict}: {}, {}, {}",
        counted(report.checks().len(), "check"),
        counted(problems, "problem"),
        counted(warnings, "warning")
    )
}

/// Returns the name of the source of a route config.
fn name(check: &Check) -> &str {
    check.text.split(": ").next().unwrap_or_default()
}

fn write_json(output: &mut Stdout, report: &Report) -> io::Result<()> {
    let checks = report.checks().iter().map(|check| {
        let config: Option<&RefusedConfig> = check.config.as_ref();
        json!({
            "kind": check.kind,
            "outcome": check.outcome,
            "text": check.text,
            "problems": config,
        })
    });
    let checks: Vec<_> = checks.collect();
    writeln!(output, "{:#}", json!(checks))
}

const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Good => "ok",
        Outcome::Warning => "warning",
        Outcome::Problem => "problem",
        Outcome::NotAsked => "not asked",
    }
}
