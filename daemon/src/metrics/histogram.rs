//! A histogram of durations, whose buckets grow with the durations.
//!
//! The first bucket is for up to 64 ticks; then come twenty octaves of four buckets each, so that a
//! bucket's bound is at most a quarter above what it holds; and one for all beyond 2^26 ticks. With
//! a tick of a nanosecond that is from 64 ns to 67 ms, with one of a microsecond from 64 µs to 67 s.

use std::ops::AddAssign;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The binary logarithm of the first bucket's bound.
const FIRST_BOUND: u32 = 6;

/// The number of octaves between the first bucket and the last.
const OCTAVES: usize = 20;

/// The number of buckets in an octave.
const PARTS: usize = 4;

/// The number of buckets, with the first and the last.
pub(super) const BUCKETS: usize = OCTAVES * PARTS + 2;

/// A distribution that is being recorded.
#[derive(Debug)]
pub(super) struct Histogram {
    counts: [AtomicU64; BUCKETS],
    /// The sum of all ticks that were recorded.
    sum: AtomicU64,
}

/// A snapshot of a distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Distribution {
    counts: [u64; BUCKETS],
    sum: u64,
}

impl Histogram {
    /// Records `weight` events that took `ticks` together, as if each had taken the same. Only one
    /// thread may ever call this for a histogram: others would lose events.
    ///
    /// It takes a bit scan, two loads and two stores; the binary `metrics` of `benches` measures
    /// it.
    pub(super) fn record_alone(&self, ticks: u64, weight: u64) {
        let add = |to: &AtomicU64, more| to.store(to.load(Relaxed).wrapping_add(more), Relaxed);
        if let Some(count) = self.counts.get(bucket_of(ticks / weight.max(1))) {
            add(count, weight);
        }
        add(&self.sum, ticks);
    }

    /// Records one event that took `ticks`, from any thread.
    pub(super) fn record_among_others(&self, ticks: u64) {
        if let Some(count) = self.counts.get(bucket_of(ticks)) {
            count.fetch_add(1, Relaxed);
        }
        self.sum.fetch_add(ticks, Relaxed);
    }

    /// Returns the counts so far, in ticks. They are read one after the other while others may be
    /// added, so the sum may be of other events than the counts.
    pub(super) fn read(&self) -> Distribution {
        Distribution {
            counts: self.counts.each_ref().map(|count| count.load(Relaxed)),
            sum: self.sum.load(Relaxed),
        }
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: [const { AtomicU64::new(0) }; BUCKETS],
            sum: AtomicU64::new(0),
        }
    }
}

impl Distribution {
    /// Returns the number of events that were recorded.
    pub(super) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns the sum of all events, in ticks.
    pub(super) const fn sum(&self) -> u64 {
        self.sum
    }

    /// Returns the events that were recorded after `before` was read.
    pub(super) fn since(&self, before: &Self) -> Self {
        let mut since = self.clone();
        for (count, before) in since.counts.iter_mut().zip(before.counts) {
            *count = count.saturating_sub(before);
        }
        since.sum = self.sum.wrapping_sub(before.sum);
        since
    }

    /// Returns, for each bucket except the last, its inclusive bound and the number of events that
    /// took no longer.
    pub(super) fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> {
        let mut so_far = 0;
        let counts = self.counts.iter().take(BUCKETS - 1).enumerate();
        counts.map(move |(bucket, count)| {
            so_far += count;
            (bound_of(bucket), so_far)
        })
    }

    /// Returns the same for the bounds that are powers of two.
    pub(super) fn cumulative_by_octave(&self) -> impl Iterator<Item = (u64, u64)> {
        self.cumulative().step_by(PARTS)
    }

    /// Returns the bound of the bucket that holds this quantile, in thousandths. `None` if nothing was
    /// recorded, or if the quantile lies beyond the last bound.
    pub(super) fn quantile(&self, thousandths: u64) -> Option<u64> {
        let count = self.count();
        // The rank of the quantile, from 1, rounded up.
        let rank = (u128::from(count) * u128::from(thousandths)).div_ceil(1000);
        let reaches = |&(_, so_far): &(u64, u64)| count > 0 && u128::from(so_far) >= rank.max(1);
        self.cumulative().find(reaches).map(|(bound, _)| bound)
    }
}

