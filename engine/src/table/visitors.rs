//! The visitors with which a table searches for the rules that accept.

use super::compiled_rule::CompiledRule;
use crate::canary::OpenIdHashes;
use crate::counts::RefusedRules;
use crate::matcher::Visitor;

/// Finds the first rule that accepts the code value and admits the openId.
pub(super) struct Winner<'a> {
    /// The rules of the table, by number.
    pub(super) rules: &'a [CompiledRule],
    /// `true` for each rule that admits no openId.
    pub(super) closed: &'a [bool],
    /// The hashes of the openId, which canaries ask for.
    pub(super) hashes: OpenIdHashes<'a>,
    /// Collects the rules that do not admit the openId; `None` if they are not counted.
    pub(super) refused: Option<&'a mut RefusedRules>,
    /// The first such rule so far; `u32::MAX` if there is none.
    pub(super) best: u32,
}

impl Visitor for Winner<'_> {
    fn wants(&self, rule: u32) -> bool {
        rule < self.best
    }

    fn accepted(&mut self, rule: u32) {
        if rule >= self.best {
            return;
        }
        let at = rule as usize;
        if !self.closed[at] && self.rules[at].admits(&mut self.hashes) {
            self.best = rule;
        } else if let Some(refused) = &mut self.refused {
            refused.add(rule);
        }
    }
}

/// Collects every rule that accepts the code value, in no order and perhaps repeatedly.
#[derive(Default)]
pub(super) struct AllMatches {
    /// The numbers of the rules, from 0; perhaps repeatedly.
    pub(super) rules: Vec<u32>,
}

impl Visitor for AllMatches {
    fn wants(&self, _rule: u32) -> bool {
        true
    }

    fn accepted(&mut self, rule: u32) {
        self.rules.push(rule);
    }
}
