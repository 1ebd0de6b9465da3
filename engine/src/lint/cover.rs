//! Proves that one rule accepts all that another one accepts, with a bound on the work.

use std::collections::HashMap;

use regex_syntax::hir::Hir;

use super::automaton::{Automaton, Work, includes};
use super::{glance, language};
use crate::rule::RouteRule;

/// The most candidates that are looked at, and the most for which automata are made, for one rule.
const MAX_CANDIDATES: usize = 64;
const MAX_COMPARISONS: usize = 8;

/// How many automata are kept: a rule that is a candidate once is one often.
const MAX_KEPT: usize = 16;

/// Proves what can be proved within the bounds.
pub(super) struct Prover<'a> {
    rules: &'a [RouteRule],
    /// What rules accept that were candidates, if it is not too much.
    wide: HashMap<usize, Option<Automaton>>,
    work: Work,
}

impl<'a> Prover<'a> {
    pub(super) fn new(rules: &'a [RouteRule]) -> Self {
        Self {
            rules,
            wide: HashMap::new(),
            work: Work::default(),
        }
    }

    /// One of `candidates` that is proved to cover `rule`, whose language is `language`. All of them
    /// accept code values that `rule` accepts; if it is an `exact`, the only one.
    pub(super) fn find_cover(
        &mut self,
        rule: usize,
        language: &Hir,
        candidates: &[usize],
    ) -> Option<usize> {
        let narrow = &self.rules[rule].rule_match;
        let mut undecided = Vec::new();
        for &candidate in candidates.iter().take(MAX_CANDIDATES) {
            match glance::covers(&self.rules[candidate].rule_match, narrow, language) {
                Some(true) => return Some(candidate),
                Some(false) => {}
                None => undecided.push(candidate),
            }
        }
        undecided.truncate(MAX_COMPARISONS);
        if undecided.is_empty() {
            return None;
        }
        let mut narrow = Automaton::new(language, &mut self.work)?;
        undecided
            .into_iter()
            .find(|&candidate| self.includes(candidate, &mut narrow) == Some(true))
    }

    fn includes(&mut self, candidate: usize, narrow: &mut Automaton) -> Option<bool> {
        if self.wide.len() >= MAX_KEPT && !self.wide.contains_key(&candidate) {
            self.wide.clear();
        }
        let wide = self.wide.entry(candidate).or_insert_with(|| {
            let language = language::of(&self.rules[candidate].rule_match);
            Automaton::new(&language, &mut self.work)
        });
        includes(wide.as_mut()?, narrow, &mut self.work)
    }
}
