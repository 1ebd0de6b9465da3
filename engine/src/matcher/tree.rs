//! The compiled rules: a tree of segments, as arrays.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::automaton::Automaton;
use super::char_class::CharClass;
use super::contains::Contains;
use super::emv::EmvIndex;
use super::inner::InnerLiterals;
use super::literals::{LiteralSet, Literals};
use super::segment::Before;
use super::simulation::AssertionMatcher;
use super::span::Span;

/// The compiled tree as flat arrays. Node 0 is the root; the elements of one node are contiguous in
/// each array.
#[derive(Debug)]
pub(super) struct Tree {
    /// Never empty. A node may be reached by several edges, so this is a graph without cycles.
    pub(super) nodes: Vec<Node>,
    /// The rules that accept if their ending holds at the node; those of a node by rule.
    pub(super) endings: Vec<(u32, PlainEnding)>,
    /// Edges of runs; those of a node in the order in which the builder met their runs.
    pub(super) runs: Vec<RunEdge>,
    /// Edges of runs with suffixes; one element for each class of a node.
    pub(super) suffixed_runs: Vec<SuffixedRuns>,
    /// Edges of literals, found by the node's [`LiteralSet`].
    pub(super) literals: Literals<Edge>,
    /// Edges of suffixes, their bytes reversed, found by [`SuffixedRuns::suffixes`].
    pub(super) suffixes: Literals<SuffixEdge>,
    /// Endings that read the rest of a code value; at most one element for each node.
    pub(super) deferred: Vec<Deferred>,
}

/// A place in the tree: the segments read so far lead here, and these edges lead on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    pub(super) endings: Span,
    pub(super) runs: Span,
    pub(super) suffixed_runs: Span,
    pub(super) literals: LiteralSet,
    /// The index in [`Tree::deferred`], plus 1, so that the option takes no more than the number.
    pub(super) deferred: Option<NonZeroU32>,
    pub(super) prefilter: Prefilter,
}

/// A 64-bit Bloom filter over the first four bytes of a node's outgoing literals.
///
/// It rejects most code values that no literal of the node can match, and no others. It knows
/// literals only, so a node with other edges or endings has [`Self::ANYTHING`], and so has one with
/// a literal of fewer than four bytes.
///
/// PERF: most runs that many hosts share are not followed by what a rule asks for. A visit spared
/// for each of them: 107 → 102 ns a lookup on the workload of `ratios`, 1000 `Patterns` (2-core
/// x86-64, November 2026).
#[derive(Clone, Copy, Debug)]
pub(super) struct Prefilter(u64);

/// An edge to a node, or directly to the ending of a rule, which then takes no node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    /// The number of a node, or [`Self::ENDINGS`] plus a [`PlainEnding`].
    target: u32,
    first_rule: u32,
}

/// The target of an [`Edge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Node(u32),
    Ending(PlainEnding),
}

/// An ending that depends on the next byte at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum PlainEnding {
    /// The code value ends.
    End,
    Anything,
    /// The code value ends, or `/`, `?` or `#` follows.
    UrlBoundary,
}

/// An edge for a run of `min` to `max` members of a class.
#[derive(Debug)]
pub(super) struct RunEdge {
    pub(super) class: Arc<CharClass>,
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) edge: Edge,
}

/// The edges for runs of one class that must end with a suffix: the run is scanned once for all.
#[derive(Debug)]
pub(super) struct SuffixedRuns {
    pub(super) class: Arc<CharClass>,
    /// A set of [`Tree::suffixes`].
    pub(super) suffixes: LiteralSet,
    /// The number of bytes of the longest suffix.
    pub(super) longest: usize,
}

/// An edge for a run with a certain suffix.
#[derive(Clone, Copy, Debug)]
pub(super) struct SuffixEdge {
    pub(super) before: Before,
    pub(super) edge: Edge,
}

/// Endings of one node that read the rest of a code value. They cost more than all else, so a
/// search visits them last: by then a rule may have accepted that makes them needless.
#[derive(Debug, Default)]
pub(super) struct Deferred {
    pub(super) emv: Option<EmvIndex>,
    /// In the order of their first rules.
    pub(super) remainders: Vec<Remainder>,
    /// Finds the remainders that can match at all, by a text that each must contain; its numbers
    /// are indices in `remainders`.
    pub(super) inner: Option<InnerLiterals>,
}

/// A condition of one or more rules on the rest of a code value.
#[derive(Debug)]
pub(super) struct Remainder {
    pub(super) first_rule: u32,
    pub(super) matcher: SuffixMatcher,
}

/// Matches the rest of a code value as a whole. An automaton may be for several rules, the others
/// are for [`Remainder::first_rule`] only.
#[derive(Debug)]
pub(super) enum SuffixMatcher {
    Automaton(Automaton),
    Contains(Contains),
    Assertions(AssertionMatcher),
}

