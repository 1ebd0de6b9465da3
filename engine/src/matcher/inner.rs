//! Texts that a remainder must contain, found for all remainders of a node in one pass.

use aho_corasick::{AhoCorasick, AhoCorasickKind, automaton::OverlappingState};
use memchr::memmem::{self, Finder};
use regex_syntax::hir::{Hir, HirKind};

use super::cost::{self, Cost};
use super::literals::{Buckets, LiteralSet, Literals, Sink};

/// The fewest bytes of a text worth searching for: shorter ones are in too many code values.
const MIN_BYTES: usize = 3;
/// The fewest remainders with a text for which a search is built: fewer are tried one by one.
const MIN_REMAINDERS: usize = 3;

/// The steps of each byte that Aho-Corasick reads.
const AHO_CORASICK_BYTE: u64 = 4;

/// A search that finds the remainders of a node that can match, by a text that each must contain.
///
/// Remainders are numbered as they were passed to [`Self::new`].
#[derive(Debug)]
pub(super) struct InnerLiterals {
    search: Search,
    /// For each text that is searched for, the remainders that must contain it.
    by_text: Box<[Box<[u32]>]>,
}

/// Finds texts of which none is part of another, so that at each byte at most one begins or ends.
#[derive(Debug)]
enum Search {
    /// All texts have the same prefix. Where it is found, they are looked up by hashing.
    ///
    /// PERF: `memmem` reads 32 bytes at a time. Identifiers in EMVCo payloads are such texts: 168 →
    /// 105 ns for a payload of the workload of `ratios`, and 9,010 → 1,760 ns for its `8192-byte
    /// codes that almost match`, compared with Aho-Corasick (2-core x86-64, November 2026).
    CommonPrefix {
        prefix: Box<Finder<'static>>,
        texts: Literals<u32>,
        set: LiteralSet,
    },
    AhoCorasick(AhoCorasick),
}

impl InnerLiterals {
    /// A search for remainders that must contain `texts`, one each. Returns with it, for each remainder,
    /// `true` if its whole text is searched for, and not only a part of it.
    ///
    /// Returns `None` if there are too few remainders, or the search cannot be built.
    ///
    /// # Complexity
    ///
    /// Each text is compared with all others.
    pub(super) fn new(texts: &[Vec<u8>]) -> Option<(Self, Vec<bool>)> {
        if texts.len() < MIN_REMAINDERS {
            return None;
        }
        let mut with_text: Vec<(&[u8], u32)> = Vec::new();
        with_text.extend(texts.iter().map(Vec::as_slice).zip(0..));
        with_text.sort_by_key(|(text, _)| text.len());
        let mut is_whole = vec![true; texts.len()];
        let mut searched: Vec<(&[u8], Vec<u32>)> = Vec::new();
        for (text, remainder) in with_text {
            // What contains the longer text contains the shorter one.
            match searched
                .iter()
                .position(|(part, _)| memmem::find(text, part).is_some())
            {
                Some(part) => {
                    is_whole[remainder as usize] = searched[part].0.len() == text.len();
                    searched[part].1.push(remainder);
                }
                None => searched.push((text, vec![remainder])),
            }
        }
        let texts: Vec<&[u8]> = searched.iter().map(|&(text, _)| text).collect();
        let search = Search::new(&texts)?;
        let by_text = searched
            .into_iter()
            .map(|(_, remainders)| remainders.into())
            .collect();
        Some((Self { search, by_text }, is_whole))
    }

    /// Calls `found` once with each remainder that can match `text`. `seen` is room for marks.
    pub(super) fn candidates(&self, text: &[u8], seen: &mut Vec<bool>, mut found: impl FnMut(u32)) {
        seen.clear();
        self.search.find(text, |number| {
            // Here, not above: most code values contain none of the texts.
            seen.resize(self.by_text.len(), false);
            if !std::mem::replace(&mut seen[number], true) {
                self.by_text[number]
                    .iter()
                    .for_each(|&remainder| found(remainder));
            }
        });
    }

