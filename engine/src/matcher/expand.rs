//! Expands a pattern into branches: small choices are multiplied out.

use std::rc::Rc;

use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

use super::char_class::CharClass;
use super::cut::cut_undetermined;
use super::segment::{Branch, Ending, Literal, Segment, UNBOUNDED};

/// The most branches of a rule. A pattern with more choices is expanded as far as this allows, and
/// the rest of it is the branches' remainder.
const MAX_BRANCHES: usize = 48;
/// The most segments of a branch. This bounds the recursion that builds the tree.
const MAX_SEGMENTS: usize = 48;
/// The most repetitions of a group that are written out: each copy takes segments, and each optional
/// one another branch.
const MAX_COPIES: u32 = 4;

type Segments = Vec<Segment>;

/// The branches of a pattern, which must match the whole code value.
pub(super) struct Expansion {
    /// The branches for code values without the [`FOLDED_BEYOND_ASCII`] characters; at least one.
    pub(super) branches: Vec<Branch>,
    /// The branches for code values with these characters; empty if they are the same.
    pub(super) with_folded: Vec<Branch>,
}

/// The characters beyond ASCII whose lower case is ASCII: U+017F is an `s`, U+212A a `k`. A class such
/// as `[sS\u017F]`, which is how other dialects read `(?i)s`, would keep a literal like `https` from
/// being one.
///
/// PERF: with them in every literal, each `s` and `k` under `(?i)` took a node of its own: a lookup
/// took 2.1 times as long as a loop over the bytes and takes 1.7 times without, on the workload of
/// `ratios`, 1000 `Patterns` (2-core x86-64, November 2026).
pub(super) const FOLDED_BEYOND_ASCII: [char; 2] = ['\u{17f}', '\u{212a}'];

/// Returns the branches of the pattern `hir`.
pub(super) fn expand(hir: &Hir) -> Expansion {
    let mut expander = Expander::new(FoldedCharacters::Omit);
    let branches = expander.branches(hir);
    let with_folded = if expander.omitted_folded {
        Expander::new(FoldedCharacters::Keep).branches(hir)
    } else {
        Vec::new()
    };
    Expansion {
        branches,
        with_folded,
    }
}

impl Branch {
    /// Returns the number of bytes at the beginning of a code value in which a folded character can
    /// stand for a letter of this branch, one of [`Expansion::with_folded`].
    ///
    /// `usize::MAX` if the number is not bounded.
    pub(super) fn folded_reach(&self) -> usize {
        if let Ending::Remainder(_) = self.ending {
            return usize::MAX;
        }
        let mut bytes = 0_usize;
        let mut reach = 0;
        for segment in &self.segments {
            let (class, most) = match segment {
                Segment::Literal(literal) => {
                    bytes = bytes.saturating_add(literal.text.len());
                    continue;
                }
                Segment::Run { class, max, .. } if *max != UNBOUNDED => {
                    (class, *max as usize * char::MAX.len_utf8())
                }
                Segment::Run { class, .. } | Segment::RunWithSuffix { class, .. } => {
                    (class, usize::MAX)
                }
            };
            bytes = bytes.saturating_add(most);
            if Letter::from_class(class).is_some_and(|letter| letter.has_folded) {
                reach = bytes;
            }
        }
        reach
    }
}

/// Turns a pattern into branches.
struct Expander {
    folded: FoldedCharacters,
    /// Set once a folded character was omitted.
    omitted_folded: bool,
}

/// Decides what becomes of the [`FOLDED_BEYOND_ASCII`] characters in classes that are a letter in
/// both cases otherwise.
#[derive(PartialEq, Eq)]
enum FoldedCharacters {
    /// They are omitted, so that the class is a literal.
    Omit,
    /// They are kept, so that the class is a run of one character.
    Keep,
}

impl Expander {
    fn new(folded: FoldedCharacters) -> Self {
        Self {
            folded,
            omitted_folded: false,
        }
    }

    fn branches(&mut self, hir: &Hir) -> Vec<Branch> {
        let parts = flattened(hir);
        let mut heads: Vec<Segments> = vec![Vec::new()];
        let mut remainder = None;
        for (index, part) in parts.iter().enumerate() {
            let place = Place {
                at_start: index == 0,
                at_end: index + 1 == parts.len(),
            };
            let joined = self
                .choices(part, place)
                .and_then(|choices| product(&heads, &choices));
            match joined {
                Some(joined) => heads = joined,
                None => {
                    remainder = Some(&parts[index..]);
                    break;
                }
            }
        }
        let remainder =
            remainder.map(|parts| Rc::new(Hir::concat(parts.iter().map(|&p| p.clone()).collect())));
        heads
            .into_iter()
            .map(|head| cut_undetermined(head, remainder.clone()))
            .collect()
    }

