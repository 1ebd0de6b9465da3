//! The delays between pulls of the remote source.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// The delays between pulls, each with up to 10 % of jitter, so that a fleet that was started at
/// one moment does not keep pulling at the same moments.
#[derive(Debug)]
pub(super) struct Schedule {
    /// The delay after a successful pull, without jitter.
    after_good: Duration,
    /// The delay after a failed pull, without jitter.
    after_bad: Duration,
    /// The state of the generator of the jitter.
    random: u64,
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
        }
    }

    /// Returns the time from the end of a pull, good or not, to the beginning of the next.
    pub(super) fn delay_after(&mut self, is_good: bool) -> Duration {
        let delay = if is_good {
            self.after_good
        } else {
            self.after_bad
        };
        // The jitter is a multiple of a 65536th of a tenth.
        let part = u32::from(self.next_random());
        delay + delay / 10 * part / (1 << 16)
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

    const NODES: u64 = 1000;

    #[test]
    fn a_delay_is_as_configured_or_up_to_a_tenth_longer() {
        let (good, bad) = (Duration::from_mins(10), Duration::from_millis(100));
        let mut schedule = Schedule::new(good, bad);
        for _ in 0..1000 {
            let delay = schedule.delay_after(true);
            assert!(good <= delay && delay < good + good / 10, "{delay:?}");
            let delay = schedule.delay_after(false);
            assert!(bad <= delay && delay < bad + bad / 10, "{delay:?}");
        }
        // The longest delay that the settings allow does not overflow.
        let longest = Duration::from_millis(2_592_000_000);
        assert!(Schedule::new(longest, bad).delay_after(true) >= longest);
    }

    #[test]
    fn two_processes_have_different_delays() {
        let delays = |_| {
            let mut schedule = Schedule::new(Duration::from_hours(1), Duration::from_hours(1));
            [(); 4].map(|()| schedule.delay_after(true))
        };
        assert_ne!(delays(0), delays(1));
    }

    /// T12: in a fleet that was started at one moment, no second has more than three times the
    /// average number of pulls.
    ///
    /// This holds once the jitter of the pulls so far has spread the fleet over the delay; each
    /// pull spreads it by a tenth of the delay.
    #[test]
    fn a_fleet_that_starts_at_one_moment_spreads_its_pulls() {
        let delay = Duration::from_mins(1);
        let (warm, rounds) = (150, 300);
        let mut pulls = vec![0_u64; 63 * rounds];
        for node in 0..NODES {
            let mut schedule = Schedule::seeded(delay, delay, node);
            let mut now = Duration::ZERO;
            for _ in 0..rounds {
                now += schedule.delay_after(true);
                let second = usize::try_from(now.as_secs()).unwrap();
                if let Some(pulls) = pulls.get_mut(second) {
                    *pulls += 1;
                }
            }
        }
        let first = pulls[60..66].iter().max().unwrap();
        assert!(
            *first <= NODES / 6 * 3 / 2,
            "{first} in one second at first"
        );
        // Each node pulls every 63 seconds on average.
        let most = pulls[63 * warm..60 * rounds].iter().max().unwrap();
        assert!(most * 63 <= NODES * 3, "{most} in one second");
    }
}
