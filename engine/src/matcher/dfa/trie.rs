//! Builds the automaton of the rules, as a trie.
//!
//! Parts that rules have in common at the beginning lead to one node, and so do literals byte by
//! byte. That is what makes the sets of nodes small that are determinised.

use std::collections::{HashMap, HashSet};

use regex_syntax::hir::{Hir, HirKind, Look, Repetition};

use super::byte_class::ByteClass;
use super::expression::{fingerprint, flattened, one_character};
use super::nfa::{Kind, Nfa, Node, NodeId, ROOT, UNBOUNDED};
use crate::matcher::char_class::CharClass;

/// The most nodes of one rule, and of all rules together.
const MAX_RULE_NODES: usize = 4_000;
const MAX_NODES: usize = 200_000;
/// The most repetitions of a letter that are written out, so that they are part of a literal.
const MAX_LETTERS: u32 = 4;

/// The condition on what follows the parts of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tail {
    /// The code value ends.
    End,
    /// Anything may follow.
    Anything,
    /// The code value ends, or `/`, `?` or `#` follows.
    UrlBoundary,
}

/// The error of a rule that cannot be part of the automaton: it has a look-around assertion, or is
/// too large.
#[derive(Debug)]
pub(super) struct Unsuited;

/// Builds an [`Nfa`].
pub(super) struct Builder {
    nfa: Nfa,
    /// The node that a byte of a literal leads to.
    by_byte: HashMap<(NodeId, u8), NodeId>,
    /// The nodes that other parts lead to, by node and hash.
    by_part: HashMap<(NodeId, u64), Vec<(Hir, NodeId)>>,
    classes: HashMap<CharClass, u32>,
    /// `.`, as Java understands it.
    line: CharClass,
    /// The nodes that are reached before anything is read.
    unread: HashSet<NodeId>,
    /// The number of nodes at which the rule that is being added is too large.
    max_nodes: usize,
}

impl Builder {
    /// An automaton without rules. `line` is the class of all characters but line terminators.
    pub(super) fn new(line: CharClass) -> Self {
        let mut nfa = Nfa::default();
        nfa.nodes.push(Node::default());
        Self {
            nfa,
            by_byte: HashMap::new(),
            by_part: HashMap::new(),
            classes: HashMap::new(),
            line,
            unread: HashSet::from([ROOT]),
            max_nodes: 0,
        }
    }

    /// Adds `rule`, which accepts what `parts` match one after the other, and then `tail`.
    ///
    /// # Errors
    ///
    /// [`Unsuited`]. Nothing accepts then what was added.
    pub(super) fn add(&mut self, rule: u32, parts: &[Hir], tail: Tail) -> Result<(), Unsuited> {
        self.max_nodes = MAX_NODES.min(self.nfa.nodes.len() + MAX_RULE_NODES);
        let parts: Vec<&Hir> = parts.iter().flat_map(flattened).collect();
        let mut ends = Vec::new();
        match tail {
            Tail::End => self.add_last(ROOT, &parts, rule, &mut ends)?,
            Tail::Anything | Tail::UrlBoundary => {
                let at = self.after_all(ROOT, &parts)?;
                let mut sink = at;
                if tail == Tail::UrlBoundary {
                    ends.push((at, Kind::End(rule)));
                    sink = self.node()?;
                    for byte in [b'/', b'?', b'#'] {
                        self.edge(at, byte, byte, sink);
                    }
                }
                let is_line = false;
                ends.push((sink, Kind::Sink { rule, is_line }));
            }
        }
        for (at, kind) in ends {
            let end = self.node()?;
            self.nfa.nodes[end as usize].kind = kind;
            self.nfa.nodes[at as usize].empty.push(end);
        }
        Ok(())
    }

    /// Returns the automaton.
    pub(super) fn finish(mut self) -> Nfa {
        self.nfa.set_first_rules();
        self.nfa
    }

