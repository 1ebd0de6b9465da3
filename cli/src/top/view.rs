//! What the screen shows: the last figures, how it got there, and what the reader chose.

use std::collections::VecDeque;

use super::figures::Figures;
use super::reading::Reading;
use crate::moment::utc;

/// How many intervals the trend goes back: more than a screen is wide.
const TREND: usize = 512;

/// Everything that is shown.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The last reading that there was.
    pub(super) last: Option<Reading>,
    /// Of the last interval, once there are two readings.
    pub(super) figures: Option<Figures>,
    /// Requests a second, the last interval last.
    pub(super) trend: VecDeque<u64>,
    /// Why there was no answer the last time; `None` if there was one.
    pub(super) lost: Option<String>,
    /// What happened last to the daemon.
    pub(super) note: Option<String>,
    pub(super) paused: bool,
    pub(super) help: bool,
    /// How many rules are scrolled past.
    pub(super) scrolled: usize,
}

/// What the reader wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Quit,
    Pause,
    Help,
    /// By so many rules, downwards.
    Scroll(isize),
    /// To the first rule, or the last.
    First,
    Last,
}

impl View {
    /// Takes what a reading came to. While it is paused, nothing changes: the first interval
    /// after that is as long as the pause.
    pub(super) fn take(&mut self, read: Result<Reading, String>) {
        if self.paused {
            return;
        }
        let reading = match read {
            Ok(reading) => reading,
            Err(why) => {
                self.lost = Some(why);
                return;
            }
        };
        if let Some(last) = &self.last {
            self.figures = Figures::between(last, &reading);
            if let Some(note) = what_happened(last, &reading) {
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
        self.lost = None;
        self.last = Some(reading);
        self.keep_in_bounds();
    }

    /// Does what the reader wants; tells whether to go on.
    pub(super) fn follow(&mut self, wish: Wish) -> bool {
        match wish {
            Wish::Quit => return false,
            Wish::Pause => self.paused = !self.paused,
            Wish::Help => self.help = !self.help,
            Wish::Scroll(by) => self.scrolled = self.scrolled.saturating_add_signed(by),
            Wish::First => self.scrolled = 0,
            Wish::Last => self.scrolled = usize::MAX,
        }
        self.keep_in_bounds();
        true
    }

    fn keep_in_bounds(&mut self) {
        let rules = self
            .figures
            .as_ref()
            .map_or(0, |figures| figures.rules.len());
        self.scrolled = self.scrolled.min(rules.saturating_sub(1));
    }
}

/// What became of the daemon between two readings, if that is worth telling.
fn what_happened(before: &Reading, after: &Reading) -> Option<String> {
    let (old, new) = (&before.status, &after.status);
    if (old.daemon.pid, old.daemon.started_at) != (new.daemon.pid, new.daemon.started_at) {
        return Some(format!(
            "the daemon was started anew at {}, as process {}: its counts began at zero",
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
            "generation {} serves since {}: the counts of its rules began at zero",
            table.generation,
            utc(table.loaded_at)
        )),
        _ => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is not negative, and a cast of what is too large saturates"
)]
fn whole(rate: f64) -> u64 {
    rate.round() as u64
}
