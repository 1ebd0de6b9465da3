//! Which rules accept a code value.
//!
//! The rules are one tree of segments, walked along the code value. What a rule can begin with
//! (literals, runs of a class of characters) is dispatched: literals by hashing, runs by scanning
//! them once for all rules that share them. What is left of a rule when no segment can be told from
//! the code value alone is followed by a small automaton, or by a parser for EMVCo payloads.
//!
//! ```text
//! rule ──expand──▶ branches of segments ──build──▶ tree ──search──▶ rules that accept
//! ```
//!
//! See DESIGN.md for why.

mod automaton;
mod build;
mod captures;
mod char_class;
mod emv;
mod expand;
mod inner;
mod literals;
pub(crate) mod reference;
mod remainders;
mod search;
mod segment;
mod simulation;
mod span;
mod tree;
mod visitor;

use self::build::Trees;
pub(crate) use self::captures::{CaptureScratch, GroupFinder};
use self::expand::FOLDED_BEYOND_ASCII;
pub(crate) use self::search::SearchScratch;
pub(crate) use self::visitor::Visitor;
use crate::rule::RouteRule;
use crate::{CompileLimits, ConfigError};

/// The compiled matches of all rules.
#[derive(Debug)]
pub(crate) struct Matcher {
    trees: Trees,
}

impl Matcher {
    /// Of `rules`; fails if that takes more than `limits` allow.
    pub(crate) fn build(rules: &[RouteRule], limits: &CompileLimits) -> Result<Self, ConfigError> {
        Ok(Self {
            trees: build::trees(rules, limits)?,
        })
    }

    /// Tells `visitor` the rules that accept `code`, as far as it wants them.
    pub(crate) fn search(
        &self,
        code: &str,
        scratch: &mut SearchScratch,
        captures: &mut CaptureScratch,
        visitor: &mut impl Visitor,
    ) {
        let Trees { whole, with_folded } = &self.trees;
        search::search(whole, code, scratch, captures, visitor);
        if let Some(with_folded) = with_folded
            && holds_folded(code, with_folded.reach)
        {
            search::search(&with_folded.tree, code, scratch, captures, visitor);
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let Trees { whole, with_folded } = &self.trees;
        let folded = with_folded.as_ref().map(|folded| folded.tree.heap_bytes());
        whole.heap_bytes() + folded.unwrap_or(0)
    }
}

/// Whether the first `reach` bytes of `code` may hold a character that the branches of the first
/// tree leave out.
///
/// PERF: no more of the code value is read than that: most lookups decide early, and reading the
/// rest took 20 ns of 131 at 1000 rules of the bench's workload (2-core x86-64, November 2026).
fn holds_folded(code: &str, reach: usize) -> bool {
    let within = &code.as_bytes()[..code.len().min(reach)];
    !within.is_ascii() && code.contains(FOLDED_BEYOND_ASCII)
}
