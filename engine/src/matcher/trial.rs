//! The choice between a DFA and the tree, by the steps that both take for samples.

use super::visitor::{NO_RULE, Visitor};

/// The steps in small DFAs that take about as long as one in a tree, which waits for memory.
const SMALL_DFA_STEPS: u64 = 3;
/// The most bytes of small DFAs, which stay in the second-level cache beside everything else.
const SMALL_BYTES: usize = 1 << 20;

/// The steps after which a trial ends: some ten milliseconds, which a few samples can take where the
/// tree is slow.
pub(super) const MAX_TRIAL_STEPS: u64 = 10_000_000;

/// The steps that samples took, by DFA.
#[derive(Debug)]
pub(super) struct Trial {
    steps: Vec<Steps>,
    /// The steps in a DFA that take about as long as one in a tree.
    dfa_steps: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Steps {
    in_tree: u64,
    /// Those of the tree included, where it was searched after the DFA.
    with_dfa: u64,
}

impl Trial {
    /// Begins with no samples, for a number of DFAs that take `bytes` bytes together.
    pub(super) fn new(dfas: usize, bytes: usize) -> Self {
        let is_small = bytes <= SMALL_BYTES;
        Self {
            steps: vec![Steps::default(); dfas],
            dfa_steps: if is_small { SMALL_DFA_STEPS } else { 1 },
        }
    }

    /// Adds a sample that took this many steps in the tree and in a DFA, which led to the end or not.
    pub(super) fn add(&mut self, dfa: usize, in_tree: u64, in_dfa: u64, leads_to_end: bool) {
        let steps = &mut self.steps[dfa];
        steps.in_tree += in_tree;
        steps.with_dfa += in_dfa / self.dfa_steps;
        if !leads_to_end {
            steps.with_dfa += in_tree;
        }
    }

    /// Returns `true` if the samples took no longer with the DFA than without.
    pub(super) fn is_worth_it(&self, dfa: usize) -> bool {
        let Steps { in_tree, with_dfa } = self.steps[dfa];
        with_dfa <= in_tree
    }
}

/// Looks for the first rule that accepts, as if each admitted every openId, and sums up the steps.
#[derive(Debug)]
pub(super) struct FirstRule {
    rule: u32,
    pub(super) steps: u64,
}

impl FirstRule {
    pub(super) const fn new() -> Self {
        Self {
            rule: NO_RULE,
            steps: 0,
        }
    }
}

impl Visitor for FirstRule {
    fn wants(&self, rule: u32) -> bool {
        rule < self.rule
    }

    fn accepted(&mut self, rule: u32) {
        self.rule = rule.min(self.rule);
    }

    fn spend(&mut self, work: impl FnOnce() -> (u32, u64)) {
        self.steps += work().1;
    }
}

#[cfg(test)]
mod tests {
    use super::{SMALL_BYTES, Trial};

    #[test]
    fn a_dfa_that_leads_few_samples_to_the_end_is_not_worth_it() {
        let is_worth_it = |bytes: usize, ends: &[bool]| {
            let mut trial = Trial::new(2, bytes);
            ends.iter().for_each(|end| trial.add(1, 100, 90, *end));
            trial.add(0, 1, 100, true);
            assert!(!trial.is_worth_it(0));
            trial.is_worth_it(1)
        };
        assert!(is_worth_it(SMALL_BYTES, &[]));
        assert!(is_worth_it(SMALL_BYTES, &[true, true, false]));
        assert!(!is_worth_it(SMALL_BYTES, &[true, false, false, false]));
        assert!(is_worth_it(SMALL_BYTES + 1, &[true, true]));
        assert!(!is_worth_it(SMALL_BYTES + 1, &[true, true, false]));
    }
}
