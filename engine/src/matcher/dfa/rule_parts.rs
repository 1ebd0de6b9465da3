//! The expressions that a rule consists of.

use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, Repetition};

use super::trie::Tail;
use crate::matcher::byte_set::ByteSet;
use crate::matcher::char_class::CharClass;
use crate::matcher::segment::Literal;
use crate::rule::{HostMatch, MAX_LABEL_CHARACTERS, RuleMatch, UrlMatch};

/// A rule: what its parts match one after the other, and then the tail.
pub(super) struct RuleParts {
    pub(super) parts: Vec<Hir>,
    pub(super) tail: Tail,
}

/// Returns the parts of a rule; `None` for `emv`, which no expression can express.
pub(super) fn rule_parts(rule_match: &RuleMatch) -> Option<RuleParts> {
    let literal = |text: &str| vec![Hir::literal(text.as_bytes())];
    let (parts, tail) = match rule_match {
        RuleMatch::Exact(text) => (literal(text), Tail::End),
        RuleMatch::Prefix(text) => (literal(text), Tail::Anything),
        RuleMatch::Regex(pattern) => (vec![pattern.hir().clone()], Tail::End),
        RuleMatch::Url(url) => url_parts(url),
        RuleMatch::Emv(_) => return None,
    };
    Some(RuleParts { parts, tail })
}

/// Returns the bytes with which a code value that the rule accepts can begin, or more.
pub(super) fn first_bytes(rule_match: &RuleMatch) -> ByteSet {
    let mut set = ByteSet::default();
    let Some(RuleParts { parts, .. }) = rule_parts(rule_match) else {
        set.insert(b'0', b'0');
        return set;
    };
    let mut extractor = Extractor::new();
    extractor
        .limit_literal_len(1)
        .limit_class(256)
        .limit_total(256);
    let prefixes = extractor.extract(&Hir::concat(parts));
    let first = |literal: &regex_syntax::hir::literal::Literal| literal.as_bytes().first().copied();
    let firsts = prefixes
        .literals()
        .map(|all| all.iter().map(first).collect());
    match firsts {
        Some(Some::<Vec<u8>>(bytes)) => bytes.iter().for_each(|&byte| set.insert(byte, byte)),
        // Unknown, or a code value may begin with anything.
        _ => return ByteSet::ALL,
    }
    set
}

fn url_parts(url: &UrlMatch) -> (Vec<Hir>, Tail) {
    let UrlMatch {
        scheme,
        host,
        port,
        path,
    } = url;
    let any_case = |text: &str| Literal::any_case(text).to_hir();
    let mut parts = vec![any_case(&format!("{scheme}://"))];
    match host {
        HostMatch::Exact(host) => parts.push(any_case(host)),
        HostMatch::Below(domain) => {
            let repeated = |sub, min, max| {
                Hir::repetition(Repetition {
                    min,
                    max,
                    greedy: true,
                    sub: Box::new(sub),
                })
            };
            let label = Hir::class(CharClass::label().to_hir_class());
            let most = u32::try_from(MAX_LABEL_CHARACTERS).ok();
            let label = Hir::concat(vec![repeated(label, 1, most), Hir::literal(*b".")]);
            parts.push(repeated(label, 1, None));
            parts.push(any_case(domain));
        }
    }
    if let Some(port) = port {
        parts.push(Hir::literal(format!(":{port}").into_bytes()));
    }
    let Some(path) = path else {
        return (parts, Tail::UrlBoundary);
    };
    parts.push(Hir::literal(path.as_bytes()));
    let tail = if path.ends_with('/') {
        Tail::Anything
    } else {
        Tail::UrlBoundary
    };
    (parts, tail)
}