impl Default for Distribution {
    fn default() -> Self {
        Self {
            counts: [0; BUCKETS],
            sum: 0,
        }
    }
}

impl AddAssign<&Self> for Distribution {
    fn add_assign(&mut self, other: &Self) {
        for (to, more) in self.counts.iter_mut().zip(other.counts) {
            *to += more;
        }
        self.sum = self.sum.wrapping_add(other.sum);
    }
}

/// Returns the index of the bucket that holds `ticks`.
fn bucket_of(ticks: u64) -> usize {
    // Bounds belong to the bucket below.
    let below = ticks.saturating_sub(1);
    if below < 1 << FIRST_BOUND {
        return 0;
    }
    let octave = below.ilog2();
    let bit = |number: u32| usize::from(below >> number & 1 == 1);
    let part = 2 * bit(octave - 1) + bit(octave - 2);
    let bucket = (octave - FIRST_BOUND) as usize * PARTS + part + 1;
    bucket.min(BUCKETS - 1)
}

/// The most ticks that a bucket other than the last holds.
const fn bound_of(bucket: usize) -> u64 {
    let octave = bucket.saturating_sub(1) / PARTS;
    let parts = match bucket {
        0 => PARTS,
        _ => (bucket - 1) % PARTS + 1 + PARTS,
    };
    (parts as u64) << (octave + FIRST_BOUND as usize - 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_duration_is_in_the_bucket_that_its_bounds_say() {
        let bounds: Vec<_> = (0..BUCKETS - 1).map(bound_of).collect();
        assert_eq!(bounds[..6], [64, 80, 96, 112, 128, 160]);
        assert_eq!(bounds.last(), Some(&(1 << 26)));
        assert!(bounds.is_sorted_by(|a, b| a < b && b - a <= a.div_ceil(4)));
        for (bucket, &bound) in bounds.iter().enumerate() {
            assert_eq!(bucket_of(bound), bucket);
            assert_eq!(bucket_of(bound + 1), bucket + 1);
        }
        assert_eq!((bucket_of(0), bucket_of(u64::MAX)), (0, BUCKETS - 1));
    }

    #[test]
    fn octaves_are_powers_of_two() {
        let bounds = Distribution::default();
        let bounds = bounds.cumulative_by_octave().map(|(bound, _)| bound);
        assert!(bounds.eq((6..=26).map(|exponent| 1 << exponent)));
    }

    #[test]
    fn what_was_done_at_once_counts_as_often_as_it_was_done() {
        let histogram = Histogram::default();
        histogram.record_alone(1000, 10);
        histogram.record_alone(100, 1);
        histogram.record_among_others(70_000_000);
        let read = histogram.read();
        assert_eq!((read.count(), read.sum()), (12, 70_001_100));
        let at = |bound| read.cumulative().find(|&(b, _)| b == bound).unwrap().1;
        assert_eq!((at(96), at(112), at(1 << 26)), (0, 11, 11));
    }

    #[test]
    fn a_difference_has_the_events_between_two_readings() {
        let histogram = Histogram::default();
        histogram.record_alone(1000, 1);
        let before = histogram.read();
        histogram.record_alone(70, 1);
        let since = histogram.read().since(&before);
        assert_eq!((since.count(), since.sum()), (1, 70));
        assert_eq!(since.quantile(1000), Some(80));
    }

    #[test]
    fn quantiles_are_bounds_of_buckets() {
        let mut all = Distribution::default();
        assert_eq!(all.quantile(500), None);
        let histogram = Histogram::default();
        (1..=1000).for_each(|ticks| histogram.record_alone(ticks * 1000, 1));
        all += &histogram.read();
        assert_eq!(all.count(), 1000);
        for (thousandths, exact) in [(1, 1000), (500, 500_000), (990, 990_000), (1000, 1_000_000)] {
            let bound = all.quantile(thousandths).unwrap();
            assert!((exact..=exact * 5 / 4).contains(&bound), "{thousandths}");
        }
        histogram.record_alone(u64::MAX / 2, 1);
        assert_eq!(histogram.read().quantile(1000), None);
    }
}
