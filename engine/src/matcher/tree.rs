//! The compiled rules: a tree of segments, as arrays.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::automaton::Automaton;
use super::char_class::CharClass;
use super::emv::EmvIndex;
use super::inner::{Holding, InnerLiterals};
use super::literals::{LiteralSet, Literals};
use super::segment::Before;
use super::simulation::AssertionMatcher;
use super::span::Span;

/// The tree: its nodes, the root first, and what they have of each kind, those of a node next to
/// each other.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) endings: Vec<(u32, PlainEnding)>,
    pub(super) runs: Vec<RunEdge>,
    pub(super) suffixed_runs: Vec<SuffixedRuns>,
    pub(super) literals: Literals<Next>,
    pub(super) suffixes: Literals<SuffixEdge>,
    pub(super) costly: Vec<Costly>,
}

/// A place in the tree: what was read so far leads here, and these are the ways on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) endings: Span,
    pub(super) runs: Span,
    pub(super) suffixed_runs: Span,
    pub(super) literals: LiteralSet,
    /// What takes longer than the rest, and is put off until nothing else is left to try.
    pub(super) costly: Option<NonZeroU32>,
    pub(super) glance: Glance,
}

/// With which four bytes the ways on from a node can begin, as far as 64 bits can tell.
///
/// PERF: most runs of a class that many hosts share are not followed by what a rule asks for, and a
/// glance spares the visit: 1000 rules of the bench's workload take 102 ns a lookup instead of 107
/// (2-core x86-64, November 2026).
#[derive(Clone, Copy, Debug)]
pub(super) struct Glance(u64);

/// Where an edge leads: to a node, or to nothing but one rule's ending, so that it takes no node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Next {
    /// The number of the node, or of the ending above [`Self::ENDINGS`].
    to: u32,
    first_rule: u32,
}

/// What a [`Next`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Node(u32),
    Ending(PlainEnding),
}

/// An ending that is a look at the next byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum PlainEnding {
    End,
    Anything,
    UrlBoundary,
}

/// A run of a class, and the node after it.
#[derive(Debug)]
pub(super) struct RunEdge {
    pub(super) class: Arc<CharClass>,
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) next: Next,
}

/// Runs of one class that must end with a suffix: the run is scanned once for all of them.
#[derive(Debug)]
pub(super) struct SuffixedRuns {
    pub(super) class: Arc<CharClass>,
    /// The suffixes, each with its bytes in reverse order.
    pub(super) suffixes: LiteralSet,
    /// The bytes of the longest suffix.
    pub(super) longest: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct SuffixEdge {
    pub(super) before: Before,
    pub(super) next: Next,
}

/// Endings that read all that is left of a code value.
#[derive(Debug, Default)]
pub(super) struct Costly {
    pub(super) emv: Option<EmvIndex>,
    pub(super) remainders: Vec<Remainder>,
    /// Which of the remainders can match at all, by a text that each must hold.
    pub(super) inner: Option<InnerLiterals>,
}

#[derive(Debug)]
pub(super) struct Remainder {
    pub(super) first_rule: u32,
    pub(super) follower: Follower,
}

#[derive(Debug)]
pub(super) enum Follower {
    Automaton(Automaton),
    Holding(Holding),
    Asserting(AssertionMatcher),
}

impl Tree {
    pub(super) fn heap_bytes(&self) -> usize {
        let classes = self.runs.iter().map(|run| &run.class);
        let mut classes: Vec<_> = classes
            .chain(self.suffixed_runs.iter().map(|runs| &runs.class))
            .collect();
        // Those of a tree share what is equal.
        classes.sort_by_key(|class| Arc::as_ptr(class));
        classes.dedup_by_key(|class| Arc::as_ptr(class));
        let classes = classes
            .iter()
            .map(|class| size_of::<CharClass>() + class.heap_bytes());
        size_of_val(&*self.nodes)
            + size_of_val(&*self.endings)
            + size_of_val(&*self.runs)
            + size_of_val(&*self.suffixed_runs)
            + classes.sum::<usize>()
            + self.literals.heap_bytes()
            + self.suffixes.heap_bytes()
            + self.costly.iter().map(Costly::heap_bytes).sum::<usize>()
    }
}

impl Tree {
    /// Without what was allocated for growing.
    pub(super) fn shrunk(mut self) -> Self {
        self.nodes.shrink_to_fit();
        self.endings.shrink_to_fit();
        self.runs.shrink_to_fit();
        self.suffixed_runs.shrink_to_fit();
        self.literals.shrink_to_fit();
        self.suffixes.shrink_to_fit();
        self.costly.shrink_to_fit();
        self
    }
}

impl Node {
    /// Without any way on.
    pub(super) const EMPTY: Self = Self {
        endings: Span::EMPTY,
        runs: Span::EMPTY,
        suffixed_runs: Span::EMPTY,
        literals: LiteralSet::EMPTY,
        costly: None,
        glance: Glance::ANYTHING,
    };
}

impl Glance {
    /// Nothing is known.
    pub(super) const ANYTHING: Self = Self(u64::MAX);