    /// Adds the last `parts` of a rule from `at` on, and notes in `ends` where they end.
    fn add_last(
        &mut self,
        at: NodeId,
        parts: &[&Hir],
        rule: u32,
        ends: &mut Vec<(NodeId, Kind)>,
    ) -> Result<(), Unsuited> {
        let Some((last, before)) = parts.split_last() else {
            ends.push((at, Kind::End(rule)));
            return Ok(());
        };
        let at = self.after_all(at, before)?;
        match last.kind() {
            HirKind::Look(Look::End | Look::EndLF | Look::EndCRLF) => {
                ends.push((at, Kind::End(rule)));
                Ok(())
            }
            HirKind::Alternation(subs) => {
                for sub in subs {
                    self.add_last(at, &flattened(sub), rule, ends)?;
                }
                Ok(())
            }
            HirKind::Repetition(Repetition {
                min: 0,
                max: Some(1),
                sub,
                ..
            }) => {
                ends.push((at, Kind::End(rule)));
                self.add_last(at, &flattened(sub), rule, ends)
            }
            HirKind::Repetition(Repetition {
                min,
                max: None,
                sub,
                ..
            }) if let Some(is_line) = self.sink(sub) => {
                let mut min = *min;
                if min == 0 && self.unread.contains(&at) {
                    // What accepts anything is reported after something was read, so at first one
                    // character is.
                    ends.push((at, Kind::End(rule)));
                    min = 1;
                }
                let at = if min == 0 {
                    at
                } else {
                    let least = Repetition {
                        min,
                        max: Some(min),
                        greedy: true,
                        sub: sub.clone(),
                    };
                    self.after(at, &Hir::repetition(least))?
                };
                ends.push((at, Kind::Sink { rule, is_line }));
                Ok(())
            }
            _ => {
                let at = self.after(at, last)?;
                ends.push((at, Kind::End(rule)));
                Ok(())
            }
        }
    }

    /// Returns whether only characters of a line may be repeated, if `hir` is a class that can be a
    /// sink.
    fn sink(&self, hir: &Hir) -> Option<bool> {
        let class = one_character(hir)?;
        if class.is_everything() {
            return Some(false);
        }
        (class == self.line).then_some(true)
    }

    fn after_all(&mut self, mut at: NodeId, parts: &[&Hir]) -> Result<NodeId, Unsuited> {
        for part in parts {
            at = self.after(at, part)?;
        }
        Ok(at)
    }

    /// Returns the node after `hir` from `at` on.
    fn after(&mut self, at: NodeId, hir: &Hir) -> Result<NodeId, Unsuited> {
        match hir.kind() {
            HirKind::Empty => Ok(at),
            HirKind::Literal(literal) => {
                let bytes = literal.0.iter();
                bytes
                    .copied()
                    .try_fold(at, |at, byte| self.after_byte(at, byte))
            }
            HirKind::Capture(capture) => self.after(at, &capture.sub),
            HirKind::Concat(subs) => subs.iter().try_fold(at, |at, sub| self.after(at, sub)),
            HirKind::Look(Look::Start | Look::StartLF | Look::StartCRLF) if at == ROOT => Ok(at),
            HirKind::Look(_) => Err(Unsuited),
            HirKind::Class(_) | HirKind::Repetition(_) | HirKind::Alternation(_) => {
                let key = (at, fingerprint(hir));
                let known = self.by_part.get(&key).into_iter().flatten();
                if let Some((_, node)) = known.clone().find(|(part, _)| part == hir) {
                    return Ok(*node);
                }
                let node = self.after_part(at, hir)?;
                self.by_part
                    .entry(key)
                    .or_default()
                    .push((hir.clone(), node));
                Ok(node)
            }
        }
    }

    fn after_byte(&mut self, at: NodeId, byte: u8) -> Result<NodeId, Unsuited> {
        if let Some(&node) = self.by_byte.get(&(at, byte)) {
            return Ok(node);
        }
        let node = self.node()?;
        self.edge(at, byte, byte, node);
        self.by_byte.insert((at, byte), node);
        Ok(node)
    }

