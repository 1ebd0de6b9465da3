//! `codeid top`: a running daemon at work, as it goes on.
//!
//! ```text
//! daemon ─▶ Reading, once an interval ─┬─▶ Figures, the difference of two ─▶ text or JSON
//!                                      └─▶ View, and the keys that are pressed ─▶ screen
//! ```

mod figures;
mod keys;
mod live;
mod plain;
mod reading;
mod screen;
#[cfg(test)]
mod tests;
mod view;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::RangedU64ValueParser;

use self::reading::Reader;
use super::admin::Place;
use super::duration::duration;
use super::output;

/// The shortest time between two readings: less would measure the reading.
const MIN_INTERVAL: Duration = Duration::from_millis(50);

/// The command line of `codeid top`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
On a terminal: q ends it, p pauses it, the arrows, j, k and the page keys scroll the rules, ? lists \
the keys. Away from one, with --count or with --json, a text or a line of JSON is written for each interval.

Exit status: 0 when it ends; 1 if the terminal cannot be used; 2 if the command line is wrong; 3 if no \
daemon gave an answer that is understood.")]
pub(crate) struct Top {
    /// How long an interval is, such as 500ms, 1s or 2m
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = interval)]
    interval: Duration,
    /// Write so many intervals as text, and end
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    count: Option<u64>,
    /// Write a JSON object for each interval, in a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl Top {
    pub(crate) fn run(self) -> ExitCode {
        let socket = match self.place.find() {
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
            output::finish(live::show(reader))
        }
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    if interval < MIN_INTERVAL {
        return Err(format!("must be {} ms at least", MIN_INTERVAL.as_millis()));
    }
    Ok(interval)
}