    /// Of `literals`, if these are the only ways on.
    pub(super) fn of<'a>(literals: impl Iterator<Item = &'a [u8]>) -> Self {
        literals
            .map(|literal| literal.first_chunk().map_or(Self::ANYTHING.0, Self::bit))
            .fold(Self(0), |glance, bit| Self(glance.0 | bit))
    }

    /// Whether a way on can begin as `text` does.
    #[inline]
    pub(super) fn allows(self, text: &[u8]) -> bool {
        text.first_chunk()
            .is_none_or(|begin| self.0 & Self::bit(begin) != 0)
    }

    /// In any case of ASCII letters.
    #[inline]
    fn bit(begin: &[u8; 4]) -> u64 {
        const CASE: u32 = 0x2020_2020;
        const FACTOR: u32 = 0x9e37_79b1;
        let word = u32::from_le_bytes(*begin) | CASE;
        1 << (word.wrapping_mul(FACTOR) >> 26)
    }
}

impl Next {
    /// The numbers from here on are no nodes but endings.
    const ENDINGS: u32 = u32::MAX - 2;

    pub(super) fn node(number: u32, first_rule: u32) -> Self {
        assert!(number < Self::ENDINGS, "nodes are bounded by the config");
        Self {
            to: number,
            first_rule,
        }
    }

    pub(super) const fn ending(rule: u32, ending: PlainEnding) -> Self {
        Self {
            to: Self::ENDINGS + ending as u32,
            first_rule: rule,
        }
    }

    #[inline]
    pub(super) const fn step(self) -> Step {
        const ANYTHING: u32 = Next::ENDINGS + PlainEnding::Anything as u32;
        const URL_BOUNDARY: u32 = Next::ENDINGS + PlainEnding::UrlBoundary as u32;
        match self.to {
            Self::ENDINGS => Step::Ending(PlainEnding::End),
            ANYTHING => Step::Ending(PlainEnding::Anything),
            URL_BOUNDARY => Step::Ending(PlainEnding::UrlBoundary),
            number => Step::Node(number),
        }
    }

    /// The first rule that can be accepted beyond; of an ending, its rule.
    #[inline]
    pub(super) const fn first_rule(self) -> u32 {
        self.first_rule
    }
}

impl Costly {
    fn heap_bytes(&self) -> usize {
        let remainders = self.remainders.iter().map(|remainder| {
            size_of::<Remainder>()
                + match &remainder.follower {
                    Follower::Automaton(automaton) => automaton.heap_bytes(),
                    Follower::Holding(holding) => holding.heap_bytes(),
                    Follower::Asserting(asserting) => asserting.heap_bytes(),
                }
        });
        size_of::<Self>()
            + self.emv.as_ref().map_or(0, EmvIndex::heap_bytes)
            + self.inner.as_ref().map_or(0, InnerLiterals::heap_bytes)
            + remainders.sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::{Next, PlainEnding, Step};

    #[test]
    fn a_next_is_what_it_was_made_as() {
        for ending in [
            PlainEnding::End,
            PlainEnding::Anything,
            PlainEnding::UrlBoundary,
        ] {
            let next = Next::ending(7, ending);
            assert_eq!((next.step(), next.first_rule()), (Step::Ending(ending), 7));
        }
        assert_eq!(Next::node(0, 3).step(), Step::Node(0));
        assert_eq!(Next::node(0, 3).first_rule(), 3);
    }
}
