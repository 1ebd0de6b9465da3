//! The line that `codeid bench` shows while it runs.

use std::io::{self, IsTerminal};
use std::time::Duration;

use codeid_daemon::count::counted;
use indicatif::{ProgressBar, ProgressStyle};

use crate::output::printable;
use crate::quantity::grouped;

/// A progress line on standard error; hidden if standard error is not a terminal.
pub(super) struct Progress {
    bar: ProgressBar,
    last: (Duration, u64),
}

impl Progress {
    /// Starts the line of the target `name`, whose run takes `whole`, the warm-up included.
    pub(super) fn start(name: &str, whole: Duration) -> Self {
        let bar = if io::stderr().is_terminal() {
            ProgressBar::new(u64::try_from(whole.as_millis()).unwrap_or(u64::MAX))
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template("{prefix}  {bar:24} {percent:>3} %  {msg}")
            .expect("the template is a valid one");
        let bar = bar
            .with_style(style)
            .with_prefix(printable(name).into_owned());
        Self {
            bar,
            last: (Duration::ZERO, 0),
        }
    }

    /// Updates the line: the time passed, the number of good responses within the measured time, and
    /// that of all failures so far.
    pub(super) fn show(&mut self, passed: Duration, responses: u64, failures: u64) {
        let (since, before) = std::mem::replace(&mut self.last, (passed, responses));
        let seconds = passed.saturating_sub(since).as_secs_f64();
        let rate = if seconds > 0.0 {
            responses.saturating_sub(before) as f64 / seconds
        } else {
            0.0
        };
        let length = self.bar.length().unwrap_or(u64::MAX);
        let millis = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
        self.bar.set_position(millis.min(length));
        self.bar.set_message(format!(
            "{} good responses/s, {}",
            grouped(rate),
            counted(failures, "error")
        ));
    }

    /// Removes the line.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
