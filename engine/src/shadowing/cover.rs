//! Proves that one rule accepts all code values that another one accepts, within a bound on the work.

use std::collections::HashMap;

use regex_syntax::hir::Hir;

use super::lazy_dfa::{Budget, LazyDfa, includes};
use super::{language, syntactic};
use crate::RouteConfig;
use crate::rule::RouteRule;

/// The most candidates that are examined for one rule.
const MAX_CANDIDATES: usize = 64;
/// The most candidates that are compared by DFAs for one rule.
const MAX_COMPARISONS: usize = 8;

/// The number of candidates' DFAs that are cached: a candidate for one rule is often one for
/// others, too.
const MAX_CACHED: usize = 16;

/// Proves that rules cover others, as far as that is possible within the bounds.
pub(super) struct Prover<'a> {
    rules: &'a [RouteRule],
    /// `true` if code values are trimmed: then a rule covers all texts that trimming changes.
    trim: bool,
    /// The DFAs of some rules that were candidates; `None` if one is too large.
    wide: HashMap<usize, Option<LazyDfa>>,
    budget: Budget,
}

impl<'a> Prover<'a> {
    /// Creates a prover for the rules of `config`, with its whole budget of work.
    pub(super) fn new(config: &'a RouteConfig) -> Self {
        Self {
            rules: config.rules(),
            trim: config.trims(),
            wide: HashMap::new(),
            budget: Budget::default(),
        }
    }

    /// Returns one of `candidates` that is proved to cover `rule`, whose language is `language`.
    ///
    /// Each candidate accepts a code value that `rule` accepts; of an `exact` this is the only one.
    pub(super) fn find_cover(
        &mut self,
        rule: usize,
        language: &Hir,
        candidates: &[usize],
    ) -> Option<usize> {
        let narrow = &self.rules[rule].rule_match;
        let mut undecided = Vec::new();
        for &candidate in candidates.iter().take(MAX_CANDIDATES) {
            match syntactic::covers(&self.rules[candidate].rule_match, narrow, language) {
                Some(true) => return Some(candidate),
                Some(false) => {}
                None => undecided.push(candidate),
            }
        }
        undecided.truncate(MAX_COMPARISONS);
        if undecided.is_empty() {
            return None;
        }
        let mut narrow = LazyDfa::new(language, &mut self.budget)?;
        undecided
            .into_iter()
            .find(|&candidate| self.includes(candidate, &mut narrow) == Some(true))
    }

    /// Returns `true` if it is proved that trimming changes every text of `language`.
    pub(super) fn is_untrimmed(&mut self, language: &Hir) -> bool {
        let mut dfa = |language: &Hir| LazyDfa::new(language, &mut self.budget);
        let (wide, narrow) = (dfa(&language::untrimmed()), dfa(language));
        let Some((mut wide, mut narrow)) = wide.zip(narrow) else {
            return false;
        };
        includes(&mut wide, &mut narrow, &mut self.budget) == Some(true)
    }

    fn includes(&mut self, candidate: usize, narrow: &mut LazyDfa) -> Option<bool> {
        if self.wide.len() >= MAX_CACHED && !self.wide.contains_key(&candidate) {
            self.wide.clear();
        }
        let wide = self.wide.entry(candidate).or_insert_with(|| {
            let language = language::from_match(&self.rules[candidate].rule_match);
            if self.trim {
                let parts = vec![language.into_owned(), language::untrimmed()];
                return LazyDfa::new(&Hir::alternation(parts), &mut self.budget);
            }
            LazyDfa::new(&language, &mut self.budget)
        });
        includes(wide.as_mut()?, narrow, &mut self.budget)
    }
}