    /// Like [`Self::after`], of a part that no rule had at this node.
    fn after_part(&mut self, at: NodeId, hir: &Hir) -> Result<NodeId, Unsuited> {
        match hir.kind() {
            HirKind::Alternation(subs) => {
                let out = self.node()?;
                for sub in subs {
                    let end = self.after(at, sub)?;
                    self.skip(end, out);
                }
                Ok(out)
            }
            HirKind::Repetition(repetition) => self.after_repetition(at, repetition),
            _ => {
                let class = one_character(hir).ok_or(Unsuited)?;
                if class.ranges().any(|(_, end)| !end.is_ascii()) {
                    return self.after_run(at, class, 1, 1);
                }
                let node = self.node()?;
                for (start, end) in class.ranges() {
                    let byte = |c| u8::try_from(c).map_err(|_| Unsuited);
                    self.edge(at, byte(start)?, byte(end)?, node);
                }
                Ok(node)
            }
        }
    }

    fn after_repetition(&mut self, at: NodeId, repeat: &Repetition) -> Result<NodeId, Unsuited> {
        let Repetition { min, max, sub, .. } = repeat;
        let is_letter = |class: &CharClass| class.ranges().all(|(start, end)| start == end);
        let class = one_character(sub)
            .filter(|class| !is_letter(class) || max.is_none_or(|max| max > MAX_LETTERS));
        if let Some(class) = class {
            let count = |n: u32| u16::try_from(n).ok().filter(|&n| n < UNBOUNDED);
            let min = count(*min).ok_or(Unsuited)?;
            let max = match max {
                None => UNBOUNDED,
                Some(0) => return Ok(at),
                Some(max) => count(*max).ok_or(Unsuited)?,
            };
            return self.after_run(at, class, min, max);
        }
        let mut at = at;
        for _ in 0..*min {
            at = self.after(at, sub)?;
        }
        let Some(max) = *max else {
            let again = self.node()?;
            self.skip(at, again);
            let end = self.after(again, sub)?;
            self.skip(end, again);
            return Ok(again);
        };
        if max == *min {
            return Ok(at);
        }
        let out = self.node()?;
        self.skip(at, out);
        for _ in *min..max {
            at = self.after(at, sub)?;
            self.skip(at, out);
        }
        Ok(out)
    }

    fn after_run(
        &mut self,
        at: NodeId,
        class: CharClass,
        min: u16,
        max: u16,
    ) -> Result<NodeId, Unsuited> {
        let class = match self.classes.get(&class) {
            Some(&known) => known,
            None => {
                let index = u32::try_from(self.nfa.classes.len()).map_err(|_| Unsuited)?;
                let steps = ByteClass::new(class.clone()).ok_or(Unsuited)?;
                self.nfa.classes.push(steps);
                self.classes.insert(class, index);
                index
            }
        };
        let (run, next) = (self.node()?, self.node()?);
        self.nfa.nodes[run as usize].kind = Kind::Run {
            class,
            min,
            max,
            next,
        };
        self.skip(at, run);
        if min == 0 {
            self.note_unread(run, next);
        }
        Ok(next)
    }

    fn node(&mut self) -> Result<NodeId, Unsuited> {
        let nodes = &mut self.nfa.nodes;
        if nodes.len() >= self.max_nodes {
            return Err(Unsuited);
        }
        nodes.push(Node::default());
        u32::try_from(nodes.len() - 1).map_err(|_| Unsuited)
    }

    fn skip(&mut self, from: NodeId, to: NodeId) {
        if from != to {
            self.nfa.nodes[from as usize].empty.push(to);
            self.note_unread(from, to);
        }
    }

    /// Notes that `to` is reached from `from` without reading anything.
    fn note_unread(&mut self, from: NodeId, to: NodeId) {
        if self.unread.contains(&from) {
            self.unread.insert(to);
        }
    }

    fn edge(&mut self, from: NodeId, low: u8, high: u8, to: NodeId) {
        if let Kind::Bytes(edges) = &mut self.nfa.nodes[from as usize].kind {
            edges.push((low, high, to));
        }
    }
}
