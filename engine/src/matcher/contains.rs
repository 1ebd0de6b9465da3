//! Remainders that are texts between members of one class, found by search instead of an automaton.

use memchr::memmem::Finder;
use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

use super::byte_set::ByteSet;
use super::char_class::CharClass;
use super::cost::{self, Cost};

/// The number of bytes that a search for a text reads in a step.
const SEARCHED_BYTES: u64 = 8;
/// The most bytes between two runs of the class, or of the end.
const MAX_WORD: usize = 1024;

/// Matches a remainder that must contain some texts one after the other, between any number of members
/// of one class, and end in a certain way: `.*text.*another.*[0-9]{4}`.
///
/// EMVCo payloads are long, and many rules look for such texts in them.
///
/// PERF: workload of `ratios`, 1000 `Patterns`, by automaton → by search: 1,304 → 1,210 instructions
/// a lookup (callgrind, 2-core x86-64, November 2026).
#[derive(Debug)]
pub(super) struct Contains {
    class: CharClass,
    texts: Box<[Finder<'static>]>,
    /// The bytes that the last ones may be. If it is empty, members of the class may come last.
    end: Box<[ByteSet]>,
}

impl Contains {
    /// Returns the matcher of `hir`, or `None` if `hir` is not of this form or its texts have
    /// characters that are not members of the class.
    pub(super) fn from_hir(hir: &Hir) -> Option<Self> {
        let HirKind::Concat(parts) = hir.kind() else {
            return None;
        };
        let (first, parts) = parts.split_first()?;
        let between = repeated_class(first)?;
        let class = CharClass::new(between);
        let mut texts = Vec::new();
        let mut bytes: Vec<ByteSet> = Vec::new();
        for part in parts {
            if let Some(other) = repeated_class(part) {
                if other != between || bytes.is_empty() {
                    return None;
                }
                texts.push(text(&std::mem::take(&mut bytes))?);
            } else {
                add_bytes(part, &class, &mut bytes)?;
            }
        }
        Some(Self {
            class,
            texts: texts
                .iter()
                .map(|text| Finder::new(text).into_owned())
                .collect(),
            end: bytes.into(),
        })
    }

    /// Returns `true` if `code` matches from the byte `from` to its end.
    pub(super) fn accepts(&self, code: &str, from: usize) -> bool {
        let rest = &code.as_bytes()[from..];
        let Some(before_end) = rest.len().checked_sub(self.end.len()) else {
            return false;
        };
        let (rest, end) = rest.split_at(before_end);
        let mut end = end.iter().zip(&self.end);
        end.all(|(&byte, set)| set.contains(byte))
            && self.has_texts(rest)
            && self.class.run_end(code, from, 0, u32::MAX) == Some(code.len())
    }

    /// Returns `true` if the texts are in `rest` one after the other. The first place of each leaves
    /// the most room for the others.
    fn has_texts(&self, rest: &[u8]) -> bool {
        let mut at = 0;
        self.texts.iter().all(|finder| {
            let found = finder.find(&rest[at..]);
            at += found.unwrap_or(0) + finder.needle().len();
            found.is_some()
        })
    }

    /// Returns the most steps that [`Self::accepts`] can take for `code` from the byte `from` on.
    pub(super) fn steps(&self, code: &str, from: usize) -> u64 {
        let searched = (code.len() - from) as u64 / SEARCHED_BYTES;
        searched + self.fixed_steps() + self.class.run_steps(code, from, u32::MAX)
    }

    /// Returns the most steps that [`Self::accepts`] can take for any code value.
    pub(super) fn bound(&self) -> Cost {
        let search = Cost {
            fixed: self.fixed_steps(),
            linear: cost::MAX_BYTES / SEARCHED_BYTES,
        };
        search + self.class.run_bound(u32::MAX)
    }

    /// Returns the steps that do not depend on the length of a code value.
    fn fixed_steps(&self) -> u64 {
        (self.texts.len() + self.end.len()) as u64
    }

    /// Returns the class of the characters between texts.
    pub(super) const fn class(&self) -> &CharClass {
        &self.class
    }

