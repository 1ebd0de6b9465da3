//! The times at which requests are sent and measured, in nanoseconds since the start of the run.

use std::num::NonZero;
use std::time::Duration;

/// The time after the end to wait for late responses, in nanoseconds: a whole number of seconds.
pub(super) const DRAIN: u64 = 5_000_000_000;

/// The highest rate of the open loop, in requests per second. [`Schedule::due`] does not overflow up to it.
pub(super) const MAX_RATE: u64 = 100_000_000;

const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;

/// The event for which the next request waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// A response: each connection sends its next request when one arrives.
    Closed,
    /// The clock: requests become due whatever the server does.
    Open {
        /// The requests per second that become due, at most [`MAX_RATE`].
        rate: NonZero<u64>,
    },
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
    /// Returns the schedule of a run that measures for `duration` after `warm_up`. A time of more than
    /// `u64::MAX` nanoseconds, about 584 years, is cut to that.
    pub(super) fn new(pace: Pace, warm_up: Duration, duration: Duration) -> Self {
        let start = nanoseconds(warm_up);
        Self {
            pace,
            start,
            end: start.saturating_add(nanoseconds(duration)),
        }
    }

    /// Returns the time at which the request at `index`, from 0 and counted over all workers, is due;
    /// `None` in the closed loop, and if that time is not before the end.
    pub(super) fn due(&self, index: u64) -> Option<u64> {
        let Pace::Open { rate } = self.pace else {
            return None;
        };
        // Whole seconds are computed apart from the rest, so that no rounding error accumulates.
        let seconds = (index / rate).saturating_mul(NANOSECONDS_PER_SECOND);
        let due = seconds.saturating_add(index % rate * NANOSECONDS_PER_SECOND / rate);
        (due < self.end).then_some(due)
    }

    /// Returns the number of requests that become due before the end; 0 in the closed loop.
    pub(super) fn total(&self) -> u64 {
        match self.pace {
            Pace::Closed => 0,
            Pace::Open { rate } => {
                let total = u128::from(self.end) * u128::from(rate.get());
                u64::try_from(total.div_ceil(NANOSECONDS_PER_SECOND.into())).unwrap_or(u64::MAX)
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

    #[test]
    fn times_beyond_the_clock_are_cut_to_its_end() {
        for rate in [1, MAX_RATE] {
            let pace = Pace::Open {
                rate: NonZero::new(rate).unwrap(),
            };
            let schedule = Schedule::new(pace, Duration::from_secs(1), Duration::MAX);
            assert_eq!((schedule.start, schedule.end), (1_000_000_000, u64::MAX));
            assert_eq!(schedule.due(0), Some(0));
            let last_second = u64::MAX / 1_000_000_000;
            let due = schedule.due((last_second - 1) * rate + rate - 1);
            assert!(due >= Some((last_second - 1) * 1_000_000_000), "{due:?}");
            let slow = Pace::Open {
                rate: NonZero::<u64>::MIN,
            };
            let slow = Schedule {
                pace: slow,
                ..schedule
            };
            assert_eq!(slow.due(u64::MAX), None);
        }
    }
}
