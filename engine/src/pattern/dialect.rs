//! The differences of the dialect from the `regex` crate: `\d`, `\w`, `\s` and `\b` mean ASCII,
//! inside brackets too, and the Unicode flag is fixed.
//!
//! A pattern's syntax tree is rewritten so that the crate's translator reads it as the dialect means
//! it.

use regex_syntax::ast::{
    self, Ast, ClassAscii, ClassAsciiKind, ClassBracketed, ClassPerl, ClassPerlKind, ClassSet,
    ClassSetBinaryOpKind, ClassSetItem, ClassSetRange, ClassSetUnion, Flag, Flags, FlagsItem,
    FlagsItemKind, Group, GroupKind, Literal, LiteralKind, RepetitionKind, Span,
};
use regex_syntax::hir::translate::TranslatorBuilder;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

use super::hints;
use crate::ProblemCode;

/// The reason why a pattern is not of the dialect.
pub(super) struct Refusal {
    /// The byte of the pattern where the fault begins.
    pub(super) offset: usize,
    /// The code of the problem that is reported.
    pub(super) code: ProblemCode,
    /// One lower-case line, which says what is not supported.
    pub(super) message: String,
    /// The way to write it instead, if there is one.
    pub(super) hint: Option<&'static str>,
}

/// Rewrites `ast`, the syntax tree of a pattern that the crate's parser accepts.
///
/// # Errors
///
/// [`Refusal`] of a possessive quantifier, a group named `code`, the flag `u`, or a class under `(?i)`
/// that the crate's translator refuses. `ast` may then be rewritten in part.
pub(super) fn rewrite(ast: &mut Ast) -> Result<(), Refusal> {
    Rewrite { folds: false }.ast(ast)
}

struct Rewrite {
    /// `true` where `(?i)` is on.
    folds: bool,
}

impl Rewrite {
    fn ast(&mut self, ast: &mut Ast) -> Result<(), Refusal> {
        match ast {
            Ast::Flags(flags) => self.flags(&flags.flags)?,
            Ast::ClassPerl(perl) => {
                let item = ClassSetItem::Ascii(ascii(perl));
                *ast = unfolded(perl.span, bracketed(perl.span, item));
            }
            Ast::ClassBracketed(class) if self.folds && has_perl(&class.kind) => {
                let set = folded_set(class)?;
                *ast = unfolded(class.span, ranges(class.span, &set));
            }
            Ast::ClassBracketed(class) => ascii_in_set(&mut class.kind),
            Ast::Assertion(assertion) if is_word_boundary(&assertion.kind) => {
                let assertion = assertion.clone();
                *ast = with_flag_off(assertion.span, Flag::Unicode, Ast::Assertion(assertion));
            }
            Ast::Repetition(repetition) => {
                // Java's a++ never gives back what it matched; here it would mean (a+)+.
                if repetition.op.kind == RepetitionKind::OneOrMore
                    && repetition.greedy
                    && matches!(*repetition.ast, Ast::Repetition(_))
                {
                    return Err(Refusal {
                        offset: repetition.op.span.start.offset,
                        code: ProblemCode::UnsupportedPattern,
                        message: "possessive quantifiers are not supported".to_owned(),
                        hint: Some(hints::POSSESSIVE),
                    });
                }
                self.ast(&mut repetition.ast)?;
            }
            Ast::Group(group) => {
                let outside = self.folds;
                match &group.kind {
                    GroupKind::NonCapturing(flags) => self.flags(flags)?,
                    GroupKind::CaptureName { name, .. } if name.name == "code" => {
                        return Err(Refusal {
                            offset: name.span.start.offset,
                            code: ProblemCode::ReservedGroupName,
                            message: "a group cannot be named code".to_owned(),
                            hint: Some("in a template, {code} is the code value itself"),
                        });
                    }
                    GroupKind::CaptureName { .. } | GroupKind::CaptureIndex(_) => {}
                }
                self.ast(&mut group.ast)?;
                self.folds = outside;
            }
            Ast::Alternation(alternation) => self.all(&mut alternation.asts)?,
            Ast::Concat(concat) => self.all(&mut concat.asts)?,
            Ast::Empty(_)
            | Ast::Literal(_)
            | Ast::Dot(_)
            | Ast::Assertion(_)
            | Ast::ClassUnicode(_) => {}
        }
        Ok(())
    }

    fn all(&mut self, asts: &mut [Ast]) -> Result<(), Refusal> {
        asts.iter_mut().try_for_each(|ast| self.ast(ast))
    }

    fn flags(&mut self, flags: &Flags) -> Result<(), Refusal> {
        if let Some(offset) = unicode_flag(flags) {
            return Err(Refusal {
                offset,
                code: ProblemCode::UnsupportedPattern,
                message: "the flag u is not supported".to_owned(),
                hint: Some(
                    "patterns match Unicode text, and \\d, \\w, \\s and \\b mean ASCII; for all digits or \
                     letters write \\p{Nd} or \\p{L}",
                ),
            });
        }
        if let Some(folds) = flags.flag_state(Flag::CaseInsensitive) {
            self.folds = folds;
        }
        Ok(())
    }
}

/// Returns the byte where `flags` turn Unicode on or off, if they do.
fn unicode_flag(flags: &Flags) -> Option<usize> {
    let item = flags
        .items
        .iter()
        .find(|item| item.kind == FlagsItemKind::Flag(Flag::Unicode))?;
    Some(item.span.start.offset)
}

fn is_word_boundary(kind: &ast::AssertionKind) -> bool {
    use ast::AssertionKind::{EndLine, EndText, StartLine, StartText};
    !matches!(kind, StartLine | EndLine | StartText | EndText)
}

