//! Texts that a remainder must hold somewhere, found for all remainders in one pass.

use aho_corasick::{AhoCorasick, AhoCorasickKind, automaton::OverlappingState};
use memchr::memmem::{self, Finder};
use regex_syntax::hir::{Class, Hir, HirKind, Literal, Repetition};

use super::char_class::CharClass;
use super::literals::{Buckets, LiteralSet, Literals, Sink};

/// Shorter texts are too common to tell anything.
const MIN_BYTES: usize = 3;
/// Beyond so many texts, remainders are tried without.
const MAX_TEXTS: usize = 1024;

/// For some of the remainders of a node, a text that each must hold.
#[derive(Debug)]
pub(super) struct InnerLiterals {
    search: Search,
    /// By text, the remainders that must hold it.
    remainders: Box<[Box<[u32]>]>,
    /// The remainders of which nothing is known.
    untold: Box<[u32]>,
}

/// Finds texts of which none is part of another, so that at each byte at most one begins or ends.
#[derive(Debug)]
enum Search {
    /// All of them have the same beginning. Where it is found, they are looked up by hashing.
    ///
    /// PERF: identifiers in EMVCo payloads are such texts: 105 ns instead of 168 for a payload of
    /// the bench's workload, and 1.8 µs instead of 9 where codes of 8192 bytes almost hold them
    /// again and again (2-core x86-64, November 2026).
    Alike {
        beginning: Box<Finder<'static>>,
        texts: Literals<u32>,
        set: LiteralSet,
    },
    Any(AhoCorasick),
}

/// Where a text was found.
struct Found {
    text: usize,
    begin: usize,
}

impl InnerLiterals {
    /// For remainders that must hold `texts`, or of which nothing is known; `None` if that is so
    /// for too many to be worth it.
    pub(super) fn new(texts: &[Option<Vec<u8>>]) -> Option<Self> {
        const WORTH_IT: usize = 3;
        let mut told: Vec<(&[u8], u32)> = Vec::new();
        let mut untold = Vec::new();
        for (remainder, text) in (0..).zip(texts) {
            match text {
                Some(text) => told.push((text, remainder)),
                None => untold.push(remainder),
            }
        }
        if told.len() < WORTH_IT {
            return None;
        }
        told.sort_by_key(|(text, _)| text.len());
        let mut searched: Vec<(&[u8], Vec<u32>)> = Vec::new();
        for (text, remainder) in told {
            // What holds the longer text holds the shorter one.
            match searched
                .iter()
                .position(|(part, _)| memmem::find(text, part).is_some())
            {
                Some(part) => searched[part].1.push(remainder),
                None if searched.len() < MAX_TEXTS => searched.push((text, vec![remainder])),
                None => untold.push(remainder),
            }
        }
        let texts: Vec<&[u8]> = searched.iter().map(|&(text, _)| text).collect();
        let search = Search::new(&texts)?;
        let remainders = searched
            .into_iter()
            .map(|(_, remainders)| remainders.into())
            .collect();
        Some(Self {
            search,
            remainders,
            untold: untold.into(),
        })
    }

    /// Calls `found` once with each remainder that can match `text`, and with where in it its text
    /// may begin. `seen` is room for marks.
    pub(super) fn candidates(
        &self,
        text: &[u8],
        seen: &mut Vec<bool>,
        mut found: impl FnMut(u32, Option<usize>),
    ) {
        for &remainder in &self.untold {
            found(remainder, None);
        }
        seen.clear();
        self.search.find(text, |Found { text, begin }| {
            seen.resize(self.remainders.len(), false);
            if !std::mem::replace(&mut seen[text], true) {
                for &remainder in &self.remainders[text] {
                    found(remainder, Some(begin));
                }
            }
        });
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let remainders: usize = self.remainders.iter().map(|r| 16 + size_of_val(&**r)).sum();
        self.search.heap_bytes() + remainders + size_of_val(&*self.untold)
    }
}

impl Search {
    /// A beginning that all texts share must be as long, and cannot occur again so early: else it
    /// would be found, and texts looked up, too often.
    const MIN_BEGINNING: usize = 6;
    /// Longer texts would take too long to compare wherever their beginning is found.
    const MAX_TEXT: usize = 64;

    fn new(texts: &[&[u8]]) -> Option<Self> {
        let any = || {
            let search = AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(texts);
            search.ok().map(Self::Any)
        };
        let first = texts.first()?;
        let alike = texts.iter().fold(first.len(), |alike, text| {
            let same = first.iter().zip(*text).take_while(|(a, b)| a == b);
            alike.min(same.count())
        });
        let beginning = &first[..alike];
        let occurs_early = |distance: usize| beginning[distance..] == beginning[..alike - distance];
        if alike < Self::MIN_BEGINNING
            || (1..Self::MIN_BEGINNING).any(occurs_early)
            || texts.iter().any(|text| text.len() > Self::MAX_TEXT)
            || !Buckets::sort(&mut texts.to_vec(), |text| text).are_small()
        {
            return any();
        }
        let mut literals = Literals::new();
        let numbered = (0..)
            .zip(texts)
            .map(|(number, text)| (false, text.to_vec(), number));
        let set = literals.add_bytes(numbered.collect());
        literals.shrink_to_fit();
        Some(Self::Alike {
            beginning: Box::new(Finder::new(beginning).into_owned()),
            texts: literals,
            set,
        })
    }

