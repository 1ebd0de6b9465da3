//! The characters around a part of a pattern, and what they prove.
//!
//! A code value is matched as a whole, so what follows a part has to take all the rest of it. If what
//! follows cannot begin with a line terminator, `$` is the end; and if it cannot begin as a loop does,
//! a possessive loop has nothing that it could have given back.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::hints;
use super::refusal::Refusal;
use super::sets::{self, are_disjoint, set};
use super::tree::{Greed, Look, LookKind, Node, Repeat};

/// The most ranges of characters that are joined to find out what surrounds the parts of a pattern.
const MAX_RANGES: usize = 1_000_000;

/// The line terminators that the library's assertions do not know.
const RARE_TERMINATORS: &[(u32, u32)] = &[(0x85, 0x85), (0x2028, 0x2029)];

/// The characters that can come next to a place, on one side of it.
#[derive(Clone, Debug)]
struct Edge {
    members: ClassUnicode,
    /// `true` if the code value can begin or end there.
    is_open: bool,
}

/// The side of a part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    First,
    Last,
}

/// Replaces in `root` what means something else in other surroundings: assertions about lines, `\R`
/// in loops, and possessive loops and atomic groups, which must change nothing.
///
/// # Errors
///
/// [`Refusal`] of one of which that cannot be shown.
pub(super) fn resolve(root: &mut Node) -> Result<(), Refusal> {
    if !depends(root) {
        return Ok(());
    }
    let mut resolver = Resolver {
        ranges_left: MAX_RANGES,
        is_in_loop: false,
    };
    let nothing = Edge {
        members: ClassUnicode::empty(),
        is_open: true,
    };
    resolver.node(root, &nothing, &nothing)
}

/// Returns `true` if the meaning of `node` depends on its surroundings.
fn depends(node: &Node) -> bool {
    match node {
        Node::Look(look) => matches!(
            look.kind,
            LookKind::LineStart { .. } | LookKind::FinalEnd { .. } | LookKind::LineEnd { .. }
        ),
        Node::LineEnding { .. } | Node::Atomic { .. } => true,
        Node::Repeat(repeat) if repeat.greed == Greed::Possessive => true,
        _ => node.children().iter().any(depends),
    }
}

struct Resolver {
    ranges_left: usize,
    /// `true` inside a part that is repeated.
    is_in_loop: bool,
}

impl Resolver {
    fn node(&mut self, node: &mut Node, before: &Edge, after: &Edge) -> Result<(), Refusal> {
        match node {
            Node::Empty | Node::Character(_) | Node::Set(_) => Ok(()),
            Node::Look(look) => {
                look.kind = resolve_look(*look, before, after)?;
                Ok(())
            }
            Node::LineEnding { offset } => match self.is_in_loop {
                true => without_line_feed(*offset, after),
                false => Ok(()),
            },
            Node::Group { sub, .. } => self.node(sub, before, after),
            Node::Alternate(subs) => subs
                .iter_mut()
                .try_for_each(|sub| self.node(sub, before, after)),
            Node::Concat(subs) => self.concat(subs, before, after),
            Node::Repeat(repeat) => self.repeat(repeat, before, after),
            Node::Atomic { sub, offset } => {
                self.atomic_content(sub, *offset, before, after)?;
                let undecided = !self.is_decided(sub, &after.members, *offset)?;
                if undecided {
                    let message =
                        "an atomic group that may change what is matched is not supported";
                    return Err(Refusal::unsupported(*offset, message, hints::POSSESSIVE));
                }
                *node = std::mem::replace(sub, Node::Empty);
                Ok(())
            }
        }
    }

    fn concat(&mut self, subs: &mut [Node], before: &Edge, after: &Edge) -> Result<(), Refusal> {
        let dependent: Vec<usize> = (0..subs.len()).filter(|&i| depends(&subs[i])).collect();
        let (Some(&first), Some(&last)) = (dependent.first(), dependent.last()) else {
            return Ok(());
        };
        // What comes before each part up to the last dependent one, and after each from the first on.
        let mut befores = vec![before.clone()];
        for sub in &subs[..last] {
            let outer = befores.last().unwrap_or(before);
            befores.push(self.beyond(sub, Side::Last, outer)?);
        }
        let mut afters = vec![after.clone()];
        for sub in subs[first + 1..].iter().rev() {
            let outer = afters.last().unwrap_or(after);
            afters.push(self.beyond(sub, Side::First, outer)?);
        }
        afters.reverse();
        for index in dependent {
            self.node(&mut subs[index], &befores[index], &afters[index - first])?;
        }
        Ok(())
    }

