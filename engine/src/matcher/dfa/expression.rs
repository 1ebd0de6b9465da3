//! Parts of expressions.

use std::hash::{DefaultHasher, Hash, Hasher};

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::matcher::char_class::CharClass;

/// Returns the parts of `hir` that follow each other.
pub(super) fn flattened(hir: &Hir) -> Vec<&Hir> {
    match hir.kind() {
        HirKind::Capture(capture) => flattened(&capture.sub),
        HirKind::Concat(subs) => subs.iter().flat_map(flattened).collect(),
        HirKind::Empty => Vec::new(),
        _ => vec![hir],
    }
}

/// Returns the class of `hir` if it matches exactly one character.
pub(super) fn one_character(hir: &Hir) -> Option<CharClass> {
    match hir.kind() {
        HirKind::Class(class) => Some(CharClass::new(class)),
        HirKind::Literal(literal) => {
            let mut characters = std::str::from_utf8(&literal.0).ok()?.chars();
            let c = characters.next()?;
            characters.next().is_none().then(|| CharClass::of(c))
        }
        HirKind::Capture(capture) => one_character(&capture.sub),
        _ => None,
    }
}

/// Returns a hash of `hir`, which the library's type has none of.
pub(super) fn fingerprint(hir: &Hir) -> u64 {
    fn add(hir: &Hir, hasher: &mut DefaultHasher) {
        std::mem::discriminant(hir.kind()).hash(hasher);
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => literal.0.hash(hasher),
            HirKind::Class(Class::Unicode(class)) => {
                let ranges = class.ranges().iter();
                ranges.for_each(|range| (range.start(), range.end()).hash(hasher));
            }
            HirKind::Class(Class::Bytes(class)) => {
                let ranges = class.ranges().iter();
                ranges.for_each(|range| (range.start(), range.end()).hash(hasher));
            }
            HirKind::Repetition(repetition) => {
                (repetition.min, repetition.max).hash(hasher);
                add(&repetition.sub, hasher);
            }
            HirKind::Capture(capture) => add(&capture.sub, hasher),
            HirKind::Concat(subs) | HirKind::Alternation(subs) => {
                subs.iter().for_each(|sub| add(sub, hasher));
            }
        }
    }
    let mut hasher = DefaultHasher::new();
    add(hir, &mut hasher);
    hasher.finish()
}