    /// Returns the text if it is all that a remainder must contain.
    pub(super) fn only_text(&self) -> Option<&[u8]> {
        match &*self.texts {
            [text] if self.end.is_empty() => Some(text.needle()),
            _ => None,
        }
    }

    /// Returns the first text; an empty one if there is only an end.
    pub(super) fn first_text(&self) -> &[u8] {
        self.texts.first().map(Finder::needle).unwrap_or_default()
    }

    /// Returns the number of bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let texts = self.texts.iter().map(|finder| finder.needle().len());
        size_of_val(&*self.texts)
            + texts.sum::<usize>()
            + size_of_val(&*self.end)
            + self.class.heap_bytes()
    }
}

/// Returns the class of `hir` if it is any number of members of a class.
fn repeated_class(hir: &Hir) -> Option<&Class> {
    match hir.kind() {
        HirKind::Capture(capture) => repeated_class(&capture.sub),
        HirKind::Repetition(Repetition {
            min: 0,
            max: None,
            sub,
            ..
        }) => match sub.kind() {
            HirKind::Class(class) => Some(class),
            _ => None,
        },
        _ => None,
    }
}

/// Adds the bytes of `hir` to `bytes`, place by place; returns `None` if it has a choice of lengths or of
/// characters beyond ASCII, or characters that are not members of `class`.
fn add_bytes(hir: &Hir, class: &CharClass, bytes: &mut Vec<ByteSet>) -> Option<()> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let text = str::from_utf8(&literal.0).ok()?;
            if !text.chars().all(|c| class.contains(c)) {
                return None;
            }
            bytes.extend(text.bytes().map(|byte| ByteSet::of(byte, byte)));
        }
        HirKind::Class(of_hir) => {
            let mut members = ByteSet::default();
            for (start, end) in CharClass::new(of_hir).ranges() {
                for c in start..=end {
                    let byte = u8::try_from(c).ok().filter(u8::is_ascii)?;
                    members.insert(byte, byte);
                    if !class.contains(c) {
                        return None;
                    }
                }
            }
            bytes.push(members);
        }
        HirKind::Capture(capture) => add_bytes(&capture.sub, class, bytes)?,
        HirKind::Concat(parts) => {
            for part in parts {
                add_bytes(part, class, bytes)?;
            }
        }
        HirKind::Repetition(Repetition { min, max, sub, .. }) if Some(*min) == *max => {
            for _ in 0..*min {
                add_bytes(sub, class, bytes)?;
            }
        }
        _ => return None,
    }
    (bytes.len() <= MAX_WORD).then_some(())
}

/// Returns the text of `bytes` if each place has one byte.
fn text(bytes: &[ByteSet]) -> Option<Vec<u8>> {
    let byte = |set: &ByteSet| {
        let mut members = set.members();
        members.next().filter(|_| members.next().is_none())
    };
    bytes.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::Contains;

    #[test]
    fn texts_are_found_one_after_the_other_and_the_end_last() {
        for (pattern, code, expected) in [
            (".*ab.*", "xab", true),
            (".*ab.*", "ab\n", false),
            (".*ab.*ba.*", "abba", true),
            (".*ab.*ba.*", "aba", false),
            (".*ab.*ba.*", "ba-ab-ba", true),
            (".*ab.*ba.*", "ba-ab", false),
            ("(.*)ab.*[0-9]{2}", "ab12", true),
            ("(.*)ab.*[0-9]{2}", "ab1", false),
            ("(.*)ab.*[0-9]{2}", "xxabé12", true),
            ("(.*)ab.*[0-9]{2}", "ab123é", false),
            (".*ab[0-9]{2}", "abab12", true),
            (".*ab[0-9]{2}", "ab12ab", false),
            (".*é.*éa", "éaéa", true),
            (".*é.*éa", "éa", false),
            (".*ab.*ab1", "ab1", false),
            (".*ab.*ab1", "abab1", true),
            ("[a-z]*12", "ab12", false),
        ] {
            let hir = regex_syntax::parse(pattern).unwrap();
            let contains = Contains::from_hir(&hir);
            let accepts = contains.is_some_and(|contains| contains.accepts(code, 0));
            assert_eq!(accepts, expected, "{pattern} {code:?}");
        }
    }
}
