//! The groups whose texts are certain to be those that Java finds.

use super::tree::{Greed, Node};

/// Returns for each of `count` groups whether its text is certain to be Java's.
///
/// Java retains the text of a group in a repetition that it gave back (`(?:(a)b)*ab` has an `a` in
/// `ab`, and so has `(?:(a)){1}c|ab`) and in an atomic part that led nowhere, and leaves a loop that
/// repeats nothing.
pub(super) fn certain(root: &Node, count: usize) -> Vec<bool> {
    let mut certain = vec![!has_empty_loop(root); count];
    exclude(root, false, &mut certain);
    certain
}

fn has_empty_loop(node: &Node) -> bool {
    match node {
        Node::Repeat(repeat) if repeat.is_loop() && repeat.sub.is_nullable() => true,
        _ => node.children().iter().any(has_empty_loop),
    }
}

fn exclude(node: &Node, is_inside: bool, certain: &mut [bool]) {
    let is_inside = is_inside
        || match node {
            Node::Atomic { .. } => true,
            Node::Repeat(repeat) => {
                repeat.is_loop()
                    || repeat.is_once()
                    || repeat.max == Some(0)
                    || repeat.greed == Greed::Possessive
            }
            _ => false,
        };
    if let Node::Group { number, .. } = node
        && is_inside
        && let Some(certain) = certain.get_mut(*number as usize - 1)
    {
        *certain = false;
    }
    for child in node.children() {
        exclude(child, is_inside, certain);
    }
}
