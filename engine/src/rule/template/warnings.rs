//! Warnings about templates that are valid, and probably not what their author meant.

use std::borrow::Cow;

use regex_syntax::hir::{Capture, Class, Hir, HirKind, Repetition};

use crate::ProblemCode;
use crate::rule::RuleMatch;

/// A place of a template that is probably not what its author meant.
pub(in crate::rule) struct TemplateWarning {
    /// The number of characters before the place.
    pub(in crate::rule) index: usize,
    /// The kind of the problem, for programs.
    pub(in crate::rule) code: ProblemCode,
    /// One lower-case line without a full stop.
    pub(in crate::rule) message: String,
    /// The way to cure it.
    pub(in crate::rule) hint: Cow<'static, str>,
}

/// The characters that change the meaning of a query if the code value is inserted with them.
const DELIMITERS: [char; 4] = ['#', '%', '&', '+'];
/// The characters that end a parameter of a query. A group is often a part of a URL, in which others are
/// encoded already.
const ENDS: [char; 2] = ['#', '&'];

/// Returns the warnings about the template `text`, which is valid, in order. `is_url` says that it
/// renders a `redirectUrl` rather than the code value of a `DECODE`.
pub(in crate::rule) fn find(
    text: &str,
    is_url: bool,
    rule_match: Option<&RuleMatch>,
) -> Vec<TemplateWarning> {
    let mut warnings = Vec::new();
    let mut place = Place::Path;
    let mut has_placeholder = false;
    let (mut rest, mut index) = (text, 0);
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        if let Some((shown, message, hint)) = foreign(rest, rule_match) {
            warnings.push(TemplateWarning {
                index,
                code: ProblemCode::ForeignPlaceholder,
                message,
                hint,
            });
            length = shown;
        } else if rest.starts_with("{{") || rest.starts_with("}}") {
            length = 2;
        } else if c == '{' {
            has_placeholder = true;
            length = rest.find('}').map_or(1, |end| end + 1);
            let warning = is_url.then(|| unencoded(&rest[..length], place, rule_match));
            warnings.extend(warning.flatten().map(|(message, hint)| TemplateWarning {
                index,
                code: ProblemCode::UnencodedQuery,
                message,
                hint,
            }));
        } else {
            place = place.after(c);
        }
        index += rest[..length].chars().count();
        rest = &rest[length..];
    }
    let one_code = matches!(rule_match, Some(RuleMatch::Exact(_)));
    if !is_url && !has_placeholder && warnings.is_empty() && !one_code {
        warnings.push(TemplateWarning {
            index: 0,
            code: ProblemCode::FixedCodeValue,
            message:
                "the template has no placeholder: every code value is decoded to the same text"
                    .to_owned(),
            hint:
                "insert the code value with {code}, or a group of a regex match with {1} or {name}"
                    .into(),
        });
    }
    warnings
}

/// A place of a URL.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the query.
    Path,
    /// In the query, before the `=` of a parameter.
    Query,
    /// In the query, after the `=` of a parameter.
    Value,
    Fragment,
}

impl Place {
    /// Returns the place after the character `c` at this place.
    fn after(self, c: char) -> Self {
        match (self, c) {
            (Self::Fragment, _) | (_, '#') => Self::Fragment,
            (Self::Path, '?') | (Self::Query | Self::Value, '&') => Self::Query,
            (Self::Query, '=') => Self::Value,
            (place, _) => place,
        }
    }
}

/// Returns message and hint if `placeholder`, with its braces, inserts at `place` of a URL what can
/// change the query.
fn unencoded(
    placeholder: &str,
    place: Place,
    rule_match: Option<&RuleMatch>,
) -> Option<(String, Cow<'static, str>)> {
    if placeholder == "{code}" {
        let in_query = matches!(place, Place::Query | Place::Value);
        return (in_query && may_have_delimiters(rule_match)).then(|| {
            let message = "{code} stands in a query as it is: a &, #, + or % of the code value \
                           changes the query";
            let hint = "write {code:url}, which percent-encodes the code value";
            (message.to_owned(), hint.into())
        });
    }
    let name = placeholder.strip_prefix('{')?.strip_suffix('}')?;
    let Some(RuleMatch::Regex(pattern)) = rule_match else {
        return None;
    };
    let number = match name.parse() {
        Ok(number) => number,
        Err(_) => pattern.group_named(name)?,
    };
    let group = group(pattern.hir(), number)?;
    (place == Place::Value && may_match(group, &ENDS)).then(|| {
        let message = format!(
            "{placeholder} stands in a query as it is: a & or # of the group changes the query"
        );
        let hint = format!(
            "write {{{name}:url}}, which percent-encodes the group, or exclude & and # from it"
        );
        (message, hint.into())
    })
}

