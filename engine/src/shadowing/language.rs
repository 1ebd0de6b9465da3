//! The language of a match: the code values that it accepts, as an expression.

use std::borrow::Cow;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Dot, Hir, Repetition};

use crate::rule::{HostMatch, MAX_LABEL_CHARACTERS, RuleMatch, UrlMatch};

/// The first characters of every payload that an `emv` match accepts.
pub(super) const PAYLOAD_BEGIN: &str = "000201";

/// The characters that [`is_trimmed`](crate::parameter::is_trimmed), in ranges.
const TRIMMED: [(char, char); 9] = [
    ('\0', ' '),
    ('\u{7f}', '\u{a0}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{2000}', '\u{200a}'),
    ('\u{2028}', '\u{2029}'),
    ('\u{202f}', '\u{202f}'),
    ('\u{205f}', '\u{205f}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{feff}', '\u{feff}'),
];

/// Returns an expression that matches exactly the code values that `rule_match` accepts, each as a
/// whole. Of an `emv` it also matches others.
pub(super) fn from_match(rule_match: &RuleMatch) -> Cow<'_, Hir> {
    match rule_match {
        RuleMatch::Exact(text) => Cow::Owned(literal(text)),
        RuleMatch::Prefix(text) => Cow::Owned(beginning(text)),
        RuleMatch::Regex(pattern) => Cow::Borrowed(pattern.hir()),
        RuleMatch::Url(url) => Cow::Owned(url_language(url)),
        RuleMatch::Emv(_) => Cow::Owned(beginning(PAYLOAD_BEGIN)),
    }
}

/// Returns an expression that matches the texts that trimming changes.
pub(super) fn untrimmed() -> Hir {
    let trimmed = || class(&TRIMMED);
    Hir::alternation(vec![
        Hir::concat(vec![trimmed(), anything()]),
        Hir::concat(vec![anything(), trimmed()]),
    ])
}

fn url_language(url: &UrlMatch) -> Hir {
    let mut parts = vec![in_any_case(&url.scheme), literal("://")];
    match &url.host {
        HostMatch::Exact(name) => parts.push(in_any_case(name)),
        HostMatch::Below(domain) => parts.extend([labels(), in_any_case(domain)]),
    }
    if let Some(port) = url.port {
        parts.push(literal(&format!(":{port}")));
    }
    let path = url.path.as_deref().unwrap_or_default();
    parts.push(literal(path));
    parts.push(if path.ends_with('/') {
        anything()
    } else {
        let below = Hir::concat(vec![
            class(&[('#', '#'), ('/', '/'), ('?', '?')]),
            anything(),
        ]);
        repeated(below, 0, Some(1))
    });
    Hir::concat(parts)
}

/// Returns one or more labels of a host, each with a dot after it.
fn labels() -> Hir {
    let character = class(&[('-', '-'), ('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]);
    let longest = u32::try_from(MAX_LABEL_CHARACTERS).ok();
    let label = repeated(character, 1, longest);
    repeated(Hir::concat(vec![label, literal(".")]), 1, None)
}

fn in_any_case(text: &str) -> Hir {
    let character = |c: char| {
        let (upper, lower) = (c.to_ascii_uppercase(), c.to_ascii_lowercase());
        class(&[(upper, upper), (lower, lower)])
    };
    Hir::concat(text.chars().map(character).collect())
}

fn beginning(text: &str) -> Hir {
    Hir::concat(vec![literal(text), anything()])
}

fn literal(text: &str) -> Hir {
    Hir::literal(text.as_bytes())
}

fn anything() -> Hir {
    repeated(Hir::dot(Dot::AnyChar), 0, None)
}

fn class(ranges: &[(char, char)]) -> Hir {
    let ranges = ranges
        .iter()
        .map(|&(start, end)| ClassUnicodeRange::new(start, end));
    Hir::class(Class::Unicode(ClassUnicode::new(ranges)))
}

fn repeated(sub: Hir, min: u32, max: Option<u32>) -> Hir {
    Hir::repetition(Repetition {
        min,
        max,
        greedy: true,
        sub: Box::new(sub),
    })
}

#[cfg(test)]
mod tests {
    use super::TRIMMED;
    use crate::parameter::is_trimmed;

    #[test]
    fn the_ranges_are_those_of_the_characters_that_are_trimmed() {
        for c in '\0'..=char::MAX {
            let mut ranges = TRIMMED.iter();
            let in_a_range = ranges.any(|&(first, last)| (first..=last).contains(&c));
            assert_eq!(in_a_range, is_trimmed(c), "{c:?}");
        }
    }
}
