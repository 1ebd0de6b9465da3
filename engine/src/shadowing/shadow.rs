//! Finds the rules that never win.

use super::cover::Prover;
use super::language;
use super::sample::{self, Choice};
use crate::canary::Canary;
use crate::matcher::{CaptureScratch, Matcher, SearchScratch, Visitor};
use crate::parameter::is_trimmed;
use crate::rule::{RouteRule, RuleMatch};
use crate::{CodeValue, RouteConfig};

/// The most work of all lookups together, in steps of automata at their slowest: each byte takes a
/// step for every 64 states of all patterns. 5000 usual rules take a quarter of this.
const MAX_LOOKUP_STEPS: usize = 1 << 31;

/// A rule that never wins, by its index in the config, and the reason.
pub(super) enum Loser {
    /// An earlier rule covers it.
    Shadowed {
        /// The index of the rule that never wins, from 0.
        rule: usize,
        /// The index of the earlier rule, from 0.
        by: usize,
    },
    /// Trimming changes every text that its match accepts.
    Untrimmed {
        /// The index of the rule, from 0.
        rule: usize,
    },
}

/// Returns the rules that are proved never to win, ascending.
///
/// Comparing every rule with every other would be quadratic. Instead `matcher` looks up code values
/// that a rule accepts: nearly always no earlier rule accepts all of them, too.
pub(super) fn find(config: &RouteConfig, matcher: &Matcher) -> Vec<Loser> {
    let rules = config.rules();
    let mut search = Search {
        rules,
        trim: config.trims(),
        matcher,
        covering: Vec::with_capacity(rules.len()),
        steps_left: MAX_LOOKUP_STEPS,
        steps_per_byte: 1 + states(rules) / 64,
        scratch: SearchScratch::default(),
        captures: CaptureScratch::default(),
        prover: Prover::new(config),
    };
    let mut losers = Vec::new();
    for (rule, RouteRule { canary, .. }) in rules.iter().enumerate() {
        let loser = if search.trim && search.is_untrimmed(rule) {
            Some(Loser::Untrimmed { rule })
        } else {
            let by = search.shadowing(rule);
            by.map(|by| Loser::Shadowed { rule, by })
        };
        // A shadowed rule does not have to cover others: the rule that covers it does.
        let covers = loser.is_none() && canary.as_ref().is_none_or(Canary::admits_everybody);
        search.covering.push(covers);
        losers.extend(loser);
    }
    losers
}

fn states(rules: &[RouteRule]) -> usize {
    let costs = rules.iter().map(|rule| match &rule.rule_match {
        RuleMatch::Regex(pattern) => pattern.library_states(),
        _ => 0,
    });
    costs.fold(0, usize::saturating_add)
}

struct Search<'a> {
    rules: &'a [RouteRule],
    /// `true` if code values are trimmed.
    trim: bool,
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
            let code = sample::generate(&self.rules[rule].rule_match, &language, choice, self.trim);
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

    /// Returns `true` if it is proved that trimming changes every text that the match of `rule` accepts.
    fn is_untrimmed(&mut self, rule: usize) -> bool {
        let rule_match = &self.rules[rule].rule_match;
        match rule_match {
            RuleMatch::Exact(text) => changes_by_trimming(text),
            RuleMatch::Prefix(text) => text.starts_with(is_trimmed),
            RuleMatch::Regex(pattern) => {
                let language = pattern.hir();
                let samples = Choice::ALL.iter();
                let mut samples = samples
                    .filter_map(|&choice| sample::generate(rule_match, language, choice, true))
                    .peekable();
                // The proof takes long, and one sample shows that there is none.
                samples.peek().is_some()
                    && samples.all(|sample| changes_by_trimming(&sample))
                    && self.prover.is_untrimmed(language)
            }
            RuleMatch::Url(_) | RuleMatch::Emv(_) => false,
        }
    }

    /// Returns the rules before `rule` that may cover others and accept `code`, ascending; `None` if
    /// `rule` does not accept it, or looking it up takes too much work.
    fn accepting(&mut self, code: &str, rule: usize) -> Option<Vec<usize>> {
        let code = CodeValue::new(code).ok()?;
        let code = match self.trim {
            true => code.trimmed(),
            false => code.as_str(),
        };
        if code.is_empty() {
            return None;
        }
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

fn changes_by_trimming(text: &str) -> bool {
    text.starts_with(is_trimmed) || text.ends_with(is_trimmed)
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
