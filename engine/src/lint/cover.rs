//! Proves that one rule accepts all that another one accepts.

use std::collections::HashMap;

use regex_syntax::hir::Hir;
use regex_syntax::hir::literal::Extractor;

use super::automaton::{Automaton, Work, includes};
use super::language::{self, PAYLOAD_BEGIN};
use crate::rule::{EmvMatch, RouteRule, RuleMatch};

/// The most candidates for which automata are made, for one rule.
const MAX_COMPARISONS: usize = 8;

/// How many automata are kept: a rule that is a candidate once is one often.
const MAX_KEPT: usize = 16;

/// Proves what can be proved, with a bound on all of it together.
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

    /// The first of `candidates` that is proved to cover `rule`, whose language is `language`. All of
    /// them accept code values that `rule` accepts; if it is an `exact`, the only one.
    pub(super) fn first_to_cover(
        &mut self,
        rule: usize,
        language: &Hir,
        candidates: &[usize],
    ) -> Option<usize> {
        let narrow = &self.rules[rule].rule_match;
        let mut undecided = Vec::new();
        for &candidate in candidates {
            match at_a_glance(&self.rules[candidate].rule_match, narrow, language) {
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

/// Whether `wide` accepts all that `narrow` accepts, of which it accepts a part; `None` if that
/// cannot be told without automata.
fn at_a_glance(wide: &RuleMatch, narrow: &RuleMatch, language: &Hir) -> Option<bool> {
    match (wide, narrow) {
        (_, RuleMatch::Exact(_)) => Some(true),
        (RuleMatch::Prefix(text), RuleMatch::Prefix(longer)) => Some(longer.starts_with(&**text)),
        (RuleMatch::Prefix(text), RuleMatch::Emv(_)) => Some(PAYLOAD_BEGIN.starts_with(&**text)),
        (RuleMatch::Prefix(text), _) if all_begin_with(text, language) => Some(true),
        (RuleMatch::Emv(wide), RuleMatch::Emv(narrow)) => Some(emv_covers(wide, narrow)),
        (RuleMatch::Emv(_), _) => Some(false),
        _ => None,
    }
}

/// Whether it is plain that all that matches `language` begins with `text`.
fn all_begin_with(text: &str, language: &Hir) -> bool {
    let prefixes = Extractor::new().extract(language);
    prefixes.literals().is_some_and(|literals| {
        let mut literals = literals.iter();
        literals.all(|literal| literal.as_bytes().starts_with(text.as_bytes()))
    })
}

/// Whether `narrow` asks for all that `wide` asks for.
fn emv_covers(wide: &EmvMatch, narrow: &EmvMatch) -> bool {
    let has_guid = |guid: &str| {
        narrow.guid.as_deref() == Some(guid)
            || narrow.tags.iter().any(|(path, value)| {
                (26..=51).contains(&path.id)
                    && path.sub_id == Some(0)
                    && value.eq_ignore_ascii_case(guid)
            })
    };
    (narrow.check_crc || !wide.check_crc)
        && wide.guid.as_deref().is_none_or(has_guid)
        && wide.tags.iter().all(|tag| narrow.tags.contains(tag))
}
