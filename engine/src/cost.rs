//! The cost of code values, in steps that the engine counts.

use crate::RuleId;

/// The cost of a code value, or a bound on it: steps, and the rules that take most of them.
///
/// A step is about one operation on a word. Every machine counts the same steps for the same table and
/// code value; how long one takes depends on the machine.
///
/// Source: SPEC.md, section 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeCost {
    /// The number of steps.
    pub steps: u64,
    /// The rules that take the most of them, at most [`Self::MAX_RULES`], the costliest first. Work
    /// that is done for several rules counts for the first.
    pub rules: Vec<RuleCost>,
}

/// The share of one rule in a [`CodeCost`].
///
/// Source: SPEC.md, section 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleCost {
    /// The rule's id.
    pub rule: RuleId,
    /// The rule's index in the config, from 0.
    pub index: usize,
    /// The steps that are taken for the rule.
    pub steps: u64,
}

/// A code value that takes many steps, with its cost.
///
/// Source: SPEC.md, section 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostlyCode {
    /// The code value: 1 to 8192 characters.
    pub code_value: String,
    /// The steps that it takes.
    pub cost: CodeCost,
}

impl CodeCost {
    /// The most rules that are named.
    pub const MAX_RULES: usize = 5;

    /// Creates the cost of `steps`, with the steps of each rule, by its index, and the rules' ids.
    pub(crate) fn new<'a>(steps: u64, by_rule: &[u64], id: impl Fn(usize) -> &'a RuleId) -> Self {
        let mut costly: Vec<(usize, u64)> = by_rule.iter().copied().enumerate().collect();
        costly.retain(|&(_, steps)| steps > 0);
        // The order of equal ones is that of the config.
        costly.sort_by_key(|&(index, steps)| (std::cmp::Reverse(steps), index));
        costly.truncate(Self::MAX_RULES);
        let rule = |(index, steps)| RuleCost {
            rule: id(index).clone(),
            index,
            steps,
        };
        Self {
            steps,
            rules: costly.into_iter().map(rule).collect(),
        }
    }

    /// Returns the percentage, rounded, of the steps that are taken for `rule`.
    #[must_use]
    pub fn percentage(&self, rule: &RuleCost) -> u64 {
        rule.steps
            .saturating_mul(100)
            .saturating_add(self.steps / 2)
            .checked_div(self.steps)
            .unwrap_or(0)
            .min(100)
    }
}
