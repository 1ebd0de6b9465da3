//! Texts that a pattern accepts.

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

use super::names::HAN;
use crate::random::Random;

/// The number of bytes of the repetition that makes a code long.
const LONG: usize = 7900;

/// The most bytes of a long code. A code value may have 8192 characters.
const MAX_LONG: usize = 8192;

/// The number of times that a long code is drawn before one without the long repetition is lengthened.
const DRAWS: usize = 50;

/// A pattern, to draw texts that it accepts.
#[derive(Debug)]
pub(super) struct Sampler {
    hir: Hir,
    filler: &'static [&'static str],
}

/// A text that a pattern accepts.
pub(super) struct Sample {
    pub(super) text: String,
    /// The positions, in bytes, of the characters for which the pattern leaves no choice.
    fixed: Vec<usize>,
}

impl Sampler {
    /// Reads a pattern of the `regex` crate. Wide classes are filled with texts of `filler`.
    ///
    /// # Panics
    ///
    /// If the pattern is invalid.
    pub(super) fn new(peer_pattern: &str, filler: &'static [&'static str]) -> Self {
        let hir = regex_syntax::parse(peer_pattern)
            .unwrap_or_else(|error| panic!("{peer_pattern}: {error}"));
        Self { hir, filler }
    }

    /// Draws a text of usual length.
    pub(super) fn sample(&self, random: &mut Random) -> Sample {
        self.draw(None, random)
    }

    /// Draws a text of about 8 KB, in which one repetition is long. The text is not accepted if all
    /// repetitions of the pattern are bounded.
    pub(super) fn long_sample(&self, random: &mut Random) -> Sample {
        let mut all = Vec::new();
        collect_repetitions(&self.hir, &mut all);
        let (unbounded, bounded): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|repetition| repetition.max.is_none());
        let mut repetitions = unbounded;
        if repetitions.is_empty() {
            let is_run =
                |repetition: &&Repetition| matches!(repetition.sub.kind(), HirKind::Class(_));
            repetitions = bounded.into_iter().filter(is_run).collect();
        }
        for _ in 0..DRAWS {
            let Some(last) = repetitions.len().checked_sub(1) else {
                break;
            };
            let long = repetitions[random.below(last + 1)];
            let sample = self.draw(Some(long), random);
            if (LONG..=MAX_LONG).contains(&sample.text.len()) {
                return sample;
            }
        }
        let mut sample = self.draw(None, random);
        random.fill(&mut sample.text, b"0123456789abcdef", LONG);
        sample
    }

    fn draw(&self, long: Option<&Repetition>, random: &mut Random) -> Sample {
        let mut draw = Draw {
            upper: random.below(4) == 0,
            random,
            filler: self.filler,
            long,
            sample: Sample {
                text: String::new(),
                fixed: Vec::new(),
            },
        };
        draw.append(&self.hir);
        draw.sample
    }
}

/// Collects the repetitions of which a text may have any part, in order.
fn collect_repetitions<'a>(hir: &'a Hir, all: &mut Vec<&'a Repetition>) {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            all.push(repetition);
            collect_repetitions(&repetition.sub, all);
        }
        HirKind::Capture(capture) => collect_repetitions(&capture.sub, all),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| collect_repetitions(part, all));
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => {}
    }
}

/// The drawing of one text.
struct Draw<'a> {
    random: &'a mut Random,
    filler: &'static [&'static str],
    /// `true` if letters of either case are upper-case in this text.
    upper: bool,
    /// The repetition that gets [`LONG`] bytes.
    long: Option<&'a Repetition>,
    sample: Sample,
}

