//! From patterns to branches: small choices are multiplied out, and what remains to be decided
//! character by character is cut off.

use std::rc::Rc;

use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

use super::char_class::CharClass;
use super::segment::{Before, Branch, Ending, Literal, Segment, UNBOUNDED};

/// How many branches a rule may have. A pattern with more choices keeps the first of them.
const MAX_BRANCHES: usize = 32;
/// How many segments a branch may have.
const MAX_SEGMENTS: usize = 48;
/// How many bytes the suffix of a run may have.
const MAX_SUFFIX: usize = 128;
/// Up to how often a group is written out.
const MAX_COPIES: u32 = 4;

type Segments = Vec<Segment>;

/// The branches of a pattern, which must match the whole code value.
pub(super) struct Expansion {
    /// At least one; for code values without the [`FOLDED_BEYOND_ASCII`] characters.
    pub(super) branches: Vec<Branch>,
    /// The same for code values with them; empty if there is no difference.
    pub(super) with_folded: Vec<Branch>,
}

/// The characters beyond ASCII whose lower case is ASCII: U+017F is an `s`, U+212A a `k`. Under
/// `(?i)` they match these letters, and would keep a literal like `https` from being one.
pub(super) const FOLDED_BEYOND_ASCII: [char; 2] = ['\u{17f}', '\u{212a}'];

/// The branches of the pattern `hir`.
pub(super) fn expand(hir: &Hir) -> Expansion {
    let mut expander = Expander {
        folded_away: true,
        left_out: false,
    };
    let branches = expander.branches(hir);
    let with_folded = if expander.left_out {
        Expander {
            folded_away: false,
            left_out: false,
        }
        .branches(hir)
    } else {
        Vec::new()
    };
    Expansion {
        branches,
        with_folded,
    }
}

impl Branch {
    /// How many bytes of a code value can hold a folded character in the place of a letter, if this
    /// branch, of [`Expansion::with_folded`], accepts it.
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
            if Letter::of(class).is_some_and(|letter| letter.folded) {
                reach = bytes;
            }
        }
        reach
    }
}

/// Turns a pattern into branches.
struct Expander {
    /// Whether the [`FOLDED_BEYOND_ASCII`] characters can be left out of literals.
    folded_away: bool,
    /// Whether they were.
    left_out: bool,
}

impl Expander {
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
            remainder.map(|parts| Hir::concat(parts.iter().map(|&p| p.clone()).collect()));
        heads
            .into_iter()
            .map(|head| decided(head, remainder.clone()))
            .collect()
    }

    /// The sequences of segments that `hir` can be; `None` if they are too many, or no such sequences.
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
        // A run takes a node of its own, where `https?` or `0{3}` is better two literals, or one.
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

    /// Whether `hir` is one character that becomes a literal.
    fn is_text(&mut self, hir: &Hir) -> bool {
        match hir.kind() {
            HirKind::Literal(_) => true,
            HirKind::Class(class) => self.letter(&CharClass::new(class)).is_some(),
            HirKind::Capture(capture) => self.is_text(&capture.sub),
            _ => false,
        }
    }

    /// A class of one ASCII letter in both cases is a literal; another is a run of one.
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

    /// The letter, in lower case, of which `class` holds both cases and no more that counts.
    fn letter(&mut self, class: &CharClass) -> Option<char> {
        let Letter { lower, folded } = Letter::of(class)?;
        if folded && !self.folded_away {
            return None;
        }
        self.left_out |= folded;
        Some(lower)
    }
}

/// A class that holds both cases of one ASCII letter, and nothing else but a folded character.
struct Letter {
    lower: char,
    /// Whether one of [`FOLDED_BEYOND_ASCII`] is a member, too.
    folded: bool,
}

impl Letter {
    fn of(class: &CharClass) -> Option<Self> {
        let mut members = class.ranges().flat_map(|(start, end)| [start, end]);
        let upper = members.next().filter(char::is_ascii_uppercase)?;
        let lower = upper.to_ascii_lowercase();
        if [members.next(), members.next(), members.next()]
            != [Some(upper), Some(lower), Some(lower)]
        {
            return None;
        }
        let folded = match (members.next(), members.next(), members.next()) {
            (None, ..) => false,
            (Some(c), Some(end), None) if c == end && FOLDED_BEYOND_ASCII.contains(&c) => true,
            _ => return None,
        };
        Some(Self { lower, folded })
    }
}

/// Where in the pattern an expression stands.
#[derive(Clone, Copy)]
struct Place {
    at_start: bool,
    at_end: bool,
}

