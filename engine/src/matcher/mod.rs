//! Which rules accept a code value.

mod captures;
pub(crate) mod reference;

use self::captures::AssertingRemainder;
pub(crate) use self::captures::{CaptureScratch, GroupFinder};
use crate::rule::{RouteRule, RuleMatch};
use crate::{CompileLimits, ConfigError};

/// What a search tells of, and asks.
pub(crate) trait Visitor {
    /// Whether it matters that `rule`, or one after it, accepts.
    fn wants(&self, rule: u32) -> bool;
    /// `rule` accepts. In no order, and perhaps more than once.
    fn accepted(&mut self, rule: u32);
}
#[derive(Debug, Default)]
pub(crate) struct SearchScratch {}
#[derive(Debug)]
pub(crate) struct Matcher {
    r: reference::ReferenceMatcher,
}
impl Matcher {
    pub(crate) fn build(rules: &[RouteRule], _l: &CompileLimits) -> Result<Self, ConfigError> {
        Ok(Self {
            r: reference::ReferenceMatcher::of(rules),
        })
    }
    pub(crate) fn search(
        &self,
        code: &str,
        _s: &mut SearchScratch,
        _c: &mut CaptureScratch,
        v: &mut impl Visitor,
    ) {
        for i in self.r.matching_rules(crate::CodeValue::new(code).unwrap()) {
            v.accepted(i as u32)
        }
    }
    pub(crate) fn heap_bytes(&self) -> usize {
        0
    }
}
