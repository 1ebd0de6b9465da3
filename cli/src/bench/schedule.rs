//! When requests are sent, and which of them are measured; in nanoseconds since the run began.

use std::time::Duration;

/// Whether requests wait for answers, or for their time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// The next request is sent when an answer has come.
    Closed,
    /// This many requests a second become due, whatever comes.
    Open { rate: u64 },
}

/// The times of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    pub(super) pace: Pace,
    /// When measuring begins.
    pub(super) start: u64,
    /// When it ends, and no more requests become due.
    pub(super) end: u64,
}

impl Schedule {
    pub(super) fn new(pace: Pace, warm_up: Duration, duration: Duration) -> Self {
        let start = nanoseconds(warm_up);
        Self {
            pace,
            start,
            end: start + nanoseconds(duration),
        }
    }

    /// When the request at `index` of all workers' is due, if that is before the end.
    pub(super) fn due(&self, index: u64) -> Option<u64> {
        let Pace::Open { rate } = self.pace else {
            return None;
        };
        // Whole seconds apart, so that nothing is rounded, and nothing overflows for centuries.
        let due = index / rate * 1_000_000_000 + index % rate * 1_000_000_000 / rate;
        (due < self.end).then_some(due)
    }

    /// How many requests become due before the end.
    pub(super) fn total(&self) -> u64 {
        match self.pace {
            Pace::Closed => 0,
            Pace::Open { rate } => {
                let total = u128::from(self.end) * u128::from(rate);
                u64::try_from(total.div_ceil(1_000_000_000)).unwrap_or(u64::MAX)
            }
        }
    }
}

/// A duration of hours at most.
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_become_due_as_the_rate_says() {
        let second = Duration::from_secs(1);
        for rate in [1, 3, 7, 1000, 999_983] {
            let schedule = Schedule::new(Pace::Open { rate }, second, second * 2);
            assert_eq!(schedule.total(), rate * 3);
            assert_eq!(schedule.due(0), Some(0));
            assert_eq!(schedule.due(rate), Some(1_000_000_000));
            assert!(schedule.due(rate * 3 - 1).is_some());
            assert_eq!(schedule.due(rate * 3), None);
        }
        let closed = Schedule::new(Pace::Closed, second, second);
        assert_eq!((closed.due(0), closed.total()), (None, 0));
    }
}
