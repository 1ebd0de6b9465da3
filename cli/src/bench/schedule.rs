//! The times at which requests are sent and measured, in nanoseconds since the start of the run.

use std::num::NonZero;
use std::time::Duration;

/// The time after the end to wait for late responses, in nanoseconds: a whole number of seconds.
pub(super) const DRAIN: u64 = 5_000_000_000;

/// The event for which the next request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// A response: each connection sends its next request when one arrives.
    Closed,
    /// The clock: `rate` requests per second become due, whatever the server does.
    Open { rate: NonZero<u64> },
}

/// The times of a run, in nanoseconds since its start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Schedule {
    /// The event for which requests wait.
    pub(super) pace: Pace,
    /// The start of the measurement, when the warm-up ends.
    pub(super) start: u64,
    /// The end of the measurement; no request becomes due from here on.
    pub(super) end: u64,
}

impl Schedule {
    /// Returns the schedule of a run that measures for `duration` after `warm_up`.
    pub(super) fn new(pace: Pace, warm_up: Duration, duration: Duration) -> Self {
        let start = nanoseconds(warm_up);
        Self {
            pace,
            start,
            end: start + nanoseconds(duration),
        }
    }

    /// Returns the time at which the request at `index`, from 0 and counted over all workers, is due;
    /// `None` in the closed loop, and if that time is not before the end.
    pub(super) fn due(&self, index: u64) -> Option<u64> {
        let Pace::Open { rate } = self.pace else {
            return None;
        };
        // Whole seconds are computed apart from the rest, so that no rounding error accumulates and
        // nothing overflows for centuries.
        let due = index / rate * 1_000_000_000 + index % rate * 1_000_000_000 / rate;
        (due < self.end).then_some(due)
    }

    /// Returns the number of requests that become due before the end; 0 in the closed loop.
    pub(super) fn total(&self) -> u64 {
        match self.pace {
            Pace::Closed => 0,
            Pace::Open { rate } => {
                let total = u128::from(self.end) * u128::from(rate.get());
                u64::try_from(total.div_ceil(1_000_000_000)).unwrap_or(u64::MAX)
            }
        }
    }
}

/// Returns the nanoseconds of `duration`, or `u64::MAX` from about 584 years on.
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_times_the_duration_requests_become_due() {
        let second = Duration::from_secs(1);
        for rate in [1, 3, 7, 1000, 999_983] {
            let pace = Pace::Open {
                rate: NonZero::new(rate).unwrap(),
            };
            let schedule = Schedule::new(pace, second, second * 2);
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
