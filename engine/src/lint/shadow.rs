//! Finds the rules that another one before them covers.

use super::cover::Prover;
use super::language;
use super::sample::{self, Extreme};
use crate::CodeValue;
use crate::canary::Canary;
use crate::matcher::{CaptureScratch, Matcher, SearchScratch, Visitor};
use crate::rule::RouteRule;

/// The most bytes of code values that are looked up in all. Rules are some tens of bytes, and a
/// lookup is linear in the code value with a factor that compiling bounds.
const MAX_SAMPLE_BYTES: usize = 1 << 20;

/// A rule that never wins, and the first that is known to cover it, by their places in the config.
pub(super) struct Shadow {
    pub(super) rule: usize,
    pub(super) by: usize,
}

/// The rules that one before them covers, in order.
///
/// Which rules can do so is asked of `matcher`, with code values that the rule accepts: there are
/// next to none, so that not every rule is compared with every other.
pub(super) fn find(rules: &[RouteRule], matcher: &Matcher) -> Vec<Shadow> {
    let mut search = Search {
        rules,
        matcher,
        covering: Vec::with_capacity(rules.len()),
        bytes_left: MAX_SAMPLE_BYTES,
        scratch: SearchScratch::default(),
        captures: CaptureScratch::default(),
        prover: Prover::new(rules),
    };
    let mut shadows = Vec::new();
    for (rule, RouteRule { canary, .. }) in rules.iter().enumerate() {
        let by = search.shadowing(rule);
        // Whatever a shadowed rule covers, the one before it covers too.
        let covers = by.is_none() && canary.as_ref().is_none_or(Canary::admits_everybody);
        search.covering.push(covers);
        shadows.extend(by.map(|by| Shadow { rule, by }));
    }
    shadows
}

struct Search<'a> {
    rules: &'a [RouteRule],
    matcher: &'a Matcher,
    /// For each rule looked at so far, whether it may cover others.
    covering: Vec<bool>,
    bytes_left: usize,
    scratch: SearchScratch,
    captures: CaptureScratch,
    prover: Prover<'a>,
}

impl Search<'_> {
    /// The first rule that is proved to cover `rule`.
    fn shadowing(&mut self, rule: usize) -> Option<usize> {
        if !self.covering.contains(&true) {
            return None;
        }
        let language = language::of(&self.rules[rule].rule_match);
        let mut candidates: Option<Vec<usize>> = None;
        for extreme in [Extreme::Least, Extreme::Most] {
            let code = sample::of(&self.rules[rule].rule_match, &language, extreme);
            let Some(accepting) = code.and_then(|code| self.accepting(&code, rule)) else {
                continue;
            };
            match &mut candidates {
                None => candidates = Some(accepting),
                Some(candidates) => candidates.retain(|rule| accepting.contains(rule)),
            }
            if candidates.as_ref().is_some_and(Vec::is_empty) {
                return None;
            }
        }
        self.prover.first_to_cover(rule, &language, &candidates?)
    }

    /// The rules that may cover others and accept `code`, in order; `None` if `rule` does not accept
    /// it, or looking it up is too much.
    fn accepting(&mut self, code: &str, rule: usize) -> Option<Vec<usize>> {
        let code = CodeValue::new(code).ok()?.as_str();
        self.bytes_left = self.bytes_left.checked_sub(code.len())?;
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

/// Keeps the rules before `rule` that accept and may cover others, and whether itself accepts.
struct Accepting<'a> {
    rule: u32,
    accepts: bool,
    covering: &'a [bool],
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