/// Returns the POSIX class that `\d`, `\w` or `\s` means: these are ASCII in the crate, too.
fn ascii(perl: &ClassPerl) -> ClassAscii {
    let kind = match perl.kind {
        ClassPerlKind::Digit => ClassAsciiKind::Digit,
        ClassPerlKind::Space => ClassAsciiKind::Space,
        ClassPerlKind::Word => ClassAsciiKind::Word,
    };
    ClassAscii {
        span: perl.span,
        kind,
        negated: perl.negated,
    }
}

fn has_perl(set: &ClassSet) -> bool {
    fn item_has(item: &ClassSetItem) -> bool {
        match item {
            ClassSetItem::Perl(_) => true,
            ClassSetItem::Bracketed(class) => has_perl(&class.kind),
            ClassSetItem::Union(union) => union.items.iter().any(item_has),
            _ => false,
        }
    }
    match set {
        ClassSet::Item(item) => item_has(item),
        ClassSet::BinaryOp(op) => has_perl(&op.lhs) || has_perl(&op.rhs),
    }
}

fn ascii_in_set(set: &mut ClassSet) {
    match set {
        ClassSet::Item(item) => ascii_in_item(item),
        ClassSet::BinaryOp(op) => {
            ascii_in_set(&mut op.lhs);
            ascii_in_set(&mut op.rhs);
        }
    }
}

fn ascii_in_item(item: &mut ClassSetItem) {
    match item {
        ClassSetItem::Perl(perl) => *item = ClassSetItem::Ascii(ascii(perl)),
        ClassSetItem::Bracketed(class) => ascii_in_set(&mut class.kind),
        ClassSetItem::Union(union) => union.items.iter_mut().for_each(ascii_in_item),
        _ => {}
    }
}

/// Returns the characters of a class under `(?i)`.
///
/// The crate folds a class as a whole: `[\W]`, which contains U+212A (the Kelvin sign), would then
/// contain `k`. So every other part is folded by itself, and `\d`, `\w`, `\s` stay what they are.
fn folded_set(class: &ClassBracketed) -> Result<ClassUnicode, Refusal> {
    let mut set = folded_kind(&class.kind)?;
    if class.negated {
        set.negate();
    }
    Ok(set)
}

fn folded_kind(kind: &ClassSet) -> Result<ClassUnicode, Refusal> {
    match kind {
        ClassSet::Item(item) => folded_item(item),
        ClassSet::BinaryOp(op) => {
            let (mut lhs, rhs) = (folded_kind(&op.lhs)?, folded_kind(&op.rhs)?);
            match op.kind {
                ClassSetBinaryOpKind::Intersection => lhs.intersect(&rhs),
                ClassSetBinaryOpKind::Difference => lhs.difference(&rhs),
                ClassSetBinaryOpKind::SymmetricDifference => lhs.symmetric_difference(&rhs),
            }
            Ok(lhs)
        }
    }
}

fn folded_item(item: &ClassSetItem) -> Result<ClassUnicode, Refusal> {
    match item {
        ClassSetItem::Bracketed(class) => folded_set(class),
        ClassSetItem::Union(union) => {
            let mut set = ClassUnicode::empty();
            for item in &union.items {
                set.union(&folded_item(item)?);
            }
            Ok(set)
        }
        ClassSetItem::Perl(perl) => translate(perl.span, ClassSetItem::Ascii(ascii(perl)), false),
        other => translate(*other.span(), other.clone(), true),
    }
}

/// Returns the characters of one part of a class, as the crate reads it.
fn translate(span: Span, item: ClassSetItem, folds: bool) -> Result<ClassUnicode, Refusal> {
    let ast = bracketed(span, item);
    let refusal = |message: String| Refusal {
        offset: span.start.offset,
        code: ProblemCode::BadPattern,
        message,
        hint: None,
    };
    // The text is only for the crate's error messages, which are replaced here.
    let hir = TranslatorBuilder::new()
        .case_insensitive(folds)
        .build()
        .translate("", &ast)
        .map_err(|error| refusal(format!("not a valid pattern: {}", error.kind())))?;
    Ok(match hir.into_kind() {
        HirKind::Class(Class::Unicode(class)) => class,
        // A class of one character is translated to that character.
        HirKind::Literal(literal) => ClassUnicode::new(
            String::from_utf8_lossy(&literal.0)
                .chars()
                .map(|c| ClassUnicodeRange::new(c, c)),
        ),
        _ => ClassUnicode::empty(),
    })
}

fn bracketed(span: Span, item: ClassSetItem) -> Ast {
    let kind = ClassSet::Item(item);
    Ast::ClassBracketed(Box::new(ClassBracketed {
        span,
        negated: false,
        kind,
    }))
}

fn ranges(span: Span, set: &ClassUnicode) -> Ast {
    let literal = |c| Literal {
        span,
        kind: LiteralKind::Verbatim,
        c,
    };
    let range = |range: &ClassUnicodeRange| {
        let (start, end) = (literal(range.start()), literal(range.end()));
        ClassSetItem::Range(ClassSetRange { span, start, end })
    };
    let items = set.ranges().iter().map(range).collect();
    bracketed(span, ClassSetItem::Union(ClassSetUnion { span, items }))
}

fn unfolded(span: Span, ast: Ast) -> Ast {
    with_flag_off(span, Flag::CaseInsensitive, ast)
}

/// Returns `(?-FLAG:AST)`.
fn with_flag_off(span: Span, flag: Flag, ast: Ast) -> Ast {
    let items = vec![
        FlagsItem {
            span,
            kind: FlagsItemKind::Negation,
        },
        FlagsItem {
            span,
            kind: FlagsItemKind::Flag(flag),
        },
    ];
    let kind = GroupKind::NonCapturing(Flags { span, items });
    Ast::group(Group {
        span,
        kind,
        ast: Box::new(ast),
    })
}
