//! Latencies, and what they come to.

use std::time::Duration;

/// How long each of many requests took.
#[derive(Clone, Debug, Default)]
pub struct Latencies(Vec<Duration>);

/// What is worth knowing of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// What half of them are below.
    pub p50: Duration,
    /// What 99 % are below.
    pub p99: Duration,
    /// What 99.9 % are below.
    pub p99_9: Duration,
    /// The longest.
    pub max: Duration,
}

impl Latencies {
    /// One more.
    pub fn record(&mut self, latency: Duration) {
        self.0.push(latency);
    }

    /// All those of `others`, too.
    pub fn extend(&mut self, others: &Self) {
        self.0.extend_from_slice(&others.0);
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// What they come to. Exact: all of them are sorted.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        // The one at or below which that many thousandths are.
        let at = |thousandths: usize| {
            let rank = (sorted.len() * thousandths).div_ceil(1000).max(1);
            sorted.get(rank - 1).copied().unwrap_or_default()
        };
        Summary {
            p50: at(500),
            p99: at(990),
            p99_9: at(999),
            max: at(1000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_thousand_two_are_above_p99_9() {
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