    /// Returns the steps that [`Self::candidates`] takes for `text`.
    pub(super) fn steps(&self, text: &[u8]) -> u64 {
        self.by_text.len() as u64 + self.search.steps(text)
    }

    /// Returns the most steps that [`Self::candidates`] can take for any code value.
    pub(super) fn bound(&self) -> Cost {
        Cost {
            fixed: self.by_text.len() as u64,
            linear: self.search.bound(),
        }
    }

    /// Returns about how many bytes the search takes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        let by_text: usize = self.by_text.iter().map(|r| 16 + size_of_val(&**r)).sum();
        self.search.heap_bytes() + by_text
    }
}

impl Search {
    /// The fewest bytes of a common prefix, and the least distance at which it may occur again
    /// inside itself: a prefix that occurs more often would cause too many lookups.
    const MIN_PREFIX: usize = 6;
    /// The most bytes of a text that is compared wherever the common prefix is found: with longer
    /// ones a hostile code value could make a search slow.
    const MAX_TEXT: usize = 64;

    fn new(texts: &[&[u8]]) -> Option<Self> {
        let first = texts.first()?;
        let length = texts.iter().fold(first.len(), |length, text| {
            let equal = first.iter().zip(*text).take_while(|(a, b)| a == b);
            length.min(equal.count())
        });
        let prefix = &first[..length];
        let overlaps_itself = |distance: usize| prefix[distance..] == prefix[..length - distance];
        if length < Self::MIN_PREFIX
            || (1..Self::MIN_PREFIX).any(overlaps_itself)
            || texts.iter().any(|text| text.len() > Self::MAX_TEXT)
            || !Buckets::sort(&mut texts.to_vec(), |text| text).are_small()
        {
            let search = AhoCorasick::builder()
                .kind(Some(AhoCorasickKind::ContiguousNFA))
                .build(texts);
            return search.ok().map(Self::AhoCorasick);
        }
        let mut literals = Literals::new();
        let numbered = (0..)
            .zip(texts)
            .map(|(number, text)| (false, text.to_vec(), number));
        let set = literals.add_bytes(numbered.collect());
        literals.shrink_to_fit();
        Some(Self::CommonPrefix {
            prefix: Box::new(Finder::new(prefix).into_owned()),
            texts: literals,
            set,
        })
    }

    /// Calls `found` with the number of each text that occurs in `text`, as often as it does.
    fn find(&self, text: &[u8], mut found: impl FnMut(usize)) {
        match self {
            Self::CommonPrefix { prefix, texts, set } => {
                let mut from = 0;
                while let Some(distance) = prefix.find(&text[from..]) {
                    let begin = from + distance;
                    let mut sink = OccurrenceSink { found: &mut found };
                    texts.find_prefixes(*set, &text[begin..], &mut sink);
                    from = begin + 1;
                }
            }
            Self::AhoCorasick(search) => {
                let mut state = OverlappingState::start();
                loop {
                    search.find_overlapping(text, &mut state);
                    let Some(occurrence) = state.get_match() else {
                        return;
                    };
                    found(occurrence.pattern().as_usize());
                }
            }
        }
    }

    fn steps(&self, text: &[u8]) -> u64 {
        match self {
            Self::CommonPrefix { prefix, texts, set } => {
                let mut steps = text.len() as u64;
                for begin in prefix.find_iter(text) {
                    steps += texts.probe_steps(*set);
                    let compared = |length| steps += cost::comparison(length);
                    texts.find_prefixes(*set, &text[begin..], &mut ComparisonSink { compared });
                }
                steps
            }
            Self::AhoCorasick(_) => AHO_CORASICK_BYTE * text.len() as u64,
        }
    }

