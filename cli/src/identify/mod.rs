//! `codeid identify`: answers `identifyCode` without a daemon.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

mod batch;
mod explain;
mod lines;
mod parameter;
mod progress;
mod result_text;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::ErrorKind;
use codeid_daemon::identify::{write_failure, write_verdict};
use codeid_daemon::result::identify::PARAM_ILLEGAL;
use codeid_engine::{CompileLimits, RouteTable, Scratch};

use self::batch::LineOptions;
use self::parameter::{IllegalParameter, code_value_of_argument, open_id_of_argument};
use super::output::{self, Failure, Stdout};
use super::settings::{self, SettingsArgs};
use super::{check, route_config};

/// The command line of `codeid identify`.
#[derive(Debug, clap::Args)]
#[command(
    group(clap::ArgGroup::new("codes").required(true).args(["code", "file"])),
    after_help = "\
Exit status: 0 if the code value was identified, supported or not, or each line of the file was \
answered; 1 if it was not (a parameter or a route config is bad, a file cannot be read); 2 if the \
command line is wrong."
)]
pub(crate) struct Identify {
    /// The code value
    code: Option<OsString>,
    /// The openId of the user, by which canaries decide: 3 to 256 characters. With --file, that of the
    /// lines without one
    #[arg(long, value_name = "ID", required_unless_present = "file")]
    open_id: Option<OsString>,
    /// The route config; by default the built-in preset. - is standard input
    #[arg(long, value_name = "FILE")]
    routes: Option<PathBuf>,
    /// Identify each line of this file instead, and print JSON Lines in the same order. - is
    /// standard input
    ///
    /// A line is a code value, or a code value, a tab and an openId; it ends with LF or CRLF. A byte
    /// order mark at the start of the file is skipped. Each response is a line with the object that
    /// --json prints, the field line, the line number counted from 1, and the field rule, the id of the
    /// rule that decided, or null. The response to a line that is too long or not UTF-8 is
    /// PARAM_ILLEGAL, without a rule. All cores are used. Progress is shown if standard error is a
    /// terminal, unless the responses go to a terminal too.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Show each rule that accepts the code value, in order, and why its canary admits or refuses
    /// the user
    #[arg(long)]
    explain: bool,
    /// Print the JSON object that the daemon would return; --explain adds the field explanation.
    /// Always on with --file
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: SettingsArgs,
}

impl Identify {
    /// Identifies the code value, or each line of the file, and returns the exit status.
    pub(crate) fn run(self) -> ExitCode {
        let is_stdin = |path: &Option<PathBuf>| path.as_deref() == Some(Path::new("-"));
        if is_stdin(&self.routes) && is_stdin(&self.file) {
            let message = "--routes and --file cannot both be standard input\n";
            clap::Error::raw(ErrorKind::ArgumentConflict, message).exit();
        }
        let limits = match self.settings.read() {
            Ok(settings) => settings.compile,
            Err(error) => return settings::report(&error.into()),
        };
        output::run(|stdout| {
            let table = self.table(&limits)?;
            match &self.file {
                None => self.identify_one(&table, stdout),
                Some(file) => {
                    let open_id = self.open_id.as_deref().map(open_id_of_argument);
                    let open_id = open_id.transpose().map_err(illegal)?;
                    let options = LineOptions {
                        open_id: open_id.map(|open_id| open_id.as_str().to_owned()),
                        explain: self.explain,
                    };
                    // The output comes in blocks and without colours: a buffer and a filter would
                    // only cost time.
                    batch::identify_lines(table, &options, file, &mut io::stdout().lock())?;
                    Ok(ExitCode::SUCCESS)
                }
            }
        })
    }

    /// Compiles the route table of the file, or of the built-in preset.
    ///
    /// # Errors
    ///
    /// [`Failure::Shown`]: the errors in the route config are reported on standard error.
    fn table(&self, limits: &CompileLimits) -> Result<RouteTable, Failure> {
        let examined = match &self.routes {
            Some(path) => route_config::examine(path, limits),
            None => route_config::examine_preset(limits),
        };
        if examined.outcome.is_err() {
            // If standard error is closed, the exit status is all that remains.
            let _ = check::show_refusal(&mut anstream::stderr(), &examined);
        }
        examined
            .outcome
            .map(|accepted| accepted.table)
            .map_err(|_| Failure::Shown)
    }

    fn identify_one(&self, table: &RouteTable, stdout: &mut Stdout) -> Result<ExitCode, Failure> {
        let mut body = Vec::new();
        let code = self.code.as_deref().unwrap_or_default();
        let open_id = self.open_id.as_deref().unwrap_or_default();
        let parameters =
            code_value_of_argument(code).and_then(|code| Ok((code, open_id_of_argument(open_id)?)));
        let (code, open_id) = match parameters {
            Ok(parameters) => parameters,
            Err(error) if self.json => {
                write_failure(&PARAM_ILLEGAL, &error.detail(), &mut body);
                write_line(stdout, &body)?;
                return Ok(ExitCode::FAILURE);
            }
            Err(error) => return Err(illegal(error)),
        };
        let mut scratch = Scratch::new();
        let explanations = match self.explain {
            true => table.explain(code, open_id, &mut scratch),
            false => Vec::new(),
        };
        let verdict = table.identify(code, open_id, &mut scratch);
        if self.json {
            write_verdict(&verdict, &mut body);
            if self.explain {
                explain::add_to(&mut body, &explanations);
            }
            write_line(stdout, &body)?;
        } else {
            result_text::verdict(stdout, &verdict)?;
            if self.explain {
                writeln!(stdout)?;
                explain::show(stdout, &explanations)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Returns the failure of the command for a parameter that is not allowed, after its result code.
fn illegal(error: IllegalParameter) -> Failure {
    Failure::other(format!("{}: {}", PARAM_ILLEGAL.code, error.detail()))
}

fn write_line(stdout: &mut Stdout, body: &[u8]) -> io::Result<()> {
    stdout.write_all(body)?;
    stdout.write_all(b"\n")
}
