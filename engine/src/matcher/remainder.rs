//! A condition on the rest of a code value.

use super::automaton::Automaton;
use super::contains::Contains;
use super::cost::Cost;
use super::simulation::AssertionMatcher;

/// A condition of one or more rules on the rest of a code value.
#[derive(Debug)]
pub(super) struct Remainder {
    /// The first of the rules.
    pub(super) first_rule: u32,
    /// Decides whether the rest of the code value fulfils the condition.
    pub(super) matcher: SuffixMatcher,
}

/// Matches the rest of a code value as a whole.
#[derive(Debug)]
pub(super) enum SuffixMatcher {
    /// The expressions of one or more rules, followed together.
    Automaton(Automaton),
    /// `.*text.*`, of [`Remainder::first_rule`] only.
    Contains(Contains),
    /// An expression with look-around assertions, of [`Remainder::first_rule`] only.
    Assertions(AssertionMatcher),
}

impl SuffixMatcher {
    /// Returns the steps of matching `code` from the byte `at` on.
    pub(super) fn steps(&self, code: &str, at: usize) -> u64 {
        match self {
            Self::Automaton(automaton) => automaton.steps(&code[at..]),
            Self::Contains(contains) => contains.steps(code, at),
            Self::Assertions(assertions) => assertions.steps(code, at),
        }
    }

    /// Returns the most steps of matching any code value.
    pub(super) fn bound(&self) -> Cost {
        match self {
            Self::Automaton(automaton) => automaton.bound(),
            Self::Contains(contains) => contains.bound(),
            Self::Assertions(assertions) => assertions.bound(),
        }
    }
}

impl Remainder {
    /// Returns the rules that this can accept, each as often as it can at most, or more.
    pub(super) fn acceptances(&self) -> Vec<u32> {
        match &self.matcher {
            SuffixMatcher::Automaton(automaton) => automaton.acceptances().collect(),
            SuffixMatcher::Contains(_) | SuffixMatcher::Assertions(_) => vec![self.first_rule],
        }
    }

    /// Returns about how many bytes the remainder takes.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>()
            + match &self.matcher {
                SuffixMatcher::Automaton(automaton) => automaton.heap_bytes(),
                SuffixMatcher::Contains(contains) => contains.heap_bytes(),
                SuffixMatcher::Assertions(assertions) => assertions.heap_bytes(),
            }
    }

    /// Returns the rules whose remainders this follows, at least one.
    pub(super) fn rules(&self) -> Vec<u32> {
        match &self.matcher {
            SuffixMatcher::Automaton(automaton) => automaton.rules().collect(),
            SuffixMatcher::Contains(_) | SuffixMatcher::Assertions(_) => vec![self.first_rule],
        }
    }
}