impl Draw<'_> {
    fn append(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => {
                let literal = str::from_utf8(&literal.0).expect("patterns are of characters");
                for character in literal.chars() {
                    self.push_fixed(character);
                }
            }
            HirKind::Class(class) => self.fill(class, 1),
            HirKind::Repetition(repetition) => self.repeat(repetition),
            HirKind::Capture(capture) => self.append(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.append(part)),
            HirKind::Alternation(ways) => {
                let way = self.random.below(ways.len());
                self.append(&ways[way]);
            }
        }
    }

    fn repeat(&mut self, repetition: &Repetition) {
        let least = repetition.min as usize;
        let is_long = self.long.is_some_and(|long| std::ptr::eq(long, repetition));
        if let HirKind::Class(class) = repetition.sub.kind() {
            let most = repetition.max.map_or(least + 24, |max| max as usize);
            let count = self.random.within(least..most.min(least + 24) + 1);
            self.fill(class, if is_long { LONG } else { count });
            return;
        }
        let most = repetition.max.map_or(least + 3, |max| max as usize);
        let count = self.random.within(least..most.min(least + 3) + 1);
        let end = self.sample.text.len() + LONG;
        for repeated in 0..if is_long { LONG } else { count } {
            if is_long && repeated >= least && self.sample.text.len() >= end {
                break;
            }
            self.append(&repetition.sub);
        }
    }

    /// Appends `count` characters of `class`, or fewer if they take more than [`LONG`] bytes.
    fn fill(&mut self, class: &Class, count: usize) {
        let ascii: Vec<char> = (' '..='~').filter(|char| contains(class, *char)).collect();
        match ascii[..] {
            [one] => (0..count).for_each(|_| self.push_fixed(one)),
            // One letter of either case; upper-case letters come first.
            [upper, lower] => {
                let letter = if self.upper { upper } else { lower };
                (0..count).for_each(|_| self.push_fixed(letter));
            }
            _ if ascii.len() >= 64 => self.fill_with_words(class, count),
            _ => {
                let end = self.sample.text.len() + LONG;
                let also_han = contains(class, HAN[0]);
                for _ in 0..count {
                    let han = also_han && (ascii.is_empty() || self.random.below(2) == 0);
                    let alphabet = if han { &HAN[..] } else { &ascii[..] };
                    let at = self.random.below(alphabet.len());
                    self.sample.text.push(alphabet[at]);
                    if self.sample.text.len() >= end {
                        break;
                    }
                }
            }
        }
    }

    fn fill_with_words(&mut self, class: &Class, count: usize) {
        let mut missing = count;
        while missing > 0 {
            let word = self.filler[self.random.below(self.filler.len())];
            for character in word
                .chars()
                .filter(|char| contains(class, *char))
                .take(missing)
            {
                self.sample.text.push(character);
                missing -= 1;
            }
        }
    }

    fn push_fixed(&mut self, character: char) {
        self.sample.fixed.push(self.sample.text.len());
        self.sample.text.push(character);
    }
}

impl Sample {
    /// Returns a code of which any character may be changed.
    pub(super) fn of_code(code: &str) -> Self {
        Self {
            text: code.to_owned(),
            fixed: code.char_indices().map(|(at, _)| at).collect(),
        }
    }

    /// Returns the text with one of its fixed characters replaced by another of the same kind.
    pub(super) fn with_one_character_changed(self, random: &mut Random) -> String {
        let Self { text, fixed } = self;
        let Some(last) = fixed.len().checked_sub(1) else {
            return text;
        };
        let at = fixed[random.below(last + 1)];
        let old = text[at..].chars().next().expect("a character is there");
        let others: Vec<char> = match old {
            '0'..='9' => ('0'..='9').collect(),
            'a'..='z' => ('a'..='z').collect(),
            'A'..='Z' => ('A'..='Z').collect(),
            // Most of these are in no rule, unlike those of HAN.
            '\u{80}'.. => ('一'..='俿').collect(),
            _ => "./-_:?=&".chars().collect(),
        };
        let others: Vec<char> = others.into_iter().filter(|other| *other != old).collect();
        let new = others[random.below(others.len())];
        let end = at + old.len_utf8();
        format!("{}{new}{}", &text[..at], &text[end..])
    }
}

fn contains(class: &Class, character: char) -> bool {
    match class {
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .any(|range| (range.start()..=range.end()).contains(&character)),
        Class::Bytes(class) => u8::try_from(character).is_ok_and(|byte| {
            let contains = |range: &regex_syntax::hir::ClassBytesRange| {
                (range.start()..=range.end()).contains(&byte)
            };
            class.ranges().iter().any(contains)
        }),
    }
}
