//! The rates of a sweep.

use std::num::NonZero;
use std::str::FromStr;

use super::schedule::MAX_RATE;

/// The rates from one to another, in requests per second. The first is not higher than the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sweep {
    first: NonZero<u64>,
    last: NonZero<u64>,
}

/// The error of a text that is not a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected two rates such as 1000..64000, the lower one first, each a number from 1 to {MAX_RATE}"
)]
pub(super) struct NotSweep;

impl Sweep {
    /// Returns the rates in rising order: the first, two for each doubling of it that are more than a tenth
    /// below the last, and the last.
    pub(super) fn rates(self) -> Vec<NonZero<u64>> {
        let (first, last) = (self.first.get(), self.last.get());
        let doublings = std::iter::successors(Some(first), |rate| Some(rate * 2));
        // The second rate is the square root of two times the first.
        let between = doublings
            .take_while(|rate| *rate < last)
            .flat_map(|rate| [rate, rate * 141_421 / 100_000])
            .filter(|rate| rate * 11 / 10 < last);
        let between = between.filter_map(NonZero::new);
        let mut rates: Vec<NonZero<u64>> = [self.first].into_iter().chain(between).collect();
        rates.push(self.last);
        rates.dedup();
        rates
    }
}

impl FromStr for Sweep {
    type Err = NotSweep;

    fn from_str(text: &str) -> Result<Self, NotSweep> {
        let (first, last) = text.split_once("..").ok_or(NotSweep)?;
        let rate = |text: &str| text.parse::<NonZero<u64>>().map_err(|_| NotSweep);
        let (first, last) = (rate(first)?, rate(last)?);
        match first <= last && last.get() <= MAX_RATE {
            true => Ok(Self { first, last }),
            false => Err(NotSweep),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(text: &str) -> Vec<u64> {
        let sweep: Sweep = text.parse().unwrap();
        sweep.rates().into_iter().map(NonZero::get).collect()
    }

    #[test]
    fn a_sweep_has_two_rates_for_each_doubling_and_the_last() {
        assert_eq!(rates("1000..4000"), [1000, 1414, 2000, 2828, 4000]);
        assert_eq!(rates("1000..4200"), [1000, 1414, 2000, 2828, 4200]);
        assert_eq!(rates("1000..4600"), [1000, 1414, 2000, 2828, 4000, 4600]);
        assert_eq!(rates("7..7"), [7]);
        assert_eq!(rates("100..105"), [100, 105]);
        assert_eq!(rates("1..3"), [1, 2, 3]);
        assert_eq!(rates("1..100000000").len(), 52);
    }

    #[test]
    fn two_rates_in_rising_order_make_a_sweep() {
        for bad in [
            "",
            "5",
            "0..5",
            "5..4",
            "1..100000001",
            "-1..4",
            "1...4",
            "a..b",
        ] {
            assert_eq!(bad.parse::<Sweep>(), Err(NotSweep), "{bad}");
        }
    }
}
