//! Finds the rules that accept a code value.
//!
//! The rules are one tree of segments, walked along the code value. What rules can begin with is
//! shared: literals are found by hashing, and a run of a class of characters is scanned once for all
//! rules that have it. Where the code value alone does not determine the end of a segment, the rest
//! of a rule is matched by a small automaton; EMVCo payloads are parsed.
//!
//! ```text
//! rule ──expand──▶ branches of segments ──build──▶ tree ──search──▶ rules that accept
//! ```
//!
//! DESIGN.md says why.

mod automaton;
mod build;
mod byte_set;
mod captures;
mod char_class;
mod contains;
mod cost;
mod cut;
mod deferred;
mod deferred_search;
mod dfa;
mod emv;
mod expand;
mod inner;
mod literals;
mod payload;
pub(crate) mod reference;
mod remainder;
mod remainders;
mod search;
mod segment;
mod simulation;
mod span;
mod text_remainders;
mod tree;
mod trial;
mod visitor;

use self::build::Trees;
pub(crate) use self::captures::{CaptureScratch, GroupFinder, GroupSearch, GroupsTooCostly};
use self::cost::{Bounds, Candidates, Cost};
use self::dfa::{Dfas, Found};
use self::expand::FOLDED_BEYOND_ASCII;
pub(crate) use self::search::SearchScratch;
use self::trial::{FirstRule, MAX_TRIAL_STEPS, Trial};
use self::visitor::NO_RULE;
pub(crate) use self::visitor::Visitor;
use crate::rule::RouteRule;
use crate::{CompileLimits, ConfigError};

/// The compiled matches of all rules.
#[derive(Debug)]
pub(crate) struct Matcher {
    trees: Trees,
    dfas: Dfas,
}

impl Matcher {
    /// Compiles the matches of `rules`.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if they take more than `limits` allow.
    pub(crate) fn build(rules: &[RouteRule], limits: &CompileLimits) -> Result<Self, ConfigError> {
        let trees = build::build_trees(rules, limits)?;
        let mut matcher = Self {
            trees,
            dfas: Dfas::none(),
        };
        let mut search = SearchScratch::default();
        let mut captures = CaptureScratch::default();
        let mut all_steps = 0;
        let (dfas, samples) = Dfas::new(rules, |code| {
            if all_steps > MAX_TRIAL_STEPS {
                return MAX_TRIAL_STEPS;
            }
            let mut first = FirstRule::new();
            matcher.search(code, &mut search, &mut captures, &mut first);
            all_steps += first.steps;
            first.steps
        });
        matcher.dfas = dfas;
        matcher.remove_slow_dfas(&samples);
        Ok(matcher)
    }

    /// Removes the DFAs with which `samples` take longer than without: those that lead few of them to
    /// the end, so that most are looked up twice. Those that no sample comes to before the trial took
    /// [`MAX_TRIAL_STEPS`] stay.
    fn remove_slow_dfas(&mut self, samples: &[String]) {
        let mut search = SearchScratch::default();
        let mut captures = CaptureScratch::default();
        let mut trial = Trial::new(self.dfas.count(), self.dfas.heap_bytes());
        let mut all_steps = 0;
        for sample in samples {
            if all_steps > MAX_TRIAL_STEPS {
                break;
            }
            let Some(dfa) = self.dfas.of(sample) else {
                continue;
            };
            let (mut in_tree, mut in_dfa) = (FirstRule::new(), FirstRule::new());
            self.search(sample, &mut search, &mut captures, &mut in_tree);
            let leads_to_end = self.search_dfas(sample, &mut search, &mut in_dfa);
            all_steps += in_tree.steps + in_dfa.steps;
            trial.add(dfa, in_tree.steps, in_dfa.steps, leads_to_end);
        }
        self.dfas.retain(|dfa| trial.is_worth_it(dfa));
    }

    /// Like [`Self::search`], for a visitor that wants no rule behind one without a canary.
    pub(crate) fn search_first(
        &self,
        code: &str,
        scratch: &mut SearchScratch,
        captures: &mut CaptureScratch,
        visitor: &mut impl Visitor,
    ) {
        if !self.search_dfas(code, scratch, visitor) {
            self.search(code, scratch, captures, visitor);
        }
    }

    /// Does what [`Self::search_first`] does without the tree, except for its `emv` rules. Returns
    /// `false` if the tree has to be searched, too.
    fn search_dfas(
        &self,
        code: &str,
        scratch: &mut SearchScratch,
        visitor: &mut impl Visitor,
    ) -> bool {
        let Found::AllBut(missing) = self.dfas.search(code, &mut scratch.walk, visitor) else {
            return false;
        };
        if missing.is_some_and(|rule| visitor.wants(rule)) {
            return false;
        }
        search::search_payload(&self.trees.main, code, visitor);
        true
    }

