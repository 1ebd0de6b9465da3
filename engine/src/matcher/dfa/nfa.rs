//! One automaton for all rules, before it is determinised.

use super::byte_class::{ByteClass, ByteSet};

/// The index of a node.
pub(super) type NodeId = u32;

/// The node where every code value begins.
pub(super) const ROOT: NodeId = 0;
/// The maximum number of characters of a run without one.
pub(super) const UNBOUNDED: u16 = u16::MAX;

/// The automaton.
#[derive(Debug, Default)]
pub(super) struct Nfa {
    pub(super) nodes: Vec<Node>,
    pub(super) classes: Vec<ByteClass>,
}

/// A node: the expression that the path to it stands for was read.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// The nodes that are reached without reading anything.
    pub(super) empty: Vec<NodeId>,
    pub(super) kind: Kind,
    /// The first rule that can accept from here on.
    pub(super) first_rule: u32,
}

/// What a node reads.
#[derive(Debug)]
pub(super) enum Kind {
    /// One byte: from `.0` to `.1` leads to `.2`.
    Bytes(Vec<(u8, u8, NodeId)>),
    /// From `min` to `max` members of a class, by its index in [`Nfa::classes`].
    Run {
        class: u32,
        min: u16,
        max: u16,
        next: NodeId,
    },
    /// Nothing: the rule accepts at the end of the code value.
    End(u32),
    /// Anything: the rule accepts. If `is_line`, only without line terminators.
    Sink { rule: u32, is_line: bool },
}

impl Default for Kind {
    fn default() -> Self {
        Self::Bytes(Vec::new())
    }
}

impl Nfa {
    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// Returns the nodes that follow `id` directly.
    pub(super) fn followers(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let node = self.node(id);
        let (edges, next) = match &node.kind {
            Kind::Bytes(edges) => (edges.as_slice(), None),
            Kind::Run { next, .. } => (&[][..], Some(*next)),
            Kind::End(_) | Kind::Sink { .. } => (&[][..], None),
        };
        let edges = edges.iter().map(|&(.., to)| to);
        edges.chain(next).chain(node.empty.iter().copied())
    }

    /// Returns the bytes that a node can read first, without those after [`Node::empty`].
    pub(super) fn first_bytes(&self, id: NodeId) -> ByteSet {
        let mut set = ByteSet::default();
        match &self.node(id).kind {
            Kind::Bytes(edges) => edges
                .iter()
                .for_each(|&(low, high, _)| set.insert(low, high)),
            Kind::Run { class, .. } => return self.classes[*class as usize].first_bytes(),
            Kind::End(_) => {}
            Kind::Sink { .. } => return ByteSet::ALL,
        }
        set
    }

    /// Sets [`Node::first_rule`] of all nodes.
    pub(super) fn set_first_rules(&mut self) {
        for node in &mut self.nodes {
            node.first_rule = match node.kind {
                Kind::End(rule) | Kind::Sink { rule, .. } => rule,
                Kind::Bytes(_) | Kind::Run { .. } => u32::MAX,
            };
        }
        // Nodes mostly follow those with lower numbers, so this takes few rounds.
        let mut changed = true;
        while changed {
            changed = false;
            for id in (0..self.nodes.len()).rev() {
                let id_number = u32::try_from(id).unwrap_or(u32::MAX);
                let followers = self.followers(id_number);
                let first = followers.map(|to| self.node(to).first_rule).min();
                if first.is_some_and(|first| first < self.nodes[id].first_rule) {
                    self.nodes[id].first_rule = first.unwrap_or(u32::MAX);
                    changed = true;
                }
            }
        }
    }
}
