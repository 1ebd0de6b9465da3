//! The cost of a pattern, estimated before anything is built from it.

use regex_syntax::ast::{
    Ast, ClassBracketed, ClassSet, ClassSetItem, Flag, GroupKind, RepetitionKind, RepetitionRange,
};

/// The cost of a Unicode property, a list of hundreds of ranges.
const PROPERTY: usize = 100;

/// The cost of a range beyond ASCII under `(?i)`: folding its case can add that many ranges.
const FOLDED_RANGE: usize = 20;

/// Returns the cost of `ast` in states: about one for each character or class, multiplied by the
/// repetitions around it, and more for a class of many ranges. Saturates.
pub(super) fn estimate(ast: &Ast) -> usize {
    Walk { folds: false }.ast(ast)
}

struct Walk {
    /// `true` where `(?i)` is on.
    folds: bool,
}

impl Walk {
    fn ast(&mut self, ast: &Ast) -> usize {
        match ast {
            Ast::Empty(_) => 0,
            Ast::Flags(flags) => {
                if let Some(folds) = flags.flags.flag_state(Flag::CaseInsensitive) {
                    self.folds = folds;
                }
                0
            }
            Ast::Literal(_) | Ast::Dot(_) | Ast::Assertion(_) | Ast::ClassPerl(_) => 1,
            Ast::ClassUnicode(_) => PROPERTY,
            Ast::ClassBracketed(class) => self.bracketed(class),
            Ast::Repetition(repetition) => {
                let sub = self.ast(&repetition.ast).max(1);
                let times = match repetition.op.kind {
                    RepetitionKind::ZeroOrOne
                    | RepetitionKind::ZeroOrMore
                    | RepetitionKind::OneOrMore => 1,
                    RepetitionKind::Range(
                        RepetitionRange::Exactly(n)
                        | RepetitionRange::AtLeast(n)
                        | RepetitionRange::Bounded(_, n),
                    ) => n.max(1),
                };
                sub.saturating_mul(times as usize)
            }
            Ast::Group(group) => {
                let outside = self.folds;
                if let GroupKind::NonCapturing(flags) = &group.kind
                    && let Some(folds) = flags.flag_state(Flag::CaseInsensitive)
                {
                    self.folds = folds;
                }
                let cost = self.ast(&group.ast);
                self.folds = outside;
                cost.max(1)
            }
            Ast::Alternation(alternation) => self.sum(&alternation.asts),
            Ast::Concat(concat) => self.sum(&concat.asts),
        }
    }

    fn sum(&mut self, asts: &[Ast]) -> usize {
        asts.iter()
            .fold(0, |sum: usize, ast| sum.saturating_add(self.ast(ast)))
    }

    fn bracketed(&self, class: &ClassBracketed) -> usize {
        self.set(&class.kind).max(1)
    }

    fn set(&self, set: &ClassSet) -> usize {
        match set {
            ClassSet::Item(item) => self.item(item),
            ClassSet::BinaryOp(op) => self.set(&op.lhs).saturating_add(self.set(&op.rhs)),
        }
    }

    fn item(&self, item: &ClassSetItem) -> usize {
        match item {
            ClassSetItem::Empty(_) => 0,
            ClassSetItem::Literal(_) | ClassSetItem::Ascii(_) | ClassSetItem::Perl(_) => 1,
            ClassSetItem::Range(range) => {
                let wide = !range.start.c.is_ascii() || !range.end.c.is_ascii();
                if self.folds && wide { FOLDED_RANGE } else { 1 }
            }
            ClassSetItem::Unicode(_) => PROPERTY,
            ClassSetItem::Bracketed(class) => self.bracketed(class),
            ClassSetItem::Union(union) => union
                .items
                .iter()
                .fold(0, |sum: usize, item| sum.saturating_add(self.item(item))),
        }
    }
}
