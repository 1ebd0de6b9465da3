//! The delays between pulls of the remote source.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::mem;
use std::time::Duration;

/// The delays between pulls, each with up to 10 % of jitter.
///
/// The first delay is a random part of the configured one, so that the pulls of a fleet that was
/// started at one moment are spread over the whole delay from the beginning.
#[derive(Debug)]
pub(super) struct Schedule {
    /// The delay after a successful pull, without jitter.
    after_good: Duration,
    /// The delay after a failed pull, without jitter.
    after_bad: Duration,
    /// The state of the generator of the jitter.
    random: u64,
    /// `true` once the first delay was given.
    has_begun: bool,
}

impl Schedule {
    /// Returns a schedule whose jitter differs between processes.
    pub(super) fn new(after_good: Duration, after_bad: Duration) -> Self {
        // The keys of a RandomState are random in each process.
        let seed = RandomState::new().build_hasher().finish();
        Self::seeded(after_good, after_bad, seed)
    }

    const fn seeded(after_good: Duration, after_bad: Duration, seed: u64) -> Self {
        Self {
            after_good,
            after_bad,
            random: seed,
            has_begun: false,
        }
    }

    /// Returns the time from the end of a pull, good or not, to the beginning of the next: the delay and
    /// up to a tenth more, or, the first time, from a tenth of the delay to all of it.
    pub(super) fn delay_after(&mut self, is_good: bool) -> Duration {
        let delay = if is_good {
            self.after_good
        } else {
            self.after_bad
        };
        let (least, span) = if mem::replace(&mut self.has_begun, true) {
            (delay, delay / 10)
        } else {
            (delay / 10, delay - delay / 10)
        };
        // A multiple of a 65536th of the span.
        least + span * u32::from(self.next_random()) / (1 << 16)
    }

    /// Returns the time until the next pull if the task of this one dies.
    pub(super) const fn delay_after_death(&self) -> Duration {
        self.after_bad
    }

    /// Returns the upper 16 bits of the next SplitMix64 number.
    const fn next_random(&mut self) -> u16 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        let [high, next, ..] = z.to_be_bytes();
        u16::from_be_bytes([high, next])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a schedule that has given its first delay.
    fn begun(good: Duration, bad: Duration) -> Schedule {
        let mut schedule = Schedule::new(good, bad);
        schedule.delay_after(true);
        schedule
    }

    #[test]
    fn a_delay_is_as_configured_or_up_to_a_tenth_longer() {
        let (good, bad) = (Duration::from_mins(10), Duration::from_millis(100));
        let mut schedule = begun(good, bad);
        for _ in 0..1000 {
            let delay = schedule.delay_after(true);
            assert!(good <= delay && delay < good + good / 10, "{delay:?}");
            let delay = schedule.delay_after(false);
            assert!(bad <= delay && delay < bad + bad / 10, "{delay:?}");
        }
        // The longest delay that the settings allow does not overflow.
        let longest = Duration::from_millis(2_592_000_000);
        let mut schedule = Schedule::new(longest, bad);
        assert!(schedule.delay_after(true) <= longest);
        assert!(schedule.delay_after(true) >= longest);
    }

    #[test]
    fn the_first_delay_is_a_part_of_the_configured_one() {
        let (good, bad) = (Duration::from_mins(10), Duration::from_millis(100));
        for (is_good, delay) in [(true, good), (false, bad)] {
            let firsts = || (0..1000).map(|_| Schedule::new(good, bad).delay_after(is_good));
            assert!(firsts().all(|first| delay / 10 <= first && first < delay));
            assert!(firsts().any(|first| first < delay / 5));
            assert!(firsts().any(|first| first > delay * 4 / 5));
        }
    }

    #[test]
    fn two_processes_have_different_delays() {
        let delays = |_| {
            let mut schedule = Schedule::new(Duration::from_hours(1), Duration::from_hours(1));
            [(); 4].map(|()| schedule.delay_after(true))
        };
        assert_ne!(delays(0), delays(1));
    }

    /// T12: in a fleet of 1,000 nodes that was started at one moment, no second has more than three
    /// times the average number of pulls, from the first pull on, whether the remote answers or not.
    #[test]
    fn a_fleet_that_starts_at_one_moment_spreads_its_pulls() {
        const NODES: u64 = 1000;
        const SECONDS: usize = 5 * 60 * 60;
        let delay = Duration::from_mins(1);
        for is_good in [true, false] {
            let mut pulls = vec![0; SECONDS];
            for node in 0..NODES {
                let mut schedule = Schedule::seeded(delay, delay, node);
                let mut now = schedule.delay_after(is_good);
                while let Some(pulls) = pulls.get_mut(usize::try_from(now.as_secs()).unwrap()) {
                    *pulls += 1;
                    now += schedule.delay_after(is_good);
                }
            }
            let most = pulls.iter().max().unwrap();
            let sum: usize = pulls.iter().sum();
            assert!(sum > 1000 * SECONDS / 67, "{sum} pulls");
            assert!(most * SECONDS <= 3 * sum, "{most} of {sum} in one second");
        }
    }
}
