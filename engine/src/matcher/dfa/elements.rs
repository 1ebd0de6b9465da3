//! The elements of the sets that are the states of a DFA.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::rc::Rc;

use super::nfa::{Kind, Nfa, NodeId, UNBOUNDED};

/// An element of a set: a node, the number of characters that its run has read, and the place in
/// the character that is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Element {
    pub(super) node: NodeId,
    pub(super) count: u16,
    pub(super) place: u16,
}

/// Hashes elements by multiplication: sets are hashed often, and come from rules, whose number is
/// bounded, as is the work.
#[derive(Default)]
pub(super) struct ElementHasher(u64);

/// Values by sets.
pub(super) type SetMap<K, V> = HashMap<K, V, BuildHasherDefault<ElementHasher>>;

/// The elements that follow each other.
pub(super) struct Elements<'a> {
    pub(super) nfa: &'a Nfa,
    /// By node, what it stands for without reading anything.
    closures: HashMap<NodeId, Rc<[Element]>>,
    /// By node, the number of the last closure that it was found for.
    marks: Vec<u32>,
}

impl Hash for Element {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { node, count, place } = *self;
        state.write_u64(u64::from(node) << 32 | u64::from(count) << 16 | u64::from(place));
    }
}

impl Hasher for ElementHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(byte.into()));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

impl Element {
    /// The element of `node` before it has read anything, and what follows it without reading.
    pub(super) const fn begin(node: NodeId) -> Self {
        Self {
            node,
            count: 0,
            place: 0,
        }
    }
}

impl<'a> Elements<'a> {
    pub(super) fn new(nfa: &'a Nfa) -> Self {
        Self {
            nfa,
            closures: HashMap::new(),
            marks: vec![0; nfa.nodes.len()],
        }
    }

    /// Returns what `element` reads.
    pub(super) fn kind(&self, element: Element) -> &'a Kind {
        &self.nfa.node(element.node).kind
    }

    /// Returns the first rule that can accept from `element` on.
    pub(super) fn first_rule(&self, element: Element) -> u32 {
        self.nfa.node(element.node).first_rule
    }

    /// Calls `step` with the bytes that `element` reads, each range with where it leads.
    pub(super) fn steps(&self, element: Element, mut step: impl FnMut(u8, u8, Element)) {
        let Element { node, count, place } = element;
        match &self.nfa.node(node).kind {
            Kind::Bytes(edges) => {
                for &(low, high, to) in edges {
                    step(low, high, Element::begin(to));
                }
            }
            &Kind::Run {
                class,
                min,
                max,
                next,
            } => {
                for &(low, high, to) in self.nfa.classes[class as usize].steps(place) {
                    if to != 0 {
                        let place = to;
                        step(low, high, Element { node, count, place });
                        continue;
                    }
                    let count = if max == UNBOUNDED {
                        min.min(count.saturating_add(1))
                    } else {
                        count + 1
                    };
                    if count < max {
                        let place = 0;
                        step(low, high, Element { node, count, place });
                    }
                    if count >= min {
                        step(low, high, Element::begin(next));
                    }
                }
            }
            Kind::End(_) | Kind::Sink { .. } => {}
        }
    }

    /// Returns what `node` stands for, in ascending order.
    pub(super) fn closure(&mut self, node: NodeId) -> Rc<[Element]> {
        if let Some(known) = self.closures.get(&node) {
            return Rc::clone(known);
        }
        let mut elements = Vec::new();
        let mut seen = vec![node];
        let number = u32::try_from(self.closures.len() + 1).unwrap_or(u32::MAX);
        self.marks[node as usize] = number;
        let mut next = 0;
        while let Some(&at) = seen.get(next) {
            next += 1;
            let found = self.nfa.node(at);
            let mut follow = |to: NodeId| {
                let mark = &mut self.marks[to as usize];
                if *mark != number && self.nfa.node(to).first_rule != u32::MAX {
                    *mark = number;
                    seen.push(to);
                }
            };
            found.empty.iter().for_each(|&to| follow(to));
            match &found.kind {
                Kind::Bytes(edges) if edges.is_empty() => {}
                Kind::Run { min, next, .. } => {
                    if *min == 0 {
                        follow(*next);
                    }
                    elements.push(Element::begin(at));
                }
                _ => elements.push(Element::begin(at)),
            }
        }
        elements.sort_unstable();
        let elements: Rc<[Element]> = elements.into();
        self.closures.insert(node, Rc::clone(&elements));
        elements
    }
}