    fn repeat(&mut self, repeat: &mut Repeat, before: &Edge, after: &Edge) -> Result<(), Refusal> {
        let offset = repeat.offset;
        if let Node::LineEnding { offset } = repeat.sub
            && !repeat.is_group
        {
            // Java never gives back the \n of \r\n here. That is the same if any number of line
            // endings may follow each other and \n cannot come after them.
            if repeat.min > 1 || repeat.max.is_some_and(|max| max > 1) {
                let message = "\\R with a number of repetitions is not supported";
                return Err(Refusal::unsupported(offset, message, hints::LINE_ENDINGS));
            }
            without_line_feed(offset, after)?;
            if repeat.greed == Greed::Possessive {
                let others = set(sets::VERTICAL);
                if !are_disjoint(&others, &after.members) {
                    return Err(possessive(repeat.offset));
                }
                repeat.greed = Greed::Greedy;
            }
            return Ok(());
        }
        let outside = self.is_in_loop;
        if repeat.is_loop() {
            self.is_in_loop = true;
            let inner_before = self.beyond(&repeat.sub, Side::Last, before)?;
            let inner_before = joined(inner_before, before);
            let inner_after = self.beyond(&repeat.sub, Side::First, after)?;
            let inner_after = joined(inner_after, after);
            match repeat.greed {
                Greed::Possessive => {
                    self.atomic_content(&mut repeat.sub, offset, &inner_before, &inner_after)?;
                }
                _ => self.node(&mut repeat.sub, &inner_before, &inner_after)?,
            }
        } else if repeat.greed == Greed::Possessive {
            self.atomic_content(&mut repeat.sub, offset, before, after)?;
        } else {
            // Java does not go back into the group of {1} either.
            self.is_in_loop |= repeat.is_group && repeat.is_once();
            self.node(&mut repeat.sub, before, after)?;
        }
        self.is_in_loop = outside;
        if repeat.greed == Greed::Possessive {
            if !self.is_repeat_decided(repeat, &after.members, offset)? {
                return Err(possessive(offset));
            }
            repeat.greed = Greed::Greedy;
        }
        Ok(())
    }

    /// Resolves what is inside an atomic group or a possessive loop, in which assertions could hold
    /// at other places than in the whole match.
    fn atomic_content(
        &mut self,
        sub: &mut Node,
        offset: usize,
        before: &Edge,
        after: &Edge,
    ) -> Result<(), Refusal> {
        if sub.has_look() {
            return Err(possessive(offset));
        }
        self.node(sub, before, after)
    }

    /// Returns `true` if at each choice in `node` the next character decides, what follows `node`
    /// included, and the way that takes nothing is tried last. Then an engine that never returns to a
    /// choice matches the same.
    fn is_decided(
        &mut self,
        node: &Node,
        after: &ClassUnicode,
        offset: usize,
    ) -> Result<bool, Refusal> {
        Ok(match node {
            Node::Empty | Node::Character(_) | Node::Set(_) => true,
            Node::Look(_) | Node::Atomic { .. } => false,
            Node::LineEnding { .. } => are_disjoint(&set(sets::LINE_FEED), after),
            Node::Group { sub, .. } => self.is_decided(sub, after, offset)?,
            Node::Repeat(repeat) => self.is_repeat_decided(repeat, after, offset)?,
            Node::Concat(subs) => {
                let mut edge = Edge {
                    members: after.clone(),
                    is_open: false,
                };
                for sub in subs.iter().rev() {
                    if !self.is_decided(sub, &edge.members, offset)? {
                        return Ok(false);
                    }
                    edge = self.beyond(sub, Side::First, &edge)?;
                }
                true
            }
            Node::Alternate(subs) => {
                let mut earlier = ClassUnicode::empty();
                for (index, sub) in subs.iter().enumerate() {
                    let is_last = index + 1 == subs.len();
                    if sub.is_nullable() && !is_last || !self.is_decided(sub, after, offset)? {
                        return Ok(false);
                    }
                    let edge = Edge {
                        members: after.clone(),
                        is_open: false,
                    };
                    let first = self.beyond(sub, Side::First, &edge)?.members;
                    if !are_disjoint(&earlier, &first) {
                        return Ok(false);
                    }
                    self.spend(earlier.ranges().len() + first.ranges().len(), offset)?;
                    earlier.union(&first);
                }
                true
            }
        })
    }

    fn is_repeat_decided(
        &mut self,
        repeat: &Repeat,
        after: &ClassUnicode,
        offset: usize,
    ) -> Result<bool, Refusal> {
        let is_fixed = repeat.max == Some(repeat.min);
        if repeat.sub.is_nullable() || repeat.greed == Greed::Lazy && !is_fixed {
            return Ok(false);
        }
        let nothing = Edge {
            members: ClassUnicode::empty(),
            is_open: false,
        };
        let first = self.beyond(&repeat.sub, Side::First, &nothing)?.members;
        if !is_fixed && !are_disjoint(&first, after) {
            return Ok(false);
        }
        let mut inner = after.clone();
        if repeat.is_loop() {
            inner.union(&first);
        }
        self.is_decided(&repeat.sub, &inner, offset)
    }