    /// Returns the sequences of segments of which `hir` matches one; `None` if there are too many, or
    /// `hir` is more than such sequences.
    fn choices(&mut self, hir: &Hir, place: Place) -> Option<Vec<Segments>> {
        match hir.kind() {
            HirKind::Empty => Some(vec![Vec::new()]),
            HirKind::Literal(literal) => {
                let text = std::str::from_utf8(&literal.0).ok()?;
                Some(vec![vec![Segment::Literal(Literal::exact(text))]])
            }
            HirKind::Class(class) => Some(vec![vec![self.class_segment(class)]]),
            HirKind::Look(look) => {
                let holds = match look {
                    Look::Start | Look::StartLF | Look::StartCRLF => place.at_start,
                    Look::End | Look::EndLF | Look::EndCRLF => place.at_end,
                    _ => false,
                };
                holds.then(|| vec![Vec::new()])
            }
            HirKind::Capture(capture) => self.choices(&capture.sub, place),
            HirKind::Concat(subs) => {
                let mut all = vec![Vec::new()];
                for (index, sub) in subs.iter().enumerate() {
                    let place = Place {
                        at_start: place.at_start && index == 0,
                        at_end: place.at_end && index + 1 == subs.len(),
                    };
                    all = product(&all, &self.choices(sub, place)?)?;
                }
                Some(all)
            }
            HirKind::Alternation(subs) => {
                let mut all = Vec::new();
                for sub in subs {
                    all.extend(self.choices(sub, place)?);
                    if all.len() > MAX_BRANCHES {
                        return None;
                    }
                }
                Some(all)
            }
            HirKind::Repetition(repetition) => self.repeated(repetition),
        }
    }

    fn repeated(&mut self, repetition: &Repetition) -> Option<Vec<Segments>> {
        let (min, max) = (repetition.min, repetition.max.unwrap_or(UNBOUNDED));
        // A run takes a node of its own, so `https?` is better two literals and `0{3}` one.
        //
        // PERF: 146 → 135 ns a lookup on the workload of `ratios`, 1000 `Patterns` (2-core x86-64,
        // November 2026).
        let is_text = max <= MAX_COPIES && self.is_text(&repetition.sub);
        if let Some(class) = one_character(&repetition.sub).filter(|_| !is_text) {
            let run = Segment::Run {
                class: Rc::new(class),
                min,
                max,
            };
            return Some(vec![if max == 0 { Vec::new() } else { vec![run] }]);
        }
        if max > MAX_COPIES {
            return None;
        }
        let nowhere = Place {
            at_start: false,
            at_end: false,
        };
        let once = self.choices(&repetition.sub, nowhere)?;
        let mut copies = vec![Vec::new()];
        let mut all = Vec::new();
        for count in 0..=max {
            if count >= min {
                all.extend(copies.iter().cloned());
            }
            if all.len() > MAX_BRANCHES {
                return None;
            }
            if count < max {
                copies = product(&copies, &once)?;
            }
        }
        Some(all)
    }

    /// Returns `true` if `hir` is one character that becomes a literal.
    fn is_text(&mut self, hir: &Hir) -> bool {
        match hir.kind() {
            HirKind::Literal(_) => true,
            HirKind::Class(class) => self.letter(&CharClass::new(class)).is_some(),
            HirKind::Capture(capture) => self.is_text(&capture.sub),
            _ => false,
        }
    }

    /// Returns the segment of one member of `class`: a literal if the class is an ASCII letter in
    /// both cases, otherwise a run of one.
    fn class_segment(&mut self, class: &Class) -> Segment {
        let class = CharClass::new(class);
        match self.letter(&class) {
            Some(letter) => Segment::Literal(Literal::any_case(&letter.to_string())),
            None => Segment::Run {
                class: Rc::new(class),
                min: 1,
                max: 1,
            },
        }
    }

    /// Returns the letter, in lower case, if `class` can be a literal.
    fn letter(&mut self, class: &CharClass) -> Option<char> {
        let Letter { lower, has_folded } = Letter::from_class(class)?;
        if has_folded && self.folded == FoldedCharacters::Keep {
            return None;
        }
        self.omitted_folded |= has_folded;
        Some(lower)
    }
}