/// Returns the length in bytes of what `text` begins with, a message and a hint, if that inserts
/// something in the templates of other programs and is text here.
fn foreign(
    text: &str,
    rule_match: Option<&RuleMatch>,
) -> Option<(usize, String, Cow<'static, str>)> {
    const DIALECTS: &str = "a placeholder is {code}, or {1} or {name} for a group of a regex match";
    let is_text = |length: usize, what: &str| {
        let message = format!(
            "{} does not insert {what} here: it is text",
            &text[..length]
        );
        Some((length, message, DIALECTS.into()))
    };
    // In double braces, or in such that are percent-encoded.
    for (open, close) in [("{{", "}}"), ("%7B", "%7D"), ("%7b", "%7d")] {
        if let Some(inside) = text.strip_prefix(open) {
            let name = word(inside);
            if inside[name.len()..].starts_with(close) && is_value(name, rule_match) {
                let length = open.len() + name.len() + close.len();
                let message = format!(
                    "{} does not insert a value here: it is text",
                    &text[..length]
                );
                return Some((length, message, format!("write {{{name}}}").into()));
            }
        }
    }
    if let Some(after) = text.strip_prefix('\\') {
        return match after.starts_with(|c: char| c.is_ascii_digit()) {
            true => is_text(2, "a group"),
            false => None,
        };
    }
    let after = text.strip_prefix('$')?;
    if after.starts_with('{') && !after.starts_with("{{") {
        let placeholder = after.split_inclusive('}').next().unwrap_or(after);
        let message = format!("${placeholder} is a $ and a placeholder here: the $ is text");
        return Some((
            1,
            message,
            format!("write {placeholder}, without the $").into(),
        ));
    }
    if after.starts_with(|c: char| c.is_ascii_digit()) {
        return is_text(2, "a group");
    }
    let name = word(after);
    match is_value(name, rule_match) {
        true => is_text(1 + name.len(), "a value"),
        false => None,
    }
}

/// Returns the letters and digits with which `text` begins.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric());
    &text[..end.unwrap_or(text.len())]
}

/// Returns `true` if `name` could be meant as the name of a value: the code value, or a group by its
/// number or name.
fn is_value(name: &str, rule_match: Option<&RuleMatch>) -> bool {
    let is_group = || match rule_match {
        Some(RuleMatch::Regex(pattern)) => pattern.group_named(name).is_some(),
        _ => false,
    };
    let is_number = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    is_number || matches!(name, "code" | "codeValue") || is_group()
}

/// Returns `true` if a code value that `rule_match` accepts may contain one of [`DELIMITERS`].
fn may_have_delimiters(rule_match: Option<&RuleMatch>) -> bool {
    match rule_match {
        Some(RuleMatch::Exact(text)) => text.contains(DELIMITERS),
        Some(RuleMatch::Regex(pattern)) => may_match(pattern.hir(), &DELIMITERS),
        Some(RuleMatch::Prefix(_) | RuleMatch::Url(_) | RuleMatch::Emv(_)) | None => true,
    }
}

/// Returns the expression in the group of this number.
fn group(hir: &Hir, number: u32) -> Option<&Hir> {
    match hir.kind() {
        HirKind::Capture(Capture { index, sub, .. }) if *index == number => Some(sub),
        HirKind::Capture(Capture { sub, .. }) | HirKind::Repetition(Repetition { sub, .. }) => {
            group(sub, number)
        }
        HirKind::Concat(subs) | HirKind::Alternation(subs) => {
            subs.iter().find_map(|sub| group(sub, number))
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => None,
    }
}

/// Returns `true` if a match of `hir` may contain one of `characters`, which are ASCII.
fn may_match(hir: &Hir, characters: &[char]) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal
            .0
            .iter()
            .any(|byte| characters.contains(&char::from(*byte))),
        HirKind::Class(Class::Unicode(class)) => class.iter().any(|range| {
            characters
                .iter()
                .any(|c| (range.start()..=range.end()).contains(c))
        }),
        HirKind::Class(Class::Bytes(class)) => !class.ranges().is_empty(),
        HirKind::Capture(Capture { sub, .. }) | HirKind::Repetition(Repetition { sub, .. }) => {
            may_match(sub, characters)
        }
        HirKind::Concat(subs) | HirKind::Alternation(subs) => {
            subs.iter().any(|sub| may_match(sub, characters))
        }
    }
}