    /// Calls `visitor` with the rules that accept `code`, as far as the visitor wants them.
    ///
    /// Rules come in no particular order, and some more than once; see [`Visitor::accepted`]. The
    /// scratches may have any content.
    ///
    /// # Complexity
    ///
    /// Linear in `code`, with a factor that the compile limits bound. The head of `search.rs` says
    /// what it consists of.
    pub(crate) fn search(
        &self,
        code: &str,
        scratch: &mut SearchScratch,
        captures: &mut CaptureScratch,
        visitor: &mut impl Visitor,
    ) {
        let Trees { main, folded } = &self.trees;
        search::search(main, code, scratch, captures, visitor);
        if let Some(folded) = folded {
            visitor.spend(|| (NO_RULE, folded_steps(code.len() as u64, folded.reach)));
            if contains_folded(code, folded.reach) {
                search::search(&folded.tree, code, scratch, captures, visitor);
            }
        }
    }

    /// Returns the most steps that [`Self::search`] can take for any code value. Accepting a rule
    /// takes the steps that `accept` has for it.
    ///
    /// # Complexity
    ///
    /// About linear in the size of the trees: their literals are sorted.
    pub(crate) fn max_steps(&self, accept: &[u64]) -> u64 {
        let tree = self.tree_steps(accept);
        // A code value that a DFA looks up is short, and the trees may look it up again.
        let share = cost::MAX_CHARACTERS / dfa::MAX_CODE_BYTES as u64;
        let short = Cost {
            linear: tree.linear.div_ceil(share),
            ..tree
        };
        let with_dfa = self.dfas.max_steps(accept).saturating_add(short.total());
        tree.total().max(with_dfa)
    }

    /// Removes the DFAs, so that [`Self::max_steps`] is that of the trees.
    pub(crate) fn remove_dfas(&mut self) {
        self.dfas = Dfas::none();
    }

    fn tree_steps(&self, accept: &[u64]) -> Cost {
        let Trees { main, folded } = &self.trees;
        let mut steps = Bounds::new(main, accept).total();
        if let Some(folded) = folded {
            let look = folded_steps(cost::MAX_BYTES, folded.reach);
            steps += Bounds::new(&folded.tree, accept).total() + Cost::fixed(look);
        }
        steps
    }

    /// Returns by rule the steps of a code value that takes about the most; see [`Self::max_steps`].
    pub(crate) fn max_steps_by_rule(&self, accept: &[u64]) -> Vec<u64> {
        let Trees { main, folded } = &self.trees;
        let mut by_rule = vec![0; accept.len()];
        Bounds::new(main, accept).add_by_rule(&mut by_rule);
        if let Some(folded) = folded {
            Bounds::new(&folded.tree, accept).add_by_rule(&mut by_rule);
        }
        by_rule
    }

    /// Returns a code value that takes about as many steps as any that can be constructed.
    ///
    /// `steps` returns the steps of a code value. The work is bounded by the sum of what it returns.
    pub(crate) fn costly_code(&self, accept: &[u64], steps: impl FnMut(&str) -> u64) -> String {
        Candidates::new(&self.trees.main, accept).costliest(steps)
    }

    /// Returns the number of bytes that the trees take on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        let Trees { main, folded } = &self.trees;
        let folded = folded.as_ref().map(|folded| folded.tree.heap_bytes());
        main.heap_bytes() + folded.unwrap_or(0) + self.dfas.heap_bytes()
    }
}

/// Returns the steps of [`contains_folded`] for a code value of `bytes` bytes.
fn folded_steps(bytes: u64, reach: usize) -> u64 {
    2 * bytes.min(reach as u64)
}

/// Returns `true` if one of the characters that the branches of the main tree omit begins in the
/// first `reach` bytes of `code`.
///
/// PERF: the rest of the code value is not read, since most lookups decide early: 131 → 111 ns a
/// lookup on the workload of `ratios`, 1000 `Patterns` (2-core x86-64, November 2026).
fn contains_folded(code: &str, reach: usize) -> bool {
    let within = &code.as_bytes()[..code.len().min(reach)];
    // Nearly all code values are ASCII, which is faster to see than where a character ends.
    !within.is_ascii() && code[..code.ceil_char_boundary(reach)].contains(FOLDED_BEYOND_ASCII)
}

#[cfg(test)]
mod tests {
    use super::contains_folded;

    #[test]
    fn a_folded_character_counts_if_it_begins_within_reach() {
        for (code, reach, expected) in [
            ("https", 4, false),
            ("http\u{17f}", 4, false),
            ("http\u{17f}", 5, true),
            ("http\u{17f}", 6, true),
            ("http\u{17f}", usize::MAX, true),
            // A character that is not folded makes the first bytes something other than ASCII.
            ("h\u{e9}tp\u{17f}", 5, false),
            ("h\u{e9}tp\u{17f}", 6, true),
            ("\u{212a}", 1, true),
            ("\u{212a}", 0, false),
            ("", 4, false),
        ] {
            assert_eq!(contains_folded(code, reach), expected, "{code} {reach}");
        }
    }
}
