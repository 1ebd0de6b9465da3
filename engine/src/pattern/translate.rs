//! Turns the tree of a pattern into the expression that the engine takes.

use regex_syntax::hir::{Capture, Class, Hir, Look, Repetition};

use super::sets::{self, set};
use super::tree::{Greed, LookKind, Node};

/// Returns the expression of `node`, whose parts mean the same in all surroundings.
pub(super) fn translate(node: &Node, names: &[Option<Box<str>>]) -> Hir {
    match node {
        Node::Empty => Hir::empty(),
        Node::Character(c) => Hir::literal(c.encode_utf8(&mut [0; 4]).as_bytes()),
        Node::Set(set) => Hir::class(Class::Unicode((*set.members).clone())),
        Node::Look(look) => translate_look(look.kind),
        Node::LineEnding { .. } => Hir::alternation(vec![
            Hir::literal(*b"\r\n"),
            Hir::class(Class::Unicode(set(sets::VERTICAL))),
        ]),
        Node::Group { number, sub } => {
            let name = names.get(*number as usize - 1).cloned().flatten();
            Hir::capture(Capture {
                index: *number,
                name,
                sub: Box::new(translate(sub, names)),
            })
        }
        Node::Atomic { sub, .. } => translate(sub, names),
        Node::Repeat(repeat) => Hir::repetition(Repetition {
            min: repeat.min,
            max: repeat.max,
            greedy: repeat.greed != Greed::Lazy,
            sub: Box::new(translate(&repeat.sub, names)),
        }),
        Node::Concat(subs) => Hir::concat(subs.iter().map(|sub| translate(sub, names)).collect()),
        Node::Alternate(subs) => {
            Hir::alternation(subs.iter().map(|sub| translate(sub, names)).collect())
        }
    }
}

fn translate_look(kind: LookKind) -> Hir {
    Hir::look(match kind {
        LookKind::Start => Look::Start,
        LookKind::StartLf => Look::StartLF,
        LookKind::StartCrlf | LookKind::LineStart { .. } => Look::StartCRLF,
        LookKind::End | LookKind::FinalEnd { .. } => Look::End,
        LookKind::EndLf => Look::EndLF,
        LookKind::EndCrlf | LookKind::LineEnd { .. } => Look::EndCRLF,
        LookKind::WordBoundary => Look::WordAscii,
        LookKind::NoWordBoundary => Look::WordAsciiNegate,
    })
}