    /// Calls `found` wherever one of the texts begins in `text`.
    fn find(&self, text: &[u8], mut found: impl FnMut(Found)) {
        match self {
            Self::Alike {
                beginning,
                texts,
                set,
            } => {
                let mut from = 0;
                while let Some(distance) = beginning.find(&text[from..]) {
                    let begin = from + distance;
                    texts.find_prefixes(
                        *set,
                        &text[begin..],
                        &mut At {
                            begin,
                            found: &mut found,
                        },
                    );
                    from = begin + 1;
                }
            }
            Self::Any(search) => {
                let mut state = OverlappingState::start();
                loop {
                    search.find_overlapping(text, &mut state);
                    let Some(at) = state.get_match() else { return };
                    found(Found {
                        text: at.pattern().as_usize(),
                        begin: at.start(),
                    });
                }
            }
        }
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Self::Alike { texts, .. } => size_of::<Finder<'_>>() + texts.heap_bytes(),
            Self::Any(search) => search.memory_usage(),
        }
    }
}

/// Tells of the texts that are found at a place.
struct At<'f, F> {
    begin: usize,
    found: &'f mut F,
}

impl<F: FnMut(Found)> Sink<u32> for At<'_, F> {
    fn wants(&self, _text: u32) -> bool {
        true
    }

    fn found(&mut self, text: u32, _length: usize) {
        (self.found)(Found {
            text: text as usize,
            begin: self.begin,
        });
    }
}

/// A remainder that must hold a text, between any number of members of one class: `.*text.*`.
#[derive(Debug)]
pub(super) struct Holding {
    class: CharClass,
    finder: Box<Finder<'static>>,
}

impl Holding {
    /// `hir`, if it is one.
    pub(super) fn of(hir: &Hir) -> Option<Self> {
        let HirKind::Concat(parts) = hir.kind() else {
            return None;
        };
        let [before, text, after] = parts.as_slice() else {
            return None;
        };
        let (before, after) = (any_number(before)?, any_number(after)?);
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

    /// Whether it matches `code` from the byte `from` to its end. Its text may be at `text_at` bytes
    /// after that.
    pub(super) fn accepts(&self, code: &str, from: usize, text_at: Option<usize>) -> bool {
        let rest = &code.as_bytes()[from..];
        let is_there = |at: usize| rest[at..].starts_with(self.finder.needle());
        (text_at.is_some_and(is_there) || self.finder.find(rest).is_some())
            && self.class.run_end(code, from, 0, u32::MAX) == Some(code.len())
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of::<Finder<'_>>() + self.finder.needle().len() + self.class.heap_bytes()
    }
}

/// The class of which `hir` is any number of members.
fn any_number(hir: &Hir) -> Option<&Class> {
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

/// The longest text that every match of `hir` holds, if one is certain and tells anything.
pub(super) fn required(hir: &Hir) -> Option<Vec<u8>> {
    fn parts<'a>(hir: &'a Hir, visit: &mut impl FnMut(Option<&'a [u8]>)) {
        match hir.kind() {
            HirKind::Literal(literal) => visit(Some(&literal.0)),
            HirKind::Capture(capture) => parts(&capture.sub, visit),
            HirKind::Concat(subs) => subs.iter().for_each(|sub| parts(sub, visit)),
            HirKind::Empty | HirKind::Look(_) => {}
            _ => visit(None),
        }
    }
    let mut best = Vec::new();
    let mut current = Vec::new();
    parts(hir, &mut |part| match part {
        Some(bytes) => {
            current.extend_from_slice(bytes);
            if current.len() > best.len() {
                best.clone_from(&current);
            }
        }
        None => current.clear(),
    });
    (best.len() >= MIN_BYTES).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::{InnerLiterals, Search};

    /// The remainders that can match `text`, each with where its own text may begin.
    fn candidates(inner: &InnerLiterals, text: &str) -> Vec<(u32, Option<usize>)> {
        let mut found = Vec::new();
        inner.candidates(text.as_bytes(), &mut vec![true; 9], |remainder, begin| {
            found.push((remainder, begin));
        });
        found.sort_unstable();
        found
    }

    fn inner(texts: &[&str]) -> InnerLiterals {
        let text = |text: &&str| (!text.is_empty()).then(|| text.as_bytes().to_vec());
        InnerLiterals::new(&texts.iter().map(text).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn texts_are_found_once_by_either_search() {
        for (begin, is_alike) in [
            ("A00000", true),
            // Too short, and found too often in what repeats it.
            ("A0000", false),
            ("ababab", false),
        ] {
            let text = |end: &str| format!("{begin}{end}");
            let texts = [text("1"), text("2"), String::new(), text("1"), text("33")];
            let inner = inner(&texts.each_ref().map(String::as_str));
            assert_eq!(matches!(inner.search, Search::Alike { .. }), is_alike);
            let n = begin.len();
            assert_eq!(candidates(&inner, begin), [(2, None)]);
            assert_eq!(
                candidates(
                    &inner,
                    &format!("é{begin}{begin}1{begin}1{begin}34{begin}33")
                ),
                [
                    (0, Some(2 + n)),
                    (2, None),
                    (3, Some(2 + n)),
                    (4, Some(2 + n + (n + 1) * 2 + (n + 2))),
                ]
            );
        }
    }

    #[test]
    fn long_texts_are_not_compared_at_each_place() {
        let texts = ["1", "2", "3"].map(|end| format!("A00000{}{end}", "x".repeat(64)));
        let inner = inner(&texts.each_ref().map(String::as_str));
        assert!(matches!(inner.search, Search::Any(_)));
        assert_eq!(candidates(&inner, &texts[1]), [(1, Some(0))]);
    }
}
