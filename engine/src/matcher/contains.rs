//! Remainders that are a text between members of one class, found by search instead of an automaton.

use memchr::memmem::Finder;
use regex_syntax::hir::{Class, Hir, HirKind, Literal, Repetition};

use super::char_class::CharClass;
use super::cost::{self, Cost};

/// The number of bytes that a search for a text reads in a step.
const SEARCHED_BYTES: u64 = 8;

/// Matches a remainder that must contain a text, between any number of members of one class:
/// `.*text.*`.
///
/// EMVCo payloads are long, and many rules look for such a text in them.
///
/// PERF: workload of `ratios`, 1000 `Patterns`, by automaton → by search: 1,304 → 1,210 instructions
/// a lookup (callgrind, 2-core x86-64, November 2026).
#[derive(Debug)]
pub(super) struct Contains {
    class: CharClass,
    finder: Box<Finder<'static>>,
}

impl Contains {
    /// Returns the matcher of `hir`, or `None` if `hir` is not of this form or its text has
    /// characters that are not members of the class.
    pub(super) fn from_hir(hir: &Hir) -> Option<Self> {
        let HirKind::Concat(parts) = hir.kind() else {
            return None;
        };
        let [before, text, after] = parts.as_slice() else {
            return None;
        };
        let (before, after) = (repeated_class(before)?, repeated_class(after)?);
        let HirKind::Literal(Literal(text)) = text.kind() else {
            return None;
        };
        let class = CharClass::new(before);
        let is_member = |text: &str| text.chars().all(|c| class.contains(c));
        if before != after || !str::from_utf8(text).is_ok_and(is_member) {
            return None;
        }
        Some(Self {
            class,
            finder: Box::new(Finder::new(text).into_owned()),
        })
    }

    /// Returns `true` if `code` matches from the byte `from` to its end.
    pub(super) fn accepts(&self, code: &str, from: usize) -> bool {
        let rest = &code.as_bytes()[from..];
        self.finder.find(rest).is_some()
            && self.class.run_end(code, from, 0, u32::MAX) == Some(code.len())
    }

    /// Returns the most steps that [`Self::accepts`] can take for `code` from the byte `from` on.
    pub(super) fn steps(&self, code: &str, from: usize) -> u64 {
        (code.len() - from) as u64 / SEARCHED_BYTES + self.class.run_steps(code, from, u32::MAX)
    }

    /// Returns the most steps that [`Self::accepts`] can take for any code value.
    pub(super) fn bound(&self) -> Cost {
        let search = Cost {
            fixed: 0,
            linear: cost::MAX_BYTES / SEARCHED_BYTES,
        };
        search + self.class.run_bound(u32::MAX)
    }

    /// Returns characters that the class has, and the text.
    pub(super) fn class_and_text(&self) -> (&CharClass, &[u8]) {
        (&self.class, self.finder.needle())
    }

    /// Returns the number of bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        size_of::<Finder<'_>>() + self.finder.needle().len() + self.class.heap_bytes()
    }
}

/// Returns the class of `hir` if it is any number of members of a class.
fn repeated_class(hir: &Hir) -> Option<&Class> {
    let HirKind::Repetition(Repetition {
        min: 0,
        max: None,
        sub,
        ..
    }) = hir.kind()
    else {
        return None;
    };
    match sub.kind() {
        HirKind::Class(class) => Some(class),
        _ => None,
    }
}