    /// Returns the most that [`Self::steps`] returns for any code value.
    fn bound(&self) -> u64 {
        match self {
            Self::CommonPrefix { texts, set, .. } => {
                let occurrences = cost::MAX_BYTES / Self::MIN_PREFIX as u64 + 1;
                cost::MAX_BYTES + occurrences.saturating_mul(texts.max_steps(*set))
            }
            Self::AhoCorasick(_) => AHO_CORASICK_BYTE * cost::MAX_BYTES,
        }
    }

    fn heap_bytes(&self) -> usize {
        match self {
            Self::CommonPrefix { texts, .. } => size_of::<Finder<'_>>() + texts.heap_bytes(),
            Self::AhoCorasick(search) => search.memory_usage(),
        }
    }
}

/// Receives the lengths of the texts that are compared.
struct ComparisonSink<F> {
    compared: F,
}

impl<F: FnMut(usize)> Sink<u32> for ComparisonSink<F> {
    fn wants(&self, _text: u32) -> bool {
        true
    }

    fn found(&mut self, _text: u32, _length: usize) {}

    fn compared(&mut self, _text: u32, length: usize) {
        (self.compared)(length);
    }
}

/// Receives the texts that occur.
struct OccurrenceSink<'f, F> {
    found: &'f mut F,
}

impl<F: FnMut(usize)> Sink<u32> for OccurrenceSink<'_, F> {
    fn wants(&self, _text: u32) -> bool {
        true
    }

    fn found(&mut self, text: u32, _length: usize) {
        (self.found)(text as usize);
    }
}

/// Returns the longest text that every match of `hir` certainly contains, or `None` if none is long
/// enough.
///
/// Looks at literals next to each other only, not into alternations and repetitions.
pub(super) fn required_text(hir: &Hir) -> Option<Vec<u8>> {
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

    /// Returns the remainders that can match `text`.
    fn candidates(inner: &InnerLiterals, text: &str) -> Vec<u32> {
        let mut found = Vec::new();
        inner.candidates(text.as_bytes(), &mut vec![true; 9], |remainder| {
            found.push(remainder);
        });
        found.sort_unstable();
        found
    }

    fn inner(texts: &[&str]) -> InnerLiterals {
        let texts = texts.iter().map(|text| text.as_bytes().to_vec());
        InnerLiterals::new(&texts.collect::<Vec<_>>()).unwrap().0
    }

    #[test]
    fn each_remainder_is_a_candidate_once_with_either_search() {
        for (prefix, has_common_prefix) in [
            ("A00000", true),
            // Too short, and a prefix that overlaps itself.
            ("A0000", false),
            ("ababab", false),
        ] {
            let text = |end: &str| format!("{prefix}{end}");
            let texts = [text("1"), text("2"), text("1"), text("33")];
            let inner = inner(&texts.each_ref().map(String::as_str));
            assert_eq!(
                matches!(inner.search, Search::CommonPrefix { .. }),
                has_common_prefix
            );
            assert!(candidates(&inner, prefix).is_empty());
            let code = format!("é{prefix}{prefix}1{prefix}1{prefix}34{prefix}33");
            assert_eq!(candidates(&inner, &code), [0, 2, 3]);
        }
    }

    #[test]
    fn a_text_is_searched_for_as_a_whole_unless_it_contains_another() {
        let texts = ["abcd", "xabcdx", "abce", "abcd"].map(|text| text.as_bytes().to_vec());
        let (_, is_whole) = InnerLiterals::new(&texts).unwrap();
        assert_eq!(is_whole, [true, false, true, true]);
    }

    #[test]
    fn long_texts_are_not_compared_wherever_their_prefix_occurs() {
        let texts = ["1", "2", "3"].map(|end| format!("A00000{}{end}", "x".repeat(64)));
        let inner = inner(&texts.each_ref().map(String::as_str));
        assert!(matches!(inner.search, Search::AhoCorasick(_)));
        assert_eq!(candidates(&inner, &texts[1]), [1]);
    }
}
