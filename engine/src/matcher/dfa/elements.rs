//! The elements of the sets that are the states of a DFA.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::rc::Rc;

use super::byte_class::BEYOND_ASCII;
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
    /// By node, what it stands for without reading anything, where that is known.
    closures: Vec<Option<Rc<[Element]>>>,
    /// By node, the number of the last closure that it was found for.
    marks: Vec<u32>,
    /// The number of the last closure.
    last: u32,
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

/// Returns the number of characters that a run has read after one more. Without a maximum, it does not
/// matter beyond `enough`.
fn count_after(count: u16, max: u16, enough: u16) -> u16 {
    if max == UNBOUNDED {
        enough.min(count.saturating_add(1))
    } else {
        count + 1
    }
}

impl<'a> Elements<'a> {
    pub(super) fn new(nfa: &'a Nfa) -> Self {
        Self {
            nfa,
            closures: vec![None; nfa.nodes.len()],
            marks: vec![0; nfa.nodes.len()],
            last: 0,
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

    /// Calls `step` with the bytes that `element` reads, each range with where it leads; and
    /// `uncertain` with those of which that is not known.
    ///
    /// PERF: in an unbounded run of a class that has most characters beyond ASCII, their bytes lead
    /// back to the run. A run goes on in the middle of a character, which does not matter: nothing
    /// else can begin there.
    pub(super) fn steps(
        &self,
        element: Element,
        mut step: impl FnMut(u8, u8, Element),
        mut uncertain: impl FnMut(u8, u8),
    ) {
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
                let class = &self.nfa.classes[class as usize];
                let mut read = |low: u8, high: u8, count: u16| {
                    if count < max {
                        let place = 0;
                        step(low, high, Element { node, count, place });
                    }
                    if count >= min {
                        step(low, high, Element::begin(next));
                    }
                };
                let Some(wide) = class.wide() else {
                    let count = count_after(count, max, min);
                    for &(low, high, to) in class.steps(place) {
                        if to == 0 {
                            read(low, high, count);
                        }
                    }
                    for &(low, high, place) in class.steps(place) {
                        if place != 0 {
                            let count = element.count;
                            step(low, high, Element { node, count, place });
                        }
                    }
                    return;
                };
                // A character was read or not: this matters for its further bytes.
                let after = count_after(count, max, min.max(1));
                if max != UNBOUNDED {
                    let ascii = wide.first.iter().filter(|(low, _)| low.is_ascii());
                    ascii.for_each(|&(low, high)| read(low, high.min(0x7f), after));
                    uncertain(BEYOND_ASCII.0, BEYOND_ASCII.1);
                    return;
                }
                if count == 0 {
                    wide.first
                        .iter()
                        .for_each(|&(low, high)| read(low, high, after));
                } else if after == count {
                    wide.inside
                        .iter()
                        .for_each(|&(low, high)| read(low, high, count));
                } else {
                    wide.first
                        .iter()
                        .for_each(|&(low, high)| read(low, high, after));
                    read(0x80, 0xbf, count);
                }
                wide.uncertain
                    .iter()
                    .for_each(|&(low, high)| uncertain(low, high));
            }
            Kind::End(_) | Kind::Sink { .. } => {}
        }
    }

    /// Returns what `node` stands for, in ascending order.
    pub(super) fn closure(&mut self, node: NodeId) -> Rc<[Element]> {
        if let Some(known) = &self.closures[node as usize] {
            return Rc::clone(known);
        }
        let mut elements = Vec::new();
        let mut seen = vec![node];
        // There are no more closures than nodes.
        self.last += 1;
        let number = self.last;
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
        self.closures[node as usize] = Some(Rc::clone(&elements));
        elements
    }
}
