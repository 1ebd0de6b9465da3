//! The compiled rules: a tree of segments, as flat arrays.
//!
//! # Vocabulary
//!
//! A rule is compiled into a few *branches*. A branch is a sequence of *segments* and an *ending*:
//!
//! - A *literal* is a segment that reads a fixed text.
//! - A *run* is a segment that reads the longest run of members of a class of characters. A run
//!   with a *suffix* must also end with a text, as the host `shop.example.com` ends with
//!   `.example.com`.
//! - The *ending* is the condition on the code value where the segments end. A *plain* ending looks
//!   at the next byte at most. A *deferred* ending reads the rest of the code value: it is an `emv`
//!   match, or a *remainder*, which is any expression.
//!
//! Branches that begin with the same segments share them. A *node* is a place after some segments;
//! an *edge* is one more segment, and leads to its *target*: another node, or the plain ending of
//! one rule, which then takes no node.
//!
//! # Example
//!
//! Four rules: the prefix `28`, the exact code value `2810`, and the patterns `https://[^/]+/pay`
//! and `https://[^/]+/order/[0-9]+`.
//!
//! ```text
//! node 0 ── literal "28" ────────▶ rule 0 accepts, whatever follows
//!        ── literal "2810" ──────▶ rule 1 accepts at the end of the code value
//!        ── literal "https://" ──▶ node 1 ── run of [^/], 1 or more ──▶ node 2
//! node 2 ── literal "/pay" ──────▶ rule 2 accepts at the end of the code value
//!        ── literal "/order/" ───▶ node 3
//! node 3 ── run of [0-9], 1 or more ──▶ rule 3 accepts at the end of the code value
//! ```
//!
//! The literals of a node are hashed, not split into characters: the code value `2810` leads to
//! both of the first two endings in one lookup. The host is scanned once, for both patterns.
//!
//! # Why a tree
//!
//! A DFA would read each byte of a code value once, however many rules there are. But patterns such
//! as `.*a.{20}` need a number of states that is exponential in the pattern, and even harmless ones
//! take long to determinise together (DESIGN.md). This tree has at most one edge for each segment
//! of each branch, plus those of literals that are split, so its size is linear in the rules. The
//! price: a search follows every branch with which the code value begins, one after the other, and
//! what no segment can express is left to automata that run after the walk. `search.rs` gives the
//! bound.

use std::num::NonZeroU32;
use std::sync::Arc;

use super::char_class::CharClass;
use super::cost;
use super::deferred::Deferred;
use super::emv::EmvIndex;
use super::literals::{LiteralSet, Literals};
use super::segment::Before;
use super::span::Span;

/// The compiled tree as flat arrays. The elements of one node are contiguous in each array, so a
/// node holds a [`Span`] of each.
///
/// Strictly, it is a directed graph without cycles: branches of one rule that continue in the same
/// way lead to the same node. Everywhere, a rule's number is its index in the route config, from 0.
#[derive(Debug)]
pub(super) struct Tree {
    /// The nodes, by their [`NodeId`]. [`NodeId::ROOT`] is the first that the builder reserves.
    nodes: Vec<Node>,
    /// The plain endings at nodes, each with its rule; those of a node by rule, without duplicates.
    pub(super) endings: Vec<(u32, PlainEnding)>,
    /// Edges of runs; those of a node in the order in which the builder met their runs.
    pub(super) runs: Vec<RunEdge>,
    /// Edges of runs with suffixes; one element for each class of a node.
    pub(super) suffixed_runs: Vec<SuffixedRuns>,
    /// Edges of literals, found by the node's [`LiteralSet`].
    pub(super) literals: Literals<Edge>,
    /// Edges of suffixes, their bytes reversed, found by [`SuffixedRuns::suffixes`].
    pub(super) suffixes: Literals<SuffixEdge>,
    /// The deferred endings of each node that has any, by their [`DeferredId`].
    deferred: Vec<Deferred>,
    /// The deferred endings with the `emv` rules, which are all at one node; `None` without such rules.
    emv: Option<DeferredId>,
}

/// The number of a node: its index in [`Tree::nodes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NodeId(u32);

/// The number of a node's deferred endings: their index in [`Tree::deferred`], plus 1, so that an
/// [`Option`] of it takes no more memory than the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DeferredId(NonZeroU32);

