//! The choice of the decisions that a log or a watcher wants.

use crate::settings::{RuleName, Share};

/// The number of lots, each of which is drawn equally often.
const LOTS: f64 = 4_294_967_296.0;

/// The decisions that a log or a watcher wants.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    /// The lots that win are those below this number, up to 2^32.
    winning: u64,
    /// The rules that are wanted; empty for all decisions.
    rules: Vec<RuleName>,
}

/// A number that a decision draws, which compared with a share says whether it is in the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lot(u32);

/// A sequence of lots. It is the same for each start, so that a sample can be repeated, and depends on nothing
/// of a request, so that nobody can choose to be in it or not.
#[derive(Debug)]
pub(super) struct Lottery(u64);

impl Filter {
    /// Returns the filter for a share of the decisions by `rules`, or of all if these are empty.
    pub(crate) fn new(sample: Share, rules: Vec<RuleName>) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a share is from 0 to 1, so that the product is from 0 to 2^32"
        )]
        let winning = (sample.fraction() * LOTS).round() as u64;
        Self { winning, rules }
    }

    /// Returns `true` for a decision by `rule`, or by none, that has drawn `lot`, if it is wanted.
    pub(super) fn wants(&self, lot: Lot, rule: Option<&str>) -> bool {
        u64::from(lot.0) < self.winning
            && (self.rules.is_empty() || self.rules.iter().any(|name| name.is(rule)))
    }
}

impl Lottery {
    /// Returns the sequence with this number, which differs from those with others.
    pub(super) const fn new(number: u64) -> Self {
        Self(number.wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    /// Draws the next lot, by SplitMix64: a nanosecond, and good enough that no pattern of requests meets one of
    /// the sequence.
    pub(super) const fn draw(&mut self) -> Lot {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let [first, second, third, fourth, ..] = (mixed ^ (mixed >> 31)).to_be_bytes();
        Lot(u32::from_be_bytes([first, second, third, fourth]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(share: f64, draws: usize) -> usize {
        let filter = Filter::new(Share::new(share).unwrap(), Vec::new());
        let mut lottery = Lottery::new(1);
        (0..draws)
            .filter(|_| filter.wants(lottery.draw(), None))
            .count()
    }

    #[test]
    fn a_sample_has_its_share_of_the_decisions() {
        assert_eq!(wanted(0.0, 10_000), 0);
        assert_eq!(wanted(1.0, 10_000), 10_000);
        for share in [0.01, 0.25, 0.5, 0.99] {
            let (count, expected) = (wanted(share, 100_000) as f64, share * 100_000.0);
            assert!((count - expected).abs() < 500.0, "{count} of {expected}");
        }
        assert!(Filter::new(Share::WHOLE, Vec::new()).wants(Lot(u32::MAX), None));
        assert!(!Filter::new(Share::new(0.0).unwrap(), Vec::new()).wants(Lot(0), None));
    }

    #[test]
    fn the_rules_of_a_filter_are_wanted_and_no_others() {
        let names = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect();
        let wanted =
            |rules: &[&str], rule| Filter::new(Share::WHOLE, names(rules)).wants(Lot(7), rule);
        assert!(wanted(&[], Some("a")) && wanted(&[], None));
        assert!(wanted(&["a", "b"], Some("b")));
        assert!(!wanted(&["a", "b"], Some("c")) && !wanted(&["a", "b"], None));
        assert!(wanted(&["@none"], None) && !wanted(&["@none"], Some("@none")));
        assert!(wanted(&["@none", "a"], Some("a")));
    }
}