/// The parts of `hir` that follow each other.
fn flattened(hir: &Hir) -> Vec<&Hir> {
    match hir.kind() {
        HirKind::Capture(capture) => flattened(&capture.sub),
        HirKind::Concat(subs) => subs.iter().flat_map(flattened).collect(),
        _ => vec![hir],
    }
}

/// The class of `hir` if it matches exactly one character.
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

/// Each of `heads` followed by each of `tails`; `None` if that is too much.
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

/// Appends `segment`, joined with the last one where one segment means both.
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

/// The branch of `segments` and `remainder`, cut before the first segment whose end the code value
/// does not tell by itself.
fn decided(segments: Segments, remainder: Option<Hir>) -> Branch {
    let mut done: Segments = Vec::with_capacity(segments.len());
    let mut rest: std::collections::VecDeque<Segment> = segments.into();
    while let Some(segment) = rest.pop_front() {
        let Segment::Run { class, min, max } = &segment else {
            done.push(segment);
            continue;
        };
        if min == max {
            done.push(segment);
            continue;
        }
        match rest.front() {
            None if remainder.is_none() => {
                if class.is_everything() && *min == 0 && *max == UNBOUNDED {
                    return Branch {
                        segments: done,
                        ending: Ending::Anything,
                    };
                }
                done.push(segment);
            }
            Some(Segment::Run {
                class: next,
                min: 1..,
                ..
            }) if class.is_disjoint(next) => {
                done.push(segment);
            }
            Some(Segment::Literal(next)) => match overlap(class, next) {
                Some(0) => done.push(segment),
                Some(inside) => {
                    let ends_there = inside == next.text.len();
                    let (suffix, after) = next.text.split_at(inside);
                    let literal = |text: &str| Literal {
                        text: text.into(),
                        any_case: next.any_case,
                    };
                    let (suffix, after) = (literal(suffix), literal(after));
                    let followed = !ends_there
                        || match rest.get(1) {
                            None => remainder.is_none(),
                            Some(Segment::Run {
                                class: beyond,
                                min: 1..,
                                ..
                            }) => class.is_disjoint(beyond),
                            _ => false,
                        };
                    if !followed || suffix.text.len() > MAX_SUFFIX {
                        return cut(done, segment, rest, remainder);
                    }
                    let before = Before::Characters {
                        min: *min,
                        max: *max,
                    };
                    done.push(Segment::RunWithSuffix {
                        class: class.clone(),
                        before,
                        suffix,
                    });
                    rest.pop_front();
                    if !ends_there {
                        rest.push_front(Segment::Literal(after));
                    }
                }
                None => return cut(done, segment, rest, remainder),
            },
            _ => return cut(done, segment, rest, remainder),
        }
    }
    let ending = remainder.map_or(Ending::End, Ending::Remainder);
    Branch {
        segments: done,
        ending,
    }
}

/// How many bytes at the beginning of `literal` are members of `class`, if the character after them
/// is certainly none.
fn overlap(class: &CharClass, literal: &Literal) -> Option<usize> {
    for (at, c) in literal.text.char_indices() {
        let member = class.contains(c);
        if literal.any_case && class.contains(c.to_ascii_uppercase()) != member {
            return None;
        }
        if !member {
            return Some(at);
        }
    }
    Some(literal.text.len())
}

/// Leaves `segment` and all that follows it to the ending.
fn cut(
    done: Segments,
    segment: Segment,
    rest: impl IntoIterator<Item = Segment>,
    remainder: Option<Hir>,
) -> Branch {
    let mut parts = vec![segment.to_hir()];
    parts.extend(rest.into_iter().map(|segment| segment.to_hir()));
    parts.extend(remainder);
    Branch {
        segments: done,
        ending: Ending::Remainder(Hir::concat(parts)),
    }
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
        // Each letter that can be such a character takes up to four bytes.
        assert_eq!(reach("(?i)https://q.+"), Some(4 + 4));
        assert_eq!(reach("(?i)ask.{3}k[a-c]+"), Some(1 + 8 + 12 + 4));
        // No one knows where the letter after a run stands, or one that is left to an automaton.
        assert_eq!(reach("(?i)s[0-9]+k"), Some(usize::MAX));
        assert_eq!(reach("(?i)x[a-z]*sa"), Some(usize::MAX));
        assert_eq!(reach("a(?i:k{0,3})\u{212a}a"), Some(usize::MAX));
    }
}