impl Tree {
    /// A tree without nodes, not even the root.
    pub(super) const fn new() -> Self {
        Self {
            nodes: Vec::new(),
            endings: Vec::new(),
            runs: Vec::new(),
            suffixed_runs: Vec::new(),
            literals: Literals::new(),
            suffixes: Literals::new(),
            deferred: Vec::new(),
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let classes = self.runs.iter().map(|run| &run.class);
        let mut classes: Vec<_> = classes
            .chain(self.suffixed_runs.iter().map(|runs| &runs.class))
            .collect();
        // Equal classes of a tree are shared, so that each is counted once.
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
            + self
                .deferred
                .iter()
                .map(Deferred::heap_bytes)
                .sum::<usize>()
    }

    /// Frees what was allocated for growing.
    pub(super) fn shrink_to_fit(&mut self) {
        self.nodes.shrink_to_fit();
        self.endings.shrink_to_fit();
        self.runs.shrink_to_fit();
        self.suffixed_runs.shrink_to_fit();
        self.literals.shrink_to_fit();
        self.suffixes.shrink_to_fit();
        self.deferred.shrink_to_fit();
    }
}

impl Node {
    /// A node without edges and endings.
    pub(super) const EMPTY: Self = Self {
        endings: Span::EMPTY,
        runs: Span::EMPTY,
        suffixed_runs: Span::EMPTY,
        literals: LiteralSet::EMPTY,
        deferred: None,
        prefilter: Prefilter::ANYTHING,
    };
}

impl Prefilter {
    /// The filter that rejects nothing.
    pub(super) const ANYTHING: Self = Self(u64::MAX);

    /// The filter of a node whose only edges are these `literals`.
    pub(super) fn new<'a>(literals: impl Iterator<Item = &'a [u8]>) -> Self {
        literals
            .map(|literal| literal.first_chunk().map_or(Self::ANYTHING.0, Self::bit))
            .fold(Self(0), |filter, bit| Self(filter.0 | bit))
    }

    /// Returns `false` if none of the literals is a prefix of `text`.
    ///
    /// The converse does not hold. A text of fewer than four bytes always passes: it is cheaper to
    /// visit the node than to look closer.
    pub(super) fn may_match(self, text: &[u8]) -> bool {
        text.first_chunk()
            .is_none_or(|start| self.0 & Self::bit(start) != 0)
    }

    /// Returns the one bit of the filter for these bytes, whatever the case of ASCII letters.
    fn bit(start: &[u8; 4]) -> u64 {
        /// The bit in each byte that distinguishes the cases of a letter.
        const CASE_BITS: u32 = 0x2020_2020;
        /// A prime near 2^32 divided by the golden ratio, which spreads bytes that are similar.
        const FACTOR: u32 = 0x9e37_79b1;
        let word = u32::from_le_bytes(*start) | CASE_BITS;
        // The six highest bits, which depend on all of the input, number the bit.
        1 << (word.wrapping_mul(FACTOR) >> 26)
    }
}

impl Edge {
    /// The first number that is not a node's but an ending's; there are three of them.
    const ENDINGS: u32 = u32::MAX - 2;

    /// An edge to `target`. `first_rule` is the first rule that can accept beyond it: of an ending,
    /// its rule.
    pub(super) fn new(target: Target, first_rule: u32) -> Self {
        let target = match target {
            Target::Node(number) => {
                assert!(number < Self::ENDINGS, "nodes are bounded by the config");
                number
            }
            Target::Ending(ending) => Self::ENDINGS + ending as u32,
        };
        Self { target, first_rule }
    }

    pub(super) const fn target(self) -> Target {
        const ANYTHING: u32 = Edge::ENDINGS + PlainEnding::Anything as u32;
        const URL_BOUNDARY: u32 = Edge::ENDINGS + PlainEnding::UrlBoundary as u32;
        match self.target {
            Self::ENDINGS => Target::Ending(PlainEnding::End),
            ANYTHING => Target::Ending(PlainEnding::Anything),
            URL_BOUNDARY => Target::Ending(PlainEnding::UrlBoundary),
            number => Target::Node(number),
        }
    }

    /// The first rule that can accept beyond the edge; of an ending, its rule.
    pub(super) const fn first_rule(self) -> u32 {
        self.first_rule
    }
}

impl Deferred {
    fn heap_bytes(&self) -> usize {
        let remainders = self.remainders.iter().map(|remainder| {
            size_of::<Remainder>()
                + match &remainder.matcher {
                    SuffixMatcher::Automaton(automaton) => automaton.heap_bytes(),
                    SuffixMatcher::Contains(contains) => contains.heap_bytes(),
                    SuffixMatcher::Assertions(assertions) => assertions.heap_bytes(),
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
    use super::{Edge, PlainEnding, Prefilter, Target};

    #[test]
    fn an_edge_has_the_target_and_the_rule_it_was_made_with() {
        for target in [
            Target::Node(0),
            Target::Node(Edge::ENDINGS - 1),
            Target::Ending(PlainEnding::End),
            Target::Ending(PlainEnding::Anything),
            Target::Ending(PlainEnding::UrlBoundary),
        ] {
            let edge = Edge::new(target, 7);
            assert_eq!((edge.target(), edge.first_rule()), (target, 7));
        }
    }

    #[test]
    fn a_prefilter_passes_its_literals_in_any_case_and_rejects_most_other_texts() {
        let literals = [&b"https://qr.example"[..], b"2810"];
        let prefilter = Prefilter::new(literals.into_iter());
        for text in [&b"HTTPS://"[..], b"2810", b"28104", b"281", b""] {
            assert!(prefilter.may_match(text), "{text:?}");
        }
        let others = (0..1000_u32).filter(|n| prefilter.may_match(format!("{n:04}").as_bytes()));
        assert!(others.count() < 100);
        assert!(Prefilter::new([&b"281"[..]].into_iter()).may_match(b"abcd"));
    }
}