/// A class of both cases of one ASCII letter, and perhaps a folded character.
struct Letter {
    lower: char,
    /// `true` if one of [`FOLDED_BEYOND_ASCII`] is a member, too.
    has_folded: bool,
}

impl Letter {
    fn from_class(class: &CharClass) -> Option<Self> {
        let mut members = class.ranges().flat_map(|(start, end)| [start, end]);
        let upper = members.next().filter(char::is_ascii_uppercase)?;
        let lower = upper.to_ascii_lowercase();
        if [members.next(), members.next(), members.next()]
            != [Some(upper), Some(lower), Some(lower)]
        {
            return None;
        }
        let has_folded = match (members.next(), members.next(), members.next()) {
            (None, ..) => false,
            (Some(c), Some(end), None) if c == end && FOLDED_BEYOND_ASCII.contains(&c) => true,
            _ => return None,
        };
        Some(Self { lower, has_folded })
    }
}

/// The position of an expression in its pattern: anchors hold by themselves at the ends.
#[derive(Clone, Copy)]
struct Place {
    at_start: bool,
    at_end: bool,
}

/// Returns the parts of `hir` that follow each other.
fn flattened(hir: &Hir) -> Vec<&Hir> {
    match hir.kind() {
        HirKind::Capture(capture) => flattened(&capture.sub),
        HirKind::Concat(subs) => subs.iter().flat_map(flattened).collect(),
        _ => vec![hir],
    }
}

/// Returns the class of `hir` if it matches exactly one character.
fn one_character(hir: &Hir) -> Option<CharClass> {
    match hir.kind() {
        HirKind::Class(class) => Some(CharClass::new(class)),
        HirKind::Literal(literal) => {
            let mut characters = std::str::from_utf8(&literal.0).ok()?.chars();
            let c = characters.next()?;
            let range = regex_syntax::hir::ClassUnicodeRange::new(c, c);
            let class = Class::Unicode(regex_syntax::hir::ClassUnicode::new([range]));
            characters.next().is_none().then(|| CharClass::new(&class))
        }
        HirKind::Capture(capture) => one_character(&capture.sub),
        _ => None,
    }
}

/// Returns each of `heads` followed by each of `tails`; `None` if these are too many, or too long.
fn product(heads: &[Segments], tails: &[Segments]) -> Option<Vec<Segments>> {
    if heads.len() * tails.len() > MAX_BRANCHES {
        return None;
    }
    let mut all = Vec::with_capacity(heads.len() * tails.len());
    for head in heads {
        for tail in tails {
            let mut segments = head.clone();
            tail.iter()
                .for_each(|segment| push(&mut segments, segment.clone()));
            if segments.len() > MAX_SEGMENTS {
                return None;
            }
            all.push(segments);
        }
    }
    Some(all)
}

/// Appends `segment`, joined with the last one if one segment means both.
fn push(segments: &mut Segments, segment: Segment) {
    match (segments.last_mut(), &segment) {
        (Some(Segment::Literal(last)), Segment::Literal(next)) => {
            if let Some(joined) = last.joined(next) {
                *last = joined;
                return;
            }
        }
        (
            Some(Segment::Run { class, min, max }),
            Segment::Run {
                class: next,
                min: next_min,
                max: next_max,
            },
        ) if class == next => {
            *min = min.saturating_add(*next_min);
            *max = max.saturating_add(*next_max);
            return;
        }
        _ => {}
    }
    segments.push(segment);
}

#[cfg(test)]
mod tests {
    use super::expand;

    fn reach(pattern: &str) -> Option<usize> {
        let hir = regex_syntax::parse(pattern).unwrap();
        let folded = expand(&hir).with_folded;
        folded.iter().map(super::Branch::folded_reach).max()
    }

    #[test]
    fn a_folded_character_matters_only_in_the_place_of_its_letter() {
        assert_eq!(reach("(?i)abc.+"), None);
        // Each letter that a folded character can stand for takes up to four bytes.
        assert_eq!(reach("(?i)https://q.+"), Some(4 + 4));
        assert_eq!(reach("(?i)ask.{3}k[a-c]+"), Some(1 + 8 + 12 + 4));
        // The place of a letter after a run, or of one left to an automaton, is not bounded.
        assert_eq!(reach("(?i)s[0-9]+k"), Some(usize::MAX));
        assert_eq!(reach("(?i)x[a-z]*sa"), Some(usize::MAX));
        assert_eq!(reach("a(?i:k{0,3})\u{212a}a"), Some(usize::MAX));
    }
}
