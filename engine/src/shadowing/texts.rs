//! The texts that a pattern matches, where they are so few that another match would say the same.

use regex_syntax::hir::{Capture, Class, Hir, HirKind, Repetition};

use super::anchors::without_anchors;
use super::lazy_dfa::{Budget, LazyDfa};
use crate::CodeValue;

/// The most texts that are collected: the empty text, which is not a code value, and two others.
const MAX_TEXTS: usize = 3;

/// The code values that a pattern matches.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Matched {
    /// No code value.
    None,
    /// This one only.
    One(String),
}

/// Returns the code values that `pattern` matches if it is proved that they are at most one.
pub(super) fn matched(pattern: &Hir, budget: &mut Budget) -> Option<Matched> {
    let parts = without_anchors(pattern);
    let mut texts = concatenated(parts);
    if let Some(texts) = &mut texts {
        texts.retain(|text| is_code_value(text));
        if texts.is_empty() {
            return Some(Matched::None);
        }
    }
    let has_looks = parts
        .iter()
        .any(|part| !part.properties().look_set().is_empty());
    if has_looks {
        // An assertion can only exclude some of the texts.
        let mut dfa = LazyDfa::new(pattern, budget)?;
        match &mut texts {
            None if dfa.accepts_some_text(budget)? => return None,
            None => return Some(Matched::None),
            Some(texts) => {
                let mut accepted = Vec::with_capacity(texts.len());
                for text in texts.drain(..) {
                    if dfa.accepts_text(&text, budget)? {
                        accepted.push(text);
                    }
                }
                *texts = accepted;
            }
        }
    }
    match texts?.as_slice() {
        [] => Some(Matched::None),
        [text] => String::from_utf8(text.clone()).ok().map(Matched::One),
        _ => None,
    }
}

/// Different texts, none of which is longer than a code value; `None` if there are more than
/// [`MAX_TEXTS`].
type Texts = Option<Vec<Vec<u8>>>;

/// Returns the texts that `hir` matches if its assertions are ignored.
fn texts(hir: &Hir) -> Texts {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => limited(vec![literal.0.to_vec()]),
        HirKind::Class(class) => members(class),
        HirKind::Capture(Capture { sub, .. }) => texts(sub),
        HirKind::Concat(subs) => concatenated(subs),
        HirKind::Alternation(subs) => {
            let mut all = Vec::new();
            for sub in subs {
                all.extend(texts(sub)?);
                all.sort_unstable();
                all.dedup();
            }
            limited(all)
        }
        HirKind::Repetition(repetition) => repeated(repetition),
    }
}

fn members(class: &Class) -> Texts {
    match class {
        Class::Unicode(class) => {
            let members = class.iter().flat_map(|range| range.start()..=range.end());
            let members = members.take(MAX_TEXTS + 1);
            limited(members.map(|c| c.to_string().into_bytes()).collect())
        }
        Class::Bytes(class) if class.ranges().is_empty() => Some(Vec::new()),
        Class::Bytes(_) => None,
    }
}

/// Returns the texts of `subs` one after the other. If one of them matches nothing, so does the whole.
fn concatenated(subs: &[Hir]) -> Texts {
    let mut whole = Some(vec![Vec::new()]);
    for sub in subs {
        whole = match (whole, texts(sub)) {
            (_, Some(texts)) if texts.is_empty() => return Some(Vec::new()),
            (Some(whole), Some(texts)) => joined(whole, &texts),
            (None, _) | (_, None) => None,
        };
        if whole.as_ref().is_some_and(Vec::is_empty) {
            return whole;
        }
    }
    whole
}

fn repeated(repetition: &Repetition) -> Texts {
    let Repetition { min, max, sub, .. } = repetition;
    if *max == Some(0) {
        return Some(vec![Vec::new()]);
    }
    let once = texts(sub)?;
    if once.iter().all(Vec::is_empty) {
        // Nothing, or the empty text only.
        let can_be_empty = *min == 0 || !once.is_empty();
        return Some(if can_be_empty { vec![Vec::new()] } else { once });
    }
    let mut fewest = vec![Vec::new()];
    for _ in 0..*min {
        fewest = joined(fewest, &once)?;
        if fewest.is_empty() {
            return Some(fewest);
        }
    }
    let mut all = fewest.clone();
    let mut longest = fewest;
    let more = max.map_or(u32::MAX, |max| max - min);
    for _ in 0..more {
        longest = joined(longest, &once)?;
        if longest.is_empty() {
            break;
        }
        let known = all.len();
        all.extend(longest.iter().cloned());
        all.sort_unstable();
        all.dedup();
        all = limited(all)?;
        if all.len() == known {
            break;
        }
    }
    Some(all)
}

/// Returns each of `left` followed by each of `right`.
fn joined(mut left: Vec<Vec<u8>>, right: &[Vec<u8>]) -> Texts {
    if let [only] = right {
        for text in &mut left {
            text.extend_from_slice(only);
        }
        return limited(left);
    }
    let mut all = Vec::with_capacity(left.len() * right.len());
    for begin in &left {
        all.extend(right.iter().map(|end| [&begin[..], end].concat()));
    }
    all.sort_unstable();
    all.dedup();
    limited(all)
}

/// Drops the texts that are longer than a code value: nothing makes them shorter.
fn limited(mut texts: Vec<Vec<u8>>) -> Texts {
    let is_continuation = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
    let characters = |text: &[u8]| text.len() - text.iter().filter(is_continuation).count();
    texts.retain(|text| {
        text.len() <= CodeValue::MAX_CHARACTERS || characters(text) <= CodeValue::MAX_CHARACTERS
    });
    (texts.len() <= MAX_TEXTS).then_some(texts)
}

fn is_code_value(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| CodeValue::new(text).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Pattern;

    #[test]
    fn patterns_of_one_text_or_none_are_known() {
        let one = |text: &str| Some(Matched::One(text.to_owned()));
        let longest = "a".repeat(8192);
        for (pattern, expected) in [
            ("abc", one("abc")),
            ("^abc$", one("abc")),
            ("^(a)(?:b)c{2}$", one("abcc")),
            ("a?", one("a")),
            ("a|a", one("a")),
            ("[a]b{1}", one("ab")),
            ("a{8192}", one(&longest)),
            ("a{8192,}", one(&longest)),
            (r"\ba\b", one("a")),
            (r"a\b|a\Bb", None),
            (r"a|a\bb", one("a")),
            ("", Some(Matched::None)),
            ("(?:){3}", Some(Matched::None)),
            ("a{8193}", Some(Matched::None)),
            ("(?:a{100}){100}", Some(Matched::None)),
            ("[a&&b]", Some(Matched::None)),
            ("x[a&&b]*", one("x")),
            (r"a\bb", Some(Matched::None)),
            (r"[a-z]\b[a-z]+", Some(Matched::None)),
            (r"[a-z]\b[a-z]*", None),
            ("(?i)a", None),
            ("a|b", None),
            ("ab?", None),
            ("a+", None),
            ("a{2,3}", None),
            (r"28\d{15}", None),
        ] {
            let parsed = Pattern::parse(pattern, 100_000).unwrap();
            let found = matched(parsed.hir(), &mut Budget::default());
            assert_eq!(found, expected, "{pattern}");
        }
    }
}
