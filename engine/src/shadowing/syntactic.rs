//! Decides from the rules' fields and syntax trees, without DFAs, whether one covers another: enough
//! for most pairs.

use regex_syntax::hir::{Capture, Class, ClassUnicode, Hir, HirKind};

use super::anchors::without_anchors;
use super::language;
use crate::rule::{DataObjectId, EmvMatch, HostMatch, RuleMatch, UrlMatch};

/// Returns `true` if `wide` accepts all code values that `narrow`, whose language is `language`,
/// accepts; `None` if the syntax does not decide that.
///
/// `wide` accepts at least one code value that `narrow` accepts; of an `exact` this is the only one.
pub(super) fn covers(wide: &RuleMatch, narrow: &RuleMatch, language: &Hir) -> Option<bool> {
    match (wide, narrow) {
        (_, RuleMatch::Exact(_)) => Some(true),
        (RuleMatch::Prefix(text), RuleMatch::Prefix(longer)) => Some(longer.starts_with(&**text)),
        (RuleMatch::Url(wide), RuleMatch::Url(narrow)) => Some(url_covers(wide, narrow)),
        (RuleMatch::Emv(wide), RuleMatch::Emv(narrow)) => Some(emv_covers(wide, narrow)),
        (RuleMatch::Emv(_), _) => Some(false),
        (RuleMatch::Prefix(_) | RuleMatch::Regex(_), _) => {
            let wide = language::from_match(wide);
            (*wide == *language || run_covers(&wide, language)).then_some(true)
        }
        (RuleMatch::Exact(_) | RuleMatch::Url(_), _) => None,
    }
}

fn url_covers(wide: &UrlMatch, narrow: &UrlMatch) -> bool {
    let is_below = |name: &str, domain: &str| {
        name.strip_suffix(domain)
            .is_some_and(|labels| labels.ends_with('.'))
    };
    let host = match (&wide.host, &narrow.host) {
        (HostMatch::Exact(wide), HostMatch::Exact(narrow)) => wide == narrow,
        (HostMatch::Below(domain), HostMatch::Exact(name)) => is_below(name, domain),
        (HostMatch::Below(domain), HostMatch::Below(other)) => {
            domain == other || is_below(other, domain)
        }
        (HostMatch::Exact(_), HostMatch::Below(_)) => false,
    };
    let path = match (&wide.path, &narrow.path) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(path), Some(longer)) => longer
            .strip_prefix(&**path)
            .is_some_and(|rest| path.ends_with('/') || rest.is_empty() || rest.starts_with('/')),
    };
    wide.scheme == narrow.scheme && wide.port == narrow.port && host && path
}

/// Returns `true` if `narrow` requires everything that `wide` requires.
fn emv_covers(wide: &EmvMatch, narrow: &EmvMatch) -> bool {
    let has_guid = |guid: &str| {
        narrow.guid.as_deref() == Some(guid)
            || narrow.tags.iter().any(|(path, value)| {
                path.id.is_merchant_account()
                    && path.sub_id == Some(DataObjectId::GUID)
                    && value.eq_ignore_ascii_case(guid)
            })
    };
    (narrow.check_crc || !wide.check_crc)
        && (wide.allow_empty || !narrow.allow_empty)
        && wide.guid.as_deref().is_none_or(has_guid)
        && wide.tags.iter().all(|tag| narrow.tags.contains(tag))
}

/// Returns `true` if `wide` is a text and then any number of members of a class (`https://.*`), and
/// every match of `narrow` begins with that text and consists of members.
fn run_covers(wide: &Hir, narrow: &Hir) -> bool {
    let Some(TextAndRun { text, class, min }) = TextAndRun::from_hir(wide) else {
        return false;
    };
    // Longer than the text, as a run of at least one member needs it. No code value is empty.
    let is_longer = text.is_empty() || narrow.properties().minimum_len() > Some(text.len());
    (min == 0 || is_longer)
        && matches!(strip(narrow, text), Stripped::All)
        && consists_of(narrow, class)
}

/// A text, and then at least `min` (0 or 1) members of a class.
struct TextAndRun<'a> {
    text: &'a [u8],
    class: &'a ClassUnicode,
    min: u32,
}

impl<'a> TextAndRun<'a> {
    fn from_hir(hir: &'a Hir) -> Option<Self> {
        let hir = without_group(hir);
        let (text, run) = match without_anchors(hir) {
            [run] => (&[][..], run),
            [text, run] => match text.kind() {
                HirKind::Literal(literal) => (&*literal.0, run),
                _ => return None,
            },
            _ => return None,
        };
        let HirKind::Repetition(run) = without_group(run).kind() else {
            return None;
        };
        let HirKind::Class(Class::Unicode(class)) = without_group(&run.sub).kind() else {
            return None;
        };
        let min = run.min;
        (min <= 1 && run.max.is_none()).then_some(Self { text, class, min })
    }
}

fn without_group(mut hir: &Hir) -> &Hir {
    while let HirKind::Capture(Capture { sub, .. }) = hir.kind() {
        hir = sub;
    }
    hir
}

/// The rest of a text after an expression matched its beginning.
enum Stripped<'a> {
    /// Every match begins with the whole text.
    All,
    /// Every match is the text without this rest.
    But(&'a [u8]),
    /// The rest is not known, or not the same for every match.
    Unknown,
}

/// Strips what `hir` matches off the beginning of `text`.
fn strip<'a>(hir: &Hir, text: &'a [u8]) -> Stripped<'a> {
    if text.is_empty() {
        return Stripped::All;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Stripped::But(text),
        HirKind::Literal(literal) => match text.strip_prefix(&*literal.0) {
            Some(rest) if !rest.is_empty() => Stripped::But(rest),
            Some(_) => Stripped::All,
            None if literal.0.starts_with(text) => Stripped::All,
            None => Stripped::Unknown,
        },
        HirKind::Class(_) => Stripped::Unknown,
        HirKind::Capture(Capture { sub, .. }) => strip(sub, text),
        HirKind::Repetition(repetition) => {
            // One repetition is enough: a repeated part is seldom what all matches begin with.
            match strip(&repetition.sub, text) {
                Stripped::All if repetition.min > 0 => Stripped::All,
                _ => Stripped::Unknown,
            }
        }
        HirKind::Concat(subs) => {
            let mut rest = text;
            for sub in subs {
                match strip(sub, rest) {
                    Stripped::But(less) => rest = less,
                    end => return end,
                }
            }
            Stripped::But(rest)
        }
        HirKind::Alternation(subs) => {
            let mut each = subs.iter().map(|sub| strip(sub, text));
            if each.all(|stripped| matches!(stripped, Stripped::All)) {
                Stripped::All
            } else {
                Stripped::Unknown
            }
        }
    }
}

/// Returns `true` if every match of `hir` consists of members of `class`.
fn consists_of(hir: &Hir, class: &ClassUnicode) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).is_ok_and(|text| {
            text.chars().all(|c| {
                let mut ranges = class.ranges().iter();
                ranges.any(|range| (range.start()..=range.end()).contains(&c))
            })
        }),
        HirKind::Class(Class::Unicode(some)) => {
            let mut others = some.clone();
            others.difference(class);
            others.ranges().is_empty()
        }
        HirKind::Class(Class::Bytes(_)) => false,
        HirKind::Capture(Capture { sub, .. }) => consists_of(sub, class),
        HirKind::Repetition(repetition) => consists_of(&repetition.sub, class),
        HirKind::Concat(subs) | HirKind::Alternation(subs) => {
            subs.iter().all(|sub| consists_of(sub, class))
        }
    }
}
