//! The cost of a pattern, estimated before anything is built from it.

use super::tree::{Node, Set};

/// Returns the number of states of `node`: about one for each character or class, however many ranges
/// it has, multiplied by the repetitions around it. Saturates.
pub(super) fn states(node: &Node) -> usize {
    estimate(node, &|_| 1)
}

/// Like [`states`], for an automaton of the library, which reads the ranges of a class byte by byte.
pub(super) fn library_states(node: &Node) -> usize {
    estimate(node, &|set| set.cost)
}

fn estimate(node: &Node, of_set: &impl Fn(&Set) -> usize) -> usize {
    match node {
        Node::Empty => 0,
        Node::Character(_) | Node::Look(_) => 1,
        Node::LineEnding { .. } => 3,
        Node::Set(set) => of_set(set),
        Node::Group { sub, .. } | Node::Atomic { sub, .. } => estimate(sub, of_set).max(1),
        Node::Repeat(repeat) => {
            let times = match repeat.max {
                None => repeat.min.max(1),
                Some(max) => max.max(1),
            };
            let once = estimate(&repeat.sub, of_set).max(1);
            once.saturating_mul(times as usize)
        }
        Node::Concat(subs) | Node::Alternate(subs) => subs.iter().fold(0, |sum: usize, sub| {
            sum.saturating_add(estimate(sub, of_set))
        }),
    }
}
