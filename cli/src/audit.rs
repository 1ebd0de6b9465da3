//! `codeid audit`: checks the audit log.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use codeid_daemon::audit::verify::{Report, verify};
use codeid_daemon::count::counted;
use codeid_daemon::uri::{opened_path, shown_path};

use super::output::{self, Failure, Stdout, printable};
use super::settings::{self, SettingsArgs};

/// The command line of `codeid audit`.
#[derive(Debug, clap::Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check that no line of the log was changed, removed or added
    ///
    /// Each line carries the SHA-256 of the line before. The files beside the log that were renamed
    /// because of their length are read, too. Lines that are cut off at the end leave no trace in the
    /// file; the lines in syslog show them.
    #[command(
        after_help = "Exit status: 0 if every line follows from the one before, 1 if one does not."
    )]
    Verify(Verify),
}

/// The command line of `codeid audit verify`.
#[derive(Debug, clap::Args)]
struct Verify {
    /// The file of the log [default: the setting admin.audit-path]
    file: Option<PathBuf>,
    /// Print a JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// The log cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the audit log {}", shown_path(path))]
struct Unreadable {
    path: PathBuf,
    source: io::Error,
}

impl Audit {
    /// Runs the subcommand.
    pub(crate) fn run(self) -> ExitCode {
        let AuditCommand::Verify(command) = self.command;
        command.run()
    }
}

impl Verify {
    fn run(self) -> ExitCode {
        let path = match self.file {
            Some(path) => path,
            None => match self.settings.read() {
                Ok(settings) => settings.admin.audit.path,
                Err(error) => return settings::report(&error.into()),
            },
        };
        output::run(|stdout| {
            let report =
                verify(&path).map_err(|source| Failure::other(Unreadable { path, source }))?;
            if self.json {
                serde_json::to_writer(&mut *stdout, &report).map_err(io::Error::from)?;
                writeln!(stdout)?;
            } else {
                show(&report, stdout)?;
            }
            Ok(match report.is_sound() {
                true => ExitCode::SUCCESS,
                false => ExitCode::FAILURE,
            })
        })
    }
}

fn show(report: &Report, out: &mut Stdout) -> io::Result<()> {
    for fault in &report.faults {
        let file = opened_path(&fault.file).to_string();
        writeln!(out, "{}:{}: {}", printable(&file), fault.line, fault.kind)?;
    }
    let hidden = report.fault_count - report.faults.len() as u64;
    if hidden > 0 {
        writeln!(out, "{}", counted(hidden, "further fault"))?;
    }
    let files = report.files.len();
    match (report.first, report.last) {
        (Some(first), Some(last)) => writeln!(
            out,
            "{} in {}, numbers {first} to {last}",
            counted(report.lines, "line"),
            counted(files, "file"),
        )?,
        _ => writeln!(out, "no line")?,
    }
    if report.unchained > 0 {
        let lines = counted(report.unchained, "line");
        writeln!(out, "{lines} of an earlier version, not chained")?;
    }
    for number in &report.unfinished {
        writeln!(out, "line {number}: intended, and no outcome is recorded")?;
    }
    match report.fault_count {
        0 => writeln!(out, "sound: every line follows from the one before"),
        count => writeln!(out, "not sound: {}", counted(count, "fault")),
    }
}
