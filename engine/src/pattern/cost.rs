//! The cost of a pattern, estimated before anything is built from it.

use super::tree::Node;

/// Returns the cost of `node` in states: about one for each character or class, multiplied by the
/// repetitions around it, and more for a class of many ranges. Saturates.
pub(super) fn estimate(node: &Node) -> usize {
    match node {
        Node::Empty => 0,
        Node::Character(_) | Node::Look(_) => 1,
        Node::LineEnding { .. } => 3,
        Node::Set(set) => set.cost,
        Node::Group { sub, .. } | Node::Atomic { sub, .. } => estimate(sub).max(1),
        Node::Repeat(repeat) => {
            let times = match repeat.max {
                None => repeat.min.max(1),
                Some(max) => max.max(1),
            };
            estimate(&repeat.sub).max(1).saturating_mul(times as usize)
        }
        Node::Concat(subs) | Node::Alternate(subs) => subs
            .iter()
            .fold(0, |sum: usize, sub| sum.saturating_add(estimate(sub))),
    }
}
