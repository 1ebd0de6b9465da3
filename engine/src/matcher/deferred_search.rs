//! Tries the deferred endings of a node on the rest of a code value.

use super::automaton::StateSets;
use super::captures::CaptureScratch;
use super::char_class::CharClass;
use super::deferred::Deferred;
use super::remainder::{Remainder, SuffixMatcher};
use super::text_remainders::{Candidate, TextRemainders};
use super::visitor::Visitor;

/// One thread's memory for deferred endings.
#[derive(Debug, Default)]
pub(super) struct RemainderScratch {
    sets: StateSets,
    /// By text of [`InnerLiterals`](super::inner::InnerLiterals), `true` if it was found already.
    seen: Vec<bool>,
}

/// Calls `visitor` with the rules of `deferred` whose endings hold at the byte `at`, as far as the
/// visitor wants them.
///
/// PERF: kept out of the loop, as `follow_suffixed` in `search.rs` is.
#[inline(never)]
pub(super) fn search_deferred(
    deferred: &Deferred,
    code: &str,
    at: usize,
    scratch: &mut RemainderScratch,
    captures: &mut CaptureScratch,
    visitor: &mut impl Visitor,
) {
    // A payload is the whole code value: the segment before an `emv` ending only finds its start.
    if let Some(emv) = &deferred.emv {
        emv.search(code, visitor);
    }
    let RemainderScratch { sets, seen } = scratch;
    let mut rest = Rest {
        code,
        at,
        sets,
        captures,
        visitor,
        is_of_class: None,
    };
    for remainder in &deferred.remainders {
        rest.try_remainder(remainder);
    }
    if let Some(with_texts) = &deferred.with_texts {
        rest.try_with_texts(with_texts, seen);
    }
}

/// The rest of a code value, from the byte `at` on, on which remainders are tried.
struct Rest<'a, V> {
    code: &'a str,
    at: usize,
    sets: &'a mut StateSets,
    captures: &'a mut CaptureScratch,
    visitor: &'a mut V,
    /// `true` if all characters are of the class that some remainders ask for; `None` before the first.
    is_of_class: Option<bool>,
}

impl<V: Visitor> Rest<'_, V> {
    fn try_with_texts(&mut self, with_texts: &TextRemainders, seen: &mut Vec<bool>) {
        if !self.visitor.wants(with_texts.first_rule) {
            return;
        }
        let text = &self.code.as_bytes()[self.at..];
        self.visitor
            .spend(|| (with_texts.first_rule, with_texts.search.steps(text)));
        with_texts.candidates(text, seen, |candidate| match candidate {
            Candidate::Class(rule) => self.try_class(rule, &with_texts.class),
            Candidate::Remainder(remainder) => self.try_remainder(remainder),
        });
    }

    /// Calls the visitor with `rule` if all characters are of `class`, the same in each call. Returns
    /// `true` if it asked.
    fn try_class(&mut self, rule: u32, class: &CharClass) -> bool {
        let Self { code, at, .. } = *self;
        if !self.visitor.wants(rule) {
            return false;
        }
        let visitor = &mut *self.visitor;
        let is_of_class = *self.is_of_class.get_or_insert_with(|| {
            visitor.spend(|| (rule, class.run_steps(code, at, u32::MAX)));
            class.run_end(code, at, 0, u32::MAX) == Some(code.len())
        });
        self.visitor.spend(|| (rule, 1));
        if is_of_class {
            self.visitor.accepted(rule);
        }
        true
    }

    /// Calls the visitor with the rules of `remainder` that match. Returns `false` if none is wanted.
    fn try_remainder(&mut self, remainder: &Remainder) -> bool {
        let Self { code, at, .. } = *self;
        let visitor = &mut *self.visitor;
        let first_rule = remainder.first_rule;
        if !visitor.wants(first_rule) {
            return false;
        }
        visitor.spend(|| (first_rule, remainder.matcher.steps(code, at)));
        match &remainder.matcher {
            SuffixMatcher::Automaton(automaton) => {
                automaton.run(&code[at..], self.sets, |rule| visitor.accepted(rule));
            }
            SuffixMatcher::Contains(contains) => {
                if contains.accepts(code, at) {
                    visitor.accepted(first_rule);
                }
            }
            SuffixMatcher::Assertions(assertions) => {
                if assertions.accepts(code, at, &mut self.captures.simulation) {
                    visitor.accepted(first_rule);
                }
            }
        }
        true
    }
}
