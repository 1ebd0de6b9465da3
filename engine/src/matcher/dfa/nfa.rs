//! One automaton for all rules, before it is determinised.

use super::byte_class::ByteClass;
use crate::matcher::byte_set::ByteSet;

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

/// The bytes that a node reads, or the rule that accepts there.
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
    ///
    /// # Complexity
    ///
    /// Linear in nodes and ways between them: the ways to the ends of each rule are followed
    /// backwards, for one rule after the other, as far as no earlier rule's did.
    pub(super) fn set_first_rules(&mut self) {
        let before = Before::new(self);
        let mut ends: Vec<(u32, NodeId)> = Vec::new();
        for (node, id) in self.nodes.iter_mut().zip(0..) {
            node.first_rule = u32::MAX;
            if let Kind::End(rule) | Kind::Sink { rule, .. } = node.kind {
                ends.push((rule, id));
            }
        }
        ends.sort_unstable();
        let mut pending = Vec::new();
        for (rule, end) in ends {
            pending.push(end);
            while let Some(id) = pending.pop() {
                let first_rule = &mut self.nodes[id as usize].first_rule;
                if *first_rule == u32::MAX {
                    *first_rule = rule;
                    pending.extend(before.of(id));
                }
            }
        }
    }
}

/// The nodes that each node follows directly.
struct Before {
    /// By node, where its part of `nodes` begins.
    begins: Vec<usize>,
    nodes: Vec<NodeId>,
}

impl Before {
    fn new(nfa: &Nfa) -> Self {
        let ids = || (0..).take(nfa.nodes.len());
        let ways = || ids().flat_map(|from| nfa.followers(from).map(move |to| (from, to)));
        // First the number of nodes before each one, then where these end, and at last, after each
        // of them has been put in front of the others, where they begin.
        let mut begins = vec![0; nfa.nodes.len() + 1];
        ways().for_each(|(_, to)| begins[to as usize] += 1);
        let mut all = 0;
        for begin in &mut begins {
            all += *begin;
            *begin = all;
        }
        let mut nodes = vec![ROOT; all];
        for (from, to) in ways() {
            let begin = &mut begins[to as usize];
            *begin -= 1;
            nodes[*begin] = from;
        }
        Self { begins, nodes }
    }

    fn of(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let id = id as usize;
        self.nodes[self.begins[id]..self.begins[id + 1]]
            .iter()
            .copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Nfa, Node};

    /// A chain of choices in which each node follows one with a higher number, and a circle.
    #[test]
    fn a_node_leads_to_the_first_of_the_rules_behind_it() {
        let mut nfa = Nfa::default();
        nfa.nodes.resize_with(9, Node::default);
        for (from, to) in [
            (0, 5),
            (5, 1),
            (5, 2),
            (1, 6),
            (6, 3),
            (2, 4),
            (4, 2),
            (7, 7),
        ] {
            nfa.nodes[from].empty.push(to);
        }
        nfa.nodes[3].kind = Kind::End(4);
        nfa.nodes[4].kind = Kind::Bytes(vec![(b'a', b'b', 8)]);
        nfa.nodes[8].kind = Kind::Sink {
            rule: 7,
            is_line: false,
        };
        nfa.set_first_rules();
        let first_rules: Vec<u32> = nfa.nodes.iter().map(|node| node.first_rule).collect();
        let none = u32::MAX;
        assert_eq!(first_rules, [4, 4, 7, 4, 7, 4, 4, none, 7]);
    }
}
