//! `codeid top`: the traffic of a running daemon, interval by interval.
//!
//! ```text
//! daemon ─▶ Reading, once an interval ─┬─▶ Figures, the difference of two ─▶ text or JSON
//!                                      └─▶ View, and the commands of keys ─▶ screen
//! ```

mod cells;
mod columns;
mod figures;
mod keys;
mod plain;
mod reading;
mod screen;
mod terminal;
#[cfg(test)]
mod tests;
mod updates;
mod view;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::RangedU64ValueParser;

use self::reading::Reader;
use super::admin::SocketArgs;
use super::duration::{DurationError, duration};
use super::output;

/// The shortest interval: a shorter one would measure the readings.
const MIN_INTERVAL: Duration = Duration::from_millis(50);

/// The command line of `codeid top`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
On a terminal: q quits, p pauses, the arrows, j, k and the page keys scroll the rules, ? lists the keys. \
Elsewhere, with --count and with --json, each interval is written as text or as a line of JSON.

Exit status: 0 at the end; 1 if the terminal cannot be used; 2 if the command line is wrong; 3 without a \
daemon, or without a response that this program understands.")]
pub(crate) struct Top {
    /// The length of an interval, such as 500ms, 1s or 2m
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    interval: Duration,
    /// Write this number of intervals as text, and end
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    count: Option<u64>,
    /// Write each interval as a line of JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    socket: SocketArgs,
}

/// The reason why a text is not the length of an interval.
#[derive(Debug, thiserror::Error)]
enum IntervalError {
    /// The text is not a duration.
    #[error(transparent)]
    Duration(#[from] DurationError),
    /// A duration shorter than [`MIN_INTERVAL`].
    #[error("must be at least {} ms", MIN_INTERVAL.as_millis())]
    TooShort,
}

impl Top {
    /// Shows the intervals, and returns the exit status.
    pub(crate) fn run(self) -> ExitCode {
        let socket = match self.socket.path() {
            Ok(socket) => socket,
            Err(status) => return status,
        };
        let reader = match Reader::new(socket, self.interval) {
            Ok(reader) => reader,
            Err(failure) => return output::finish(Err(failure)),
        };
        if self.json || self.count.is_some() || !io::stdout().is_terminal() {
            let form = match self.json {
                true => plain::Form::Json,
                false => plain::Form::Text,
            };
            output::run(|stdout| plain::write(stdout, reader, form, self.count))
        } else {
            output::finish(terminal::show(reader))
        }
    }
}

/// Parses the length of an interval.
fn interval(text: &str) -> Result<Duration, IntervalError> {
    let interval = duration(text)?;
    if interval < MIN_INTERVAL {
        return Err(IntervalError::TooShort);
    }
    Ok(interval)
}
