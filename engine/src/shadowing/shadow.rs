//! Finds the rules that an earlier rule covers.

use super::cover::Prover;
use super::language;
use super::sample::{self, Choice};
use crate::CodeValue;
use crate::canary::Canary;
use crate::matcher::{CaptureScratch, Matcher, SearchScratch, Visitor};
use crate::rule::{RouteRule, RuleMatch};

/// The most work of all lookups together, in steps of automata at their slowest: each byte takes a
/// step for every 64 states of all patterns. 5000 usual rules take a quarter of this.
const MAX_LOOKUP_STEPS: usize = 1 << 31;

/// A rule that never wins, and an earlier one that covers it, by their indices in the config.
pub(super) struct Shadow {
    /// The rule that never wins.
    pub(super) rule: usize,
    /// The earlier rule that covers it.
    pub(super) by: usize,
}

/// Returns the rules that an earlier one covers, ascending.
///
/// Comparing every rule with every other would be quadratic. Instead `matcher` looks up code values
/// that a rule accepts: nearly always no earlier rule accepts all of them, too.
pub(super) fn find(rules: &[RouteRule], matcher: &Matcher) -> Vec<Shadow> {
    let mut search = Search {
        rules,
        matcher,
        covering: Vec::with_capacity(rules.len()),
        steps_left: MAX_LOOKUP_STEPS,
        steps_per_byte: 1 + states(rules) / 64,
        scratch: SearchScratch::default(),
        captures: CaptureScratch::default(),
        prover: Prover::new(rules),
    };
    let mut shadows = Vec::new();
    for (rule, RouteRule { canary, .. }) in rules.iter().enumerate() {
        let by = search.shadowing(rule);
        // A shadowed rule does not have to cover others: the rule that covers it does.
        let covers = by.is_none() && canary.as_ref().is_none_or(Canary::admits_everybody);
        search.covering.push(covers);
        shadows.extend(by.map(|by| Shadow { rule, by }));
    }
    shadows
}

fn states(rules: &[RouteRule]) -> usize {
    let costs = rules.iter().map(|rule| match &rule.rule_match {
        RuleMatch::Regex(pattern) => pattern.cost(),
        _ => 0,
    });
    costs.fold(0, usize::saturating_add)
}

struct Search<'a> {
    rules: &'a [RouteRule],
    matcher: &'a Matcher,
    /// For each rule so far, `true` if it may cover others.
    covering: Vec<bool>,
    steps_left: usize,
    steps_per_byte: usize,
    scratch: SearchScratch,
    captures: CaptureScratch,
    prover: Prover<'a>,
}

impl Search<'_> {
    /// Returns an earlier rule that is proved to cover `rule`.
    fn shadowing(&mut self, rule: usize) -> Option<usize> {
        if !self.covering.contains(&true) {
            return None;
        }
        let language = language::from_match(&self.rules[rule].rule_match);
        let mut candidates: Option<Vec<usize>> = None;
        for choice in Choice::ALL {
            let code = sample::generate(&self.rules[rule].rule_match, &language, choice);
            let Some(accepting) = code.and_then(|code| self.accepting(&code, rule)) else {
                continue;
            };
            match &mut candidates {
                None => candidates = Some(accepting),
                Some(candidates) => {
                    candidates.retain(|rule| accepting.binary_search(rule).is_ok());
                }
            }
            if candidates.as_ref().is_some_and(Vec::is_empty) {
                return None;
            }
        }
        self.prover.find_cover(rule, &language, &candidates?)
    }

    /// Returns the rules before `rule` that may cover others and accept `code`, ascending; `None` if
    /// `rule` does not accept it, or looking it up takes too much work.
    fn accepting(&mut self, code: &str, rule: usize) -> Option<Vec<usize>> {
        let code = CodeValue::new(code).ok()?.as_str();
        let steps = code.len().saturating_mul(self.steps_per_byte);
        self.steps_left = self.steps_left.checked_sub(steps)?;
        let mut accepting = Accepting {
            rule: u32::try_from(rule).ok()?,
            accepts: false,
            covering: &self.covering,
            before: Vec::new(),
        };
        self.matcher
            .search(code, &mut self.scratch, &mut self.captures, &mut accepting);
        let Accepting {
            accepts,
            mut before,
            ..
        } = accepting;
        before.sort_unstable();
        before.dedup();
        accepts.then_some(before)
    }
}

/// Collects the rules before `rule` that accept and may cover others.
struct Accepting<'a> {
    rule: u32,
    /// Set once `rule` itself is found to accept.
    accepts: bool,
    covering: &'a [bool],
    /// In any order, some more than once.
    before: Vec<usize>,
}

impl Visitor for Accepting<'_> {
    fn wants(&self, rule: u32) -> bool {
        rule <= self.rule
    }

    fn accepted(&mut self, rule: u32) {
        self.accepts |= rule == self.rule;
        let rule = rule as usize;
        if self.covering.get(rule) == Some(&true) {
            self.before.push(rule);
        }
    }
}