    /// Returns what can come at `node`'s side, with `outer` beyond `node`.
    fn beyond(&mut self, node: &Node, side: Side, outer: &Edge) -> Result<Edge, Refusal> {
        let mut edge = Edge {
            members: ClassUnicode::empty(),
            is_open: false,
        };
        self.add(node, side, &mut edge.members)?;
        Ok(match node.is_nullable() {
            true => joined(edge, outer),
            false => edge,
        })
    }

    /// Adds the characters that `node` can take first or last.
    fn add(&mut self, node: &Node, side: Side, members: &mut ClassUnicode) -> Result<(), Refusal> {
        match node {
            Node::Empty | Node::Look(_) => {}
            Node::Character(c) => {
                self.spend(1, 0)?;
                members.push(ClassUnicodeRange::new(*c, *c));
            }
            Node::Set(set) => {
                self.spend(set.members.ranges().len() + members.ranges().len(), 0)?;
                members.union(&set.members);
            }
            Node::LineEnding { .. } => members.union(&set(sets::VERTICAL)),
            Node::Group { sub, .. } | Node::Atomic { sub, .. } => self.add(sub, side, members)?,
            Node::Repeat(repeat) => {
                if repeat.max != Some(0) {
                    self.add(&repeat.sub, side, members)?;
                }
            }
            Node::Alternate(subs) => {
                for sub in subs {
                    self.add(sub, side, members)?;
                }
            }
            Node::Concat(subs) => {
                let mut subs: Vec<&Node> = subs.iter().collect();
                if side == Side::Last {
                    subs.reverse();
                }
                for sub in subs {
                    self.add(sub, side, members)?;
                    if !sub.is_nullable() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn spend(&mut self, ranges: usize, offset: usize) -> Result<(), Refusal> {
        match self.ranges_left.checked_sub(ranges) {
            Some(left) => {
                self.ranges_left = left;
                Ok(())
            }
            None => {
                let message =
                    "the pattern is too large for $, (?m), \\R, and possessive or atomic parts";
                Err(Refusal::unsupported(
                    offset,
                    message,
                    "write it without these, or shorten it",
                ))
            }
        }
    }
}

fn possessive(offset: usize) -> Refusal {
    let message = "a possessive quantifier that may change what is matched is not supported";
    Refusal::unsupported(offset, message, hints::POSSESSIVE)
}

fn without_line_feed(offset: usize, after: &Edge) -> Result<(), Refusal> {
    if are_disjoint(&set(sets::LINE_FEED), &after.members) {
        return Ok(());
    }
    let message = "a repeated \\R that \\n may follow is not supported";
    Err(Refusal::unsupported(offset, message, hints::LINE_ENDING))
}

fn joined(mut edge: Edge, other: &Edge) -> Edge {
    edge.members.union(&other.members);
    edge.is_open |= other.is_open;
    edge
}

/// Returns the assertion of the library that holds where this one holds, between these characters.
fn resolve_look(look: Look, before: &Edge, after: &Edge) -> Result<LookKind, Refusal> {
    let Look { kind, offset } = look;
    let can_be = |edge: &Edge, ranges| !are_disjoint(&set(ranges), &edge.members);
    let terminators = |unix| match unix {
        true => sets::LINE_FEED,
        false => sets::LINE_TERMINATORS,
    };
    match kind {
        LookKind::FinalEnd { unix } | LookKind::LineEnd { unix }
            if !can_be(after, terminators(unix)) =>
        {
            Ok(LookKind::End)
        }
        LookKind::FinalEnd { .. } => {
            let message = "$ or \\Z before a part that may take a line terminator is not supported";
            Err(Refusal::unsupported(offset, message, hints::END))
        }
        LookKind::LineEnd { unix: true } => Ok(LookKind::EndLf),
        LookKind::LineEnd { unix: false } if !can_be(after, RARE_TERMINATORS) => {
            Ok(LookKind::EndCrlf)
        }
        // No code value is empty.
        LookKind::LineStart { unix } if !can_be(before, terminators(unix)) => Ok(LookKind::Start),
        // Java's beginning of a line is never the end of the text.
        LookKind::LineStart { unix: true } if !after.is_open => Ok(LookKind::StartLf),
        LookKind::LineStart { unix: false }
            if !after.is_open && !can_be(before, RARE_TERMINATORS) =>
        {
            Ok(LookKind::StartCrlf)
        }
        LookKind::LineEnd { .. } | LookKind::LineStart { .. } => {
            let message = "^ or $ under (?m) is not supported here";
            Err(Refusal::unsupported(offset, message, hints::LINES))
        }
        other => Ok(other),
    }
}
