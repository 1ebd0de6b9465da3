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

mod alphabet;
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
mod tree;

use self::build::Trees;
pub(crate) use self::captures::{CaptureScratch, GroupFinder};
use self::expand::FOLDED_BEYOND_ASCII;
pub(crate) use self::search::SearchScratch;
use self::tree::Tree;
use crate::rule::RouteRule;
use crate::{CompileLimits, ConfigError};

/// What a search tells of, and asks.
pub(crate) trait Visitor {
    /// Whether it matters that `rule`, or one after it, accepts.
    fn wants(&self, rule: u32) -> bool;
    /// `rule` accepts. In no order, and perhaps more than once.
    fn accepted(&mut self, rule: u32);
}

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
            && holds_folded(code)
        {
            search::search(with_folded, code, scratch, captures, visitor);
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let Trees { whole, with_folded } = &self.trees;
        whole.heap_bytes() + with_folded.as_ref().map_or(0, Tree::heap_bytes)
    }
}

/// Whether `code` holds a character that the branches of the first tree leave out.
fn holds_folded(code: &str) -> bool {
    let [s, k] = FOLDED_BEYOND_ASCII.map(|c| c.encode_utf8(&mut [0; 4]).as_bytes()[0]);
    memchr::memchr2(s, k, code.as_bytes()).is_some() && code.contains(FOLDED_BEYOND_ASCII)
}
