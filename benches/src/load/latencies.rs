//! Latencies and their percentiles.

use std::time::Duration;

/// The latencies of many requests, all of them: 16 bytes for each.
#[derive(Clone, Debug, Default)]
pub struct Latencies(Vec<Duration>);

/// Percentiles of [`Latencies`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The median.
    pub p50: Duration,
    /// The 99th percentile.
    pub p99: Duration,
    /// The 99.9th percentile.
    pub p99_9: Duration,
    /// The longest latency.
    pub max: Duration,
}

impl Latencies {
    /// Adds one latency.
    pub fn record(&mut self, latency: Duration) {
        self.0.push(latency);
    }

    /// Adds all latencies of `others`.
    pub fn extend(&mut self, others: &Self) {
        self.0.extend_from_slice(&others.0);
    }

    /// Returns the number of latencies.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// Returns the percentiles by nearest rank, which are exact; all are zero if there is no latency.
    ///
    /// # Complexity
    ///
    /// Sorts a copy: O(*n* log *n*) time, and 16 bytes for each latency.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        // The latency at or below which this many thousandths of all latencies lie.
        let percentile = |thousandths: usize| {
            let rank = (sorted.len() * thousandths).div_ceil(1000).max(1);
            sorted.get(rank - 1).copied().unwrap_or_default()
        };
        Summary {
            p50: percentile(500),
            p99: percentile(990),
            p99_9: percentile(999),
            max: percentile(1000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_two_thousand_latencies_are_above_p99_9() {
        let mut latencies = Latencies::default();
        (1..=2000)
            .rev()
            .for_each(|n| latencies.record(Duration::from_micros(n)));
        let summary = latencies.summary();
        let [p50, p99, p99_9, max] = [1000, 1980, 1998, 2000].map(Duration::from_micros);
        assert_eq!(
            summary,
            Summary {
                p50,
                p99,
                p99_9,
                max
            }
        );
    }
}