/// A place in the tree: the segments read so far lead here, and these edges lead on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// The plain endings, in [`Tree::endings`].
    pub(super) endings: Span,
    /// The edges of runs, in [`Tree::runs`].
    pub(super) runs: Span,
    /// The edges of runs with suffixes, in [`Tree::suffixed_runs`].
    pub(super) suffixed_runs: Span,
    /// The edges of literals, in [`Tree::literals`].
    pub(super) literals: LiteralSet,
    /// The deferred endings; `None` if the node has none.
    pub(super) deferred: Option<DeferredId>,
    /// The filter that a search asks before it visits the node.
    pub(super) prefilter: Prefilter,
}

/// A 64-bit Bloom filter over the first four bytes of a node's outgoing literals.
///
/// It rejects most texts with which no literal of the node begins, and never one with which a
/// literal does. It knows literals only, so a node that also has other edges or endings has
/// [`Self::ANYTHING`], as does a node with a literal of fewer than four bytes.
///
/// It spares visits to nodes behind a run that rules of many hosts share, such as `https://[^/]+`:
/// most of the time no rule continues as the code value does.
///
/// PERF: workload of `ratios`, 1000 `Patterns`, without → with the filter: 107 → 102 ns a lookup
/// (2-core x86-64, November 2026).
#[derive(Clone, Copy, Debug)]
pub(super) struct Prefilter(u64);

/// An edge to its [`Target`], in eight bytes, since the hash tables of literals hold edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    /// A [`NodeId`], or [`Self::ENDINGS`] plus the discriminant of a [`PlainEnding`].
    target: u32,
    /// The first rule that can accept beyond the edge.
    first_rule: u32,
}

/// The target of an [`Edge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Node(NodeId),
    /// The ending of the edge's [`Edge::first_rule`], the only rule beyond the edge.
    Ending(PlainEnding),
}

/// An ending that depends on no more than the next byte. The discriminants are part of an encoded
/// [`Edge`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum PlainEnding {
    /// The code value ends.
    End = 0,
    /// Anything may follow, or nothing.
    Anything = 1,
    /// The code value ends, or `/`, `?` or `#` follows.
    UrlBoundary = 2,
}

/// An edge for the longest run of members of a class.
#[derive(Debug)]
pub(super) struct RunEdge {
    /// The characters of the run.
    pub(super) class: Arc<CharClass>,
    /// The fewest characters; may be 0.
    pub(super) min: u32,
    /// The most characters, after which the run ends even if members follow; `u32::MAX` for no
    /// limit.
    pub(super) max: u32,
    /// The way on from the end of the run.
    pub(super) edge: Edge,
}

/// The edges for runs of one class that must end with a suffix. The run is scanned once, and the
/// suffixes with which it ends are then found by hashing, backwards from its end.
#[derive(Debug)]
pub(super) struct SuffixedRuns {
    /// The characters of the run.
    pub(super) class: Arc<CharClass>,
    /// A set of [`Tree::suffixes`].
    pub(super) suffixes: LiteralSet,
    /// The number of bytes of the longest suffix, which a search copies: at most 128 for a pattern,
    /// and no more than a host name has for a `url`.
    pub(super) longest: usize,
}

/// An edge for a run with a certain suffix.
#[derive(Clone, Copy, Debug)]
pub(super) struct SuffixEdge {
    /// The condition on the part of the run before its suffix.
    pub(super) before: Before,
    /// The way on from the end of the suffix.
    pub(super) edge: Edge,
}

impl Tree {
    /// A tree without nodes. It cannot be searched until the builder has added the root.
    pub(super) const fn new() -> Self {
        Self {
            nodes: Vec::new(),
            endings: Vec::new(),
            runs: Vec::new(),
            suffixed_runs: Vec::new(),
            literals: Literals::new(),
            suffixes: Literals::new(),
            deferred: Vec::new(),
            emv: None,
        }
    }

    /// Returns the node `id`, which [`Self::reserve_node`] returned.
    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// Returns the steps of visiting the node `id`, apart from following its edges.
    pub(super) fn node_steps(&self, id: NodeId) -> u64 {
        let node = self.node(id);
        let endings = node.endings.range().len() as u64;
        cost::NODE + endings + self.literals.probe_steps(node.literals)
    }

    /// Returns the steps of looking up the suffixes of `runs`, apart from comparing them.
    pub(super) fn suffix_steps(&self, runs: &SuffixedRuns) -> u64 {
        runs.longest as u64 / 8 + self.suffixes.probe_steps(runs.suffixes)
    }

