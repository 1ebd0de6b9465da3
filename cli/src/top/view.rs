//! The state of the screen: the last figures, their trend, and the choices of the user.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use codeid_daemon::error_chain::ErrorChain;

use super::figures::Figures;
use super::reading::Reading;
use crate::moment::utc;
use crate::output::Failure;

/// The length of the trend in intervals: more than a screen is wide.
const TREND: usize = 512;

/// The state of the screen.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The last reading that succeeded.
    pub(super) last: Option<Reading>,
    /// The figures of the last interval; `None` before the second reading.
    pub(super) figures: Option<Figures>,
    /// Requests per second, rounded; the most recent interval last, at most [`TREND`] of them.
    pub(super) trend: VecDeque<u64>,
    /// The reason why the last reading failed; `None` if it succeeded.
    pub(super) last_failure: Option<String>,
    /// Describes the last restart, or the last change of the live table; `None` before the first.
    pub(super) note: Option<String>,
    /// `true` while readings are ignored.
    pub(super) paused: bool,
    /// `true` while the help window is open.
    pub(super) help: bool,
    /// The number of rules above the first visible one.
    pub(super) scrolled: usize,
}

/// The commands of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Closes the view.
    Quit,
    /// Pauses, or resumes.
    Pause,
    /// Opens or closes the help window.
    Help,
    /// Scrolls down by this number of rules, or up if it is negative.
    Scroll(isize),
    /// Scrolls to the first rule.
    First,
    /// Scrolls to the last rule.
    Last,
}

impl View {
    /// Takes the result of a reading. A paused view ignores it: the first interval after the pause is
    /// as long as the pause.
    pub(super) fn take(&mut self, read: Result<Reading, Failure>) {
        if self.paused {
            return;
        }
        let reading = match read {
            Ok(reading) => reading,
            Err(failure) => {
                self.last_failure = Some(ErrorChain(&failure).to_string());
                return;
            }
        };
        if let Some(last) = &self.last {
            self.figures = Figures::between(last, &reading);
            if let Some(note) = describe_change(last, &reading) {
                self.note = Some(note);
            }
            if let Some(figures) = &self.figures {
                if self.trend.len() == TREND {
                    self.trend.pop_front();
                }
                self.trend
                    .push_back(whole(figures.total.requests_per_second));
            }
        }
        self.last_failure = None;
        self.last = Some(reading);
        self.keep_in_bounds();
    }

    /// Executes a command. Returns `Break` if the view must close.
    pub(super) fn execute(&mut self, command: Command) -> ControlFlow<()> {
        match command {
            Command::Quit => return ControlFlow::Break(()),
            Command::Pause => self.paused = !self.paused,
            Command::Help => self.help = !self.help,
            Command::Scroll(by) => self.scrolled = self.scrolled.saturating_add_signed(by),
            Command::First => self.scrolled = 0,
            Command::Last => self.scrolled = usize::MAX,
        }
        self.keep_in_bounds();
        ControlFlow::Continue(())
    }

    fn keep_in_bounds(&mut self) {
        let rules = self
            .figures
            .as_ref()
            .map_or(0, |figures| figures.rules.len());
        self.scrolled = self.scrolled.min(rules.saturating_sub(1));
    }
}

/// Describes the restart, or the change of the live table, between two readings.
fn describe_change(before: &Reading, after: &Reading) -> Option<String> {
    let (old, new) = (&before.status, &after.status);
    if (old.daemon.pid, old.daemon.started_at) != (new.daemon.pid, new.daemon.started_at) {
        return Some(format!(
            "the daemon restarted at {} as process {}: its counts restart at zero",
            utc(new.daemon.started_at),
            new.daemon.pid
        ));
    }
    let generation = |reading: &Reading| {
        let table = reading.status.rules.table.as_ref();
        table.map(|table| table.generation)
    };
    match (generation(before), generation(after), &new.rules.table) {
        (old, new, Some(table)) if old != new => Some(format!(
            "generation {} has been live since {}: the counts of its rules restart at zero",
            table.generation,
            utc(table.loaded_at)
        )),
        _ => None,
    }
}

/// Returns `rate`, rounded.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is not negative, and casting a value that is too large saturates"
)]
fn whole(rate: f64) -> u64 {
    rate.round() as u64
}
