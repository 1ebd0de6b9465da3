//! `codeid tail`: the decisions of a running daemon, as they are made.

#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::string_slice))]

mod lines;
mod row;

use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::process::ExitCode;

use clap::builder::RangedU64ValueParser;
use codeid_daemon::api::decisions::{DroppedLine, TailLine, TailRequest};
use codeid_daemon::settings::{RuleName, Share};

use self::lines::Lines;
use super::admin::SocketArgs;
use super::admin::client::{Client, Streamed, TIMEOUT};
use super::output::{self, Failure, Stdout};

/// The command line of `codeid tail`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Code values and openIds are masked. Decisions that come faster than they are taken are left out, and their number \
is shown.

Exit status: 0 at the end, also after Ctrl-C or when the daemon stops; 1 if the daemon refused; 2 if the command \
line is wrong; 3 without a daemon, or without a response that this program understands.")]
pub(crate) struct Tail {
    /// Show the decisions of this rule only; @none: code values that no rule decided, and failures
    #[arg(long = "rule", value_name = "ID")]
    rules: Vec<RuleName>,
    /// Show this share of the decisions, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = Share::WHOLE)]
    sample: Share,
    /// Show this number of decisions, and end
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    count: Option<u64>,
    /// Write each decision as a line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    socket: SocketArgs,
}

impl Tail {
    /// Shows decisions until either side ends, and returns the exit status.
    pub(crate) fn run(self) -> ExitCode {
        let socket = match self.socket.path() {
            Ok(socket) => socket,
            Err(status) => return status,
        };
        let request = TailRequest {
            rules: self.rules.iter().map(ToString::to_string).collect(),
            sample: (self.sample != Share::WHOLE).then(|| self.sample.fraction()),
        };
        output::run(|stdout| {
            let client = Client::new(socket, TIMEOUT)?;
            let body = serde_json::to_vec(&request).map_err(Failure::other)?;
            let mut view = View::new(self.json, self.count);
            let mut lines = Lines::default();
            view.begin(stdout)?;
            let streamed = client.post_stream("/v1/decisions", body, |bytes| {
                let flow = lines.take(bytes, |line| view.show(line, stdout))?;
                stdout.flush()?;
                Ok(flow)
            })?;
            match streamed {
                Streamed::Broken => {}
                Streamed::Ended => {
                    note("the daemon shows no more decisions: it is stopping or was drained")
                }
                Streamed::Refused(response) => client.require_success(&response)?,
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// Writes a note to standard error. If that is closed, nobody reads it.
fn note(text: &str) {
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// The decisions as they are shown.
struct View {
    is_json: bool,
    /// The number of decisions that are still to be shown; `None` without a limit.
    left: Option<u64>,
}

/// The reason why a line means nothing to this program.
#[derive(Debug, thiserror::Error)]
#[error("cannot understand a line of the daemon, whose version may be another one")]
struct NotUnderstood(#[source] serde_json::Error);

impl View {
    const fn new(is_json: bool, count: Option<u64>) -> Self {
        Self {
            is_json,
            left: count,
        }
    }

    /// Shows, to a person, that decisions follow.
    fn begin(&self, stdout: &mut Stdout) -> Result<(), Failure> {
        if !self.is_json && std::io::stdout().is_terminal() {
            row::write_header(stdout)?;
            stdout.flush()?;
        }
        Ok(())
    }

    /// Shows a line, without its line feed.
    fn show(&mut self, line: &[u8], stdout: &mut Stdout) -> Result<ControlFlow<()>, Failure> {
        let parsed: TailLine = serde_json::from_slice(line)
            .map_err(|error| Failure::Unanswered(Box::new(NotUnderstood(error))))?;
        if let TailLine::Dropped(DroppedLine { dropped: 0 }) = parsed {
            return Ok(ControlFlow::Continue(()));
        }
        match (&parsed, self.is_json) {
            // Printable: it was parsed, and the daemon escapes nothing since nothing needs it.
            (_, true) => {
                let text = String::from_utf8_lossy(line);
                writeln!(stdout, "{}", output::printable(&text))?;
            }
            (TailLine::Decision(decision), false) => row::write(decision, stdout)?,
            (TailLine::Dropped(DroppedLine { dropped }), false) => {
                row::write_dropped(*dropped, stdout)?;
            }
        }
        if let (TailLine::Decision(_), Some(left)) = (&parsed, &mut self.left) {
            *left -= 1;
            if *left == 0 {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}