    /// Returns the number of nodes.
    pub(super) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// Adds a node without edges and endings, to be replaced by [`Self::set_node`] once the nodes
    /// below it are known. The first node is the root.
    pub(super) fn reserve_node(&mut self) -> NodeId {
        let id = u32::try_from(self.nodes.len()).expect("nodes are bounded by the config");
        self.nodes.push(Node::EMPTY);
        NodeId(id)
    }

    /// Replaces the node `id`, which [`Self::reserve_node`] returned.
    pub(super) fn set_node(&mut self, id: NodeId, node: Node) {
        self.nodes[id.index()] = node;
    }

    /// Adds the deferred endings of a node.
    pub(super) fn add_deferred(&mut self, deferred: Deferred) -> DeferredId {
        let is_emv = deferred.emv.is_some();
        self.deferred.push(deferred);
        let count = u32::try_from(self.deferred.len()).expect("bounded by the config");
        let id = DeferredId(NonZeroU32::new(count).expect("an element was just added"));
        if is_emv {
            self.emv = Some(id);
        }
        id
    }

    /// Returns the deferred endings `id`, which [`Self::add_deferred`] returned.
    pub(super) fn deferred(&self, id: DeferredId) -> &Deferred {
        &self.deferred[id.index()]
    }

    /// Returns the `emv` rules; `None` if there are none.
    pub(super) fn emv(&self) -> Option<&EmvIndex> {
        self.emv.and_then(|id| self.deferred(id).emv.as_ref())
    }

    /// Returns the number of bytes of heap that the tree holds: its elements, without unused
    /// capacity.
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

impl NodeId {
    /// The node at which every search begins.
    pub(super) const ROOT: Self = Self(0);

    /// Returns the index of the node, which is below [`Tree::node_count`].
    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl DeferredId {
    const fn index(self) -> usize {
        self.0.get() as usize - 1
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

    /// The filter of a node whose only edges are these `literals`, and which has no endings.
    pub(super) fn new<'a>(literals: impl Iterator<Item = &'a [u8]>) -> Self {
        literals
            .map(|literal| literal.first_chunk().map_or(Self::ANYTHING.0, Self::bit))
            .fold(Self(0), |filter, bit| Self(filter.0 | bit))
    }

    /// Returns `false` only if none of the literals is a prefix of `text`.
    ///
    /// `true` means nothing: a text can share its bit with a literal, and a text of fewer than four
    /// bytes always passes, since it is cheaper to visit the node than to look closer.
    pub(super) fn may_match(self, text: &[u8]) -> bool {
        text.first_chunk()
            .is_none_or(|start| self.0 & Self::bit(start) != 0)
    }

    /// Returns the filter's bit for these bytes; it does not depend on the case of ASCII letters.
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
    /// The smallest encoded target that is not a node's but an ending's. The endings are the last
    /// numbers of all: the greatest discriminant is that of [`PlainEnding::UrlBoundary`].
    const ENDINGS: u32 = u32::MAX - PlainEnding::UrlBoundary as u32;

    /// An edge to `target`. `first_rule` is the first rule that can accept beyond it; if the target
    /// is an ending, the ending's rule.
    pub(super) fn new(target: Target, first_rule: u32) -> Self {
        let target = match target {
            Target::Node(NodeId(number)) => {
                assert!(number < Self::ENDINGS, "nodes are bounded by the config");
                number
            }
            Target::Ending(ending) => Self::ENDINGS + ending as u32,
        };
        Self { target, first_rule }
    }

    /// Returns the target that the edge was made with.
    pub(super) const fn target(self) -> Target {
        const END: u32 = Edge::ENDINGS + PlainEnding::End as u32;
        const ANYTHING: u32 = Edge::ENDINGS + PlainEnding::Anything as u32;
        const URL_BOUNDARY: u32 = Edge::ENDINGS + PlainEnding::UrlBoundary as u32;
        match self.target {
            END => Target::Ending(PlainEnding::End),
            ANYTHING => Target::Ending(PlainEnding::Anything),
            URL_BOUNDARY => Target::Ending(PlainEnding::UrlBoundary),
            number => Target::Node(NodeId(number)),
        }
    }

    /// Returns the first rule that can accept beyond the edge; if the target is an ending, its
    /// rule.
    pub(super) const fn first_rule(self) -> u32 {
        self.first_rule
    }
}

#[cfg(test)]
mod tests {
    use super::{Edge, NodeId, PlainEnding, Prefilter, Target};

    #[test]
    fn an_edge_has_the_target_and_the_rule_it_was_made_with() {
        for target in [
            Target::Node(NodeId::ROOT),
            Target::Node(NodeId(Edge::ENDINGS - 1)),
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
