//! Warnings about templates that are valid, and probably not what their author meant.

use regex_syntax::hir::{Capture, Class, Hir, HirKind, Repetition};

use crate::ProblemCode;
use crate::rule::RuleMatch;

/// A place of a template that is probably not what its author meant.
pub(in crate::rule) struct TemplateWarning {
    /// The number of characters before the place.
    pub(in crate::rule) index: usize,
    pub(in crate::rule) code: ProblemCode,
    /// One lower-case line without a full stop.
    pub(in crate::rule) message: String,
    /// The way to cure it.
    pub(in crate::rule) hint: &'static str,
}

/// The characters that change the meaning of a query if they are inserted as they are.
const DELIMITERS: [char; 4] = ['#', '%', '&', '+'];

/// Returns the warnings about the template `text`, which is valid, in order. `is_url` says that it
/// renders a `redirectUrl` rather than the code value of a `DECODE`.
pub(in crate::rule) fn find(
    text: &str,
    is_url: bool,
    rule_match: Option<&RuleMatch>,
) -> Vec<TemplateWarning> {
    let characters: Vec<char> = text.chars().collect();
    let mut warnings = Vec::new();
    let (mut has_placeholder, mut in_query, mut in_fragment) = (false, false, false);
    let mut at = 0;
    while let Some(&c) = characters.get(at) {
        let next = characters.get(at + 1);
        let mut length = 1;
        match (c, next) {
            ('{', Some('{')) | ('}', Some('}')) => length = 2,
            ('{', _) => {
                has_placeholder = true;
                let end = characters[at..].iter().position(|&c| c == '}');
                length = end.map_or(1, |end| end + 1);
                let inside: String = characters[at..at + length].iter().collect();
                if is_url && in_query && inside == "{code}" && may_have_delimiters(rule_match) {
                    warnings.push(TemplateWarning {
                        index: at,
                        code: ProblemCode::UnencodedQuery,
                        message:
                            "{code} stands in a query as it is: a &, #, + or % of the code value \
                                  changes the query"
                                .to_owned(),
                        hint: "write {code:url}, which percent-encodes the code value",
                    });
                }
            }
            ('$', Some('{' | '0'..='9')) | ('\\', Some('0'..='9')) => {
                let shown: String = characters[at..].iter().take(2).collect();
                warnings.push(TemplateWarning {
                    index: at,
                    code: ProblemCode::ForeignPlaceholder,
                    message: format!("{shown} does not insert a group here: {c} is text"),
                    hint: "a placeholder is {code}, or {1} or {name} for a group of a regex match",
                });
            }
            ('?', _) => in_query = !in_fragment,
            ('#', _) => (in_query, in_fragment) = (false, true),
            _ => {}
        }
        at += length;
    }
    let one_code = matches!(rule_match, Some(RuleMatch::Exact(_)));
    if !is_url && !has_placeholder && warnings.is_empty() && !one_code {
        warnings.push(TemplateWarning {
            index: 0,
            code: ProblemCode::FixedCodeValue,
            message: "the template has no placeholder: every code value is decoded to the same text"
                .to_owned(),
            hint: "insert the code value with {code}, or a group of a regex match with {1} or {name}",
        });
    }
    warnings
}

/// Returns `true` if a code value that `rule_match` accepts may contain one of [`DELIMITERS`].
fn may_have_delimiters(rule_match: Option<&RuleMatch>) -> bool {
    match rule_match {
        Some(RuleMatch::Exact(text)) => text.contains(DELIMITERS),
        Some(RuleMatch::Regex(pattern)) => may_match_delimiter(pattern.hir()),
        Some(RuleMatch::Prefix(_) | RuleMatch::Url(_) | RuleMatch::Emv(_)) | None => true,
    }
}

fn may_match_delimiter(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => false,
        HirKind::Literal(literal) => literal
            .0
            .iter()
            .any(|byte| DELIMITERS.contains(&char::from(*byte))),
        HirKind::Class(Class::Unicode(class)) => class.iter().any(|range| {
            DELIMITERS
                .iter()
                .any(|c| (range.start()..=range.end()).contains(c))
        }),
        HirKind::Class(Class::Bytes(class)) => !class.ranges().is_empty(),
        HirKind::Capture(Capture { sub, .. }) | HirKind::Repetition(Repetition { sub, .. }) => {
            may_match_delimiter(sub)
        }
        HirKind::Concat(subs) | HirKind::Alternation(subs) => subs.iter().any(may_match_delimiter),
    }
}
