//! Expressions of several rules as a trie: parts that they have in common at the beginning are there
//! once.

use std::collections::HashMap;

use regex_syntax::hir::{Hir, HirKind};

/// Expressions, each of a rule, that begin at the same place.
pub(in crate::matcher) struct PartTrie<'h> {
    /// The first is the root.
    nodes: Vec<Node<'h>>,
    /// The node of a character after another node.
    by_character: HashMap<(usize, char), usize>,
    rules: Vec<u32>,
    states: usize,
}

/// A place after some parts.
#[derive(Default)]
pub(super) struct Node<'h> {
    /// The last of the parts before; `None` for the root.
    pub(super) part: Option<Part<'h>>,
    /// The indices of the nodes after one more part.
    pub(super) children: Vec<usize>,
    /// Those of `children` whose part is an expression.
    expressions: Vec<usize>,
    /// The expressions that end here, each by its index in [`PartTrie::rules`].
    pub(super) ends: Vec<u32>,
}

/// A part of an expression.
#[derive(Clone, Copy)]
pub(super) enum Part<'h> {
    Character(char),
    Expression(&'h Hir),
}

impl<'h> PartTrie<'h> {
    /// A trie without expressions.
    pub(in crate::matcher) fn new() -> Self {
        Self {
            nodes: vec![Node::default()],
            by_character: HashMap::new(),
            rules: Vec::new(),
            states: 0,
        }
    }

    /// A trie of one expression.
    pub(in crate::matcher) fn of(rule: u32, hir: &'h Hir) -> Self {
        let mut this = Self::new();
        this.add(rule, hir);
        this
    }

    /// Adds the expression `hir` of `rule`.
    pub(in crate::matcher) fn add(&mut self, rule: u32, hir: &'h Hir) {
        let parts = parts(hir);
        let (mut at, known) = self.follow(&parts);
        for &part in &parts[known..] {
            let child = self.nodes.len();
            self.nodes.push(Node {
                part: Some(part),
                ..Node::default()
            });
            self.nodes[at].children.push(child);
            match part {
                Part::Character(c) => {
                    self.by_character.insert((at, c), child);
                }
                Part::Expression(_) => self.nodes[at].expressions.push(child),
            }
            self.states = self.states.saturating_add(part.states());
            at = child;
        }
        let index = u32::try_from(self.rules.len()).expect("rules are bounded by the config");
        self.nodes[at].ends.push(index);
        self.rules.push(rule);
    }

    /// Returns about the number of states that [`Self::add`] would add for `hir`.
    pub(in crate::matcher) fn more_states(&self, hir: &Hir) -> usize {
        let parts = parts(hir);
        let (_, known) = self.follow(&parts);
        let more = parts[known..].iter().map(|part| part.states());
        more.fold(0, usize::saturating_add)
    }

    /// Returns about the number of states of an automaton of the expressions.
    pub(in crate::matcher) fn states(&self) -> usize {
        self.states
    }

    /// Returns the rules of the expressions, in the order in which they were added.
    pub(in crate::matcher) fn rules(&self) -> &[u32] {
        &self.rules
    }

    /// Returns the node with this index; that of the root is 0.
    pub(super) fn node(&self, index: usize) -> &Node<'h> {
        &self.nodes[index]
    }

    /// Returns the last node that `parts` lead to, and how many of them.
    fn follow(&self, parts: &[Part<'_>]) -> (usize, usize) {
        let mut at = 0;
        for (known, part) in parts.iter().enumerate() {
            let child = match part {
                Part::Character(c) => self.by_character.get(&(at, *c)).copied(),
                Part::Expression(hir) => {
                    let mut children = self.nodes[at].expressions.iter().copied();
                    children.find(|&child| self.nodes[child].is_after(hir))
                }
            };
            match child {
                Some(child) => at = child,
                None => return (at, known),
            }
        }
        (at, parts.len())
    }
}

impl Node<'_> {
    fn is_after(&self, hir: &Hir) -> bool {
        matches!(self.part, Some(Part::Expression(part)) if part == hir)
    }
}

impl Part<'_> {
    fn states(&self) -> usize {
        match self {
            Self::Character(_) => 1,
            Self::Expression(hir) => states(hir),
        }
    }
}

/// Returns the parts of `hir` that follow each other.
fn parts(hir: &Hir) -> Vec<Part<'_>> {
    fn add<'h>(hir: &'h Hir, parts: &mut Vec<Part<'h>>) {
        match hir.kind() {
            HirKind::Empty => {}
            HirKind::Literal(literal) => {
                let text = String::from_utf8_lossy(&literal.0);
                parts.extend(text.chars().map(Part::Character));
            }
            HirKind::Capture(capture) => add(&capture.sub, parts),
            HirKind::Concat(subs) => subs.iter().for_each(|sub| add(sub, parts)),
            HirKind::Repetition(repetition) if repetition.max == Some(repetition.min) => {
                (0..repetition.min).for_each(|_| add(&repetition.sub, parts));
            }
            _ => parts.push(Part::Expression(hir)),
        }
    }
    let mut parts = Vec::new();
    add(hir, &mut parts);
    parts
}

/// Returns about the number of states of an automaton of `hir`.
pub(in crate::matcher) fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(_) => 1,
        HirKind::Capture(capture) => states(&capture.sub),
        HirKind::Repetition(repetition) => {
            let copies = repetition.max.unwrap_or_else(|| repetition.min.max(1));
            states(&repetition.sub).saturating_mul(copies as usize)
        }
        HirKind::Concat(subs) | HirKind::Alternation(subs) => {
            subs.iter().map(states).fold(0, usize::saturating_add)
        }
    }
}

#[cfg(test)]
mod tests {
    use regex_syntax::hir::Hir;

    use super::PartTrie;

    fn parse(pattern: &str) -> Hir {
        regex_syntax::parse(pattern).unwrap()
    }

    #[test]
    fn parts_in_common_at_the_beginning_are_counted_once() {
        let [first, second, other] = [
            "[0-9]+x?1[a-z]{20,60}abc",
            "[0-9]+x?1[a-z]{20,60}abd",
            "[0-9]+y",
        ]
        .map(parse);
        let mut trie = PartTrie::of(7, &first);
        assert_eq!(trie.states(), 66);
        assert_eq!(trie.more_states(&second), 1);
        trie.add(3, &second);
        trie.add(4, &other);
        assert_eq!((trie.states(), trie.rules()), (68, &[7, 3, 4][..]));
        assert_eq!(trie.more_states(&first), 0);
    }

    #[test]
    fn a_fixed_number_of_repetitions_is_written_out() {
        let [long, short] = ["[0-9]{8}x", "[0-9]{4}y"].map(parse);
        let trie = PartTrie::of(0, &long);
        assert_eq!((trie.states(), trie.more_states(&short)), (9, 1));
    }
}
