//! Patterns without the assertions that hold for every whole code value.

use regex_syntax::hir::{Hir, HirKind, Look};

/// Returns the parts of `hir` without the assertions at its ends, which always hold: a pattern
/// matches a whole code value.
pub(super) fn without_anchors(hir: &Hir) -> &[Hir] {
    let mut parts = match hir.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        _ => std::slice::from_ref(hir),
    };
    while let [first, rest @ ..] = parts
        && *first.kind() == HirKind::Look(Look::Start)
    {
        parts = rest;
    }
    while let [rest @ .., last] = parts
        && *last.kind() == HirKind::Look(Look::End)
    {
        parts = rest;
    }
    parts
}
