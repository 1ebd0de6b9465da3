//! Sets of characters, read byte by byte.

use std::collections::HashMap;

use regex_syntax::utf8::{Utf8Range, Utf8Sequences};

use crate::matcher::byte_set::ByteSet;
use crate::matcher::char_class::CharClass;

/// A set of characters, as the steps that a DFA takes along the bytes of their UTF-8.
#[derive(Debug)]
pub(super) struct ByteClass {
    pub(super) class: CharClass,
    /// By place, the bytes that lead on. A character begins at place 0, and leads back to it.
    steps: Vec<Vec<ByteStep>>,
    wide: Option<Wide>,
}

/// The bytes of a class that has most characters beyond ASCII, as `.` and `[^/]` have. Which of them
/// follow each other need not be known, since a code value is valid UTF-8. Bytes that never occur in it
/// are added where they join two ranges.
#[derive(Debug)]
pub(super) struct Wide {
    /// The bytes with which only members begin.
    pub(super) first: Vec<(u8, u8)>,
    /// These, and the bytes that continue a character.
    pub(super) inside: Vec<(u8, u8)>,
    /// The bytes with which members begin, and others.
    pub(super) uncertain: Vec<(u8, u8)>,
}

/// The number of characters beyond ASCII that most classes do not have, and those that exclude some
/// characters do.
const WIDE: u32 = 0x8_0000;
/// The bytes of characters beyond ASCII.
pub(super) const BEYOND_ASCII: (u8, u8) = (0x80, 0xff);

/// The bytes from `.0` to `.1`, which lead to the place `.2`.
pub(super) type ByteStep = (u8, u8, u16);

impl ByteClass {
    /// Creates the steps of `class`; returns `None` if they have too many places to number.
    pub(super) fn new(class: CharClass) -> Option<Self> {
        let sequences: Vec<Vec<Utf8Range>> = class
            .ranges()
            .flat_map(|(start, end)| Utf8Sequences::new(start, end))
            .map(|sequence| sequence.as_slice().to_vec())
            .collect();
        let sequences: Vec<&[Utf8Range]> = sequences.iter().map(Vec::as_slice).collect();
        let mut places = Places {
            steps: vec![Vec::new()],
            known: HashMap::new(),
        };
        places.steps[0] = places.lead_on(&sequences)?;
        let count = |(start, end): (char, char)| u32::from(end) - u32::from(start) + 1;
        let is_wide = class.ranges().map(count).sum::<u32>() > WIDE;
        Some(Self {
            wide: is_wide.then(|| Wide::new(&class, &places.steps[0])),
            class,
            steps: places.steps,
        })
    }

    /// Returns the bytes of the class if it has most characters beyond ASCII.
    pub(super) const fn wide(&self) -> Option<&Wide> {
        self.wide.as_ref()
    }

    /// Returns the steps from `place`.
    pub(super) fn steps(&self, place: u16) -> &[ByteStep] {
        &self.steps[usize::from(place)]
    }

    /// Returns the number of bytes of the run of members with which `text` begins.
    pub(super) fn run(&self, text: &[u8]) -> usize {
        let (mut end, mut place) = (0, 0);
        for (at, byte) in text.iter().enumerate() {
            let mut steps = self.steps(place).iter();
            let Some(&(.., next)) = steps.find(|step| (step.0..=step.1).contains(byte)) else {
                break;
            };
            place = next;
            if place == 0 {
                end = at + 1;
            }
        }
        end
    }

    /// Returns the bytes with which a member can begin.
    pub(super) fn first_bytes(&self) -> ByteSet {
        let mut set = ByteSet::default();
        for &(low, high, _) in self.steps(0) {
            set.insert(low, high);
        }
        set
    }
}

impl Wide {
    /// Divides the bytes with which members of `class` begin, which are those of `steps`.
    fn new(class: &CharClass, steps: &[ByteStep]) -> Self {
        let (mut first, mut uncertain) = (ByteSet::default(), ByteSet::default());
        for &(low, high, _) in steps {
            for byte in low..=high {
                let is_certain = byte.is_ascii() || class.ranges().any(|range| covers(range, byte));
                let set = if is_certain {
                    &mut first
                } else {
                    &mut uncertain
                };
                set.insert(byte, byte);
            }
        }
        first.insert(0xc0, 0xc1);
        first.insert(0xf5, 0xff);
        let mut inside = first;
        inside.insert(0x80, 0xbf);
        Self {
            first: first.ranges().collect(),
            inside: inside.ranges().collect(),
            uncertain: uncertain.ranges().collect(),
        }
    }
}

/// Returns `true` if all characters that begin with `byte` are in the range.
fn covers((start, end): (char, char), byte: u8) -> bool {
    let byte = u32::from(byte);
    let (first, last) = match byte {
        0xe0 => (0x800, 0xfff),
        // Surrogates are not characters.
        0xed => (0xd000, 0xd7ff),
        0xf0 => (0x1_0000, 0x3_ffff),
        0xf4 => (0x10_0000, 0x10_ffff),
        0xc0..0xe0 => ((byte & 0x1f) << 6, (byte & 0x1f) << 6 | 0x3f),
        0xe1..0xf0 => ((byte & 0xf) << 12, (byte & 0xf) << 12 | 0xfff),
        _ => ((byte & 7) << 18, (byte & 7) << 18 | 0x3_ffff),
    };
    u32::from(start) <= first && last <= u32::from(end)
}

/// The places of a class under construction. Places from which the same bytes lead on are one.
struct Places {
    steps: Vec<Vec<ByteStep>>,
    known: HashMap<Vec<ByteStep>, u16>,
}

impl Places {
    /// Returns the steps along `sequences`, in which equal first ranges follow each other.
    fn lead_on(&mut self, sequences: &[&[Utf8Range]]) -> Option<Vec<ByteStep>> {
        let mut steps = Vec::new();
        for group in sequences.chunk_by(|a, b| a.first() == b.first()) {
            let Some(first) = group.first().and_then(|sequence| sequence.first()) else {
                continue;
            };
            let rest: Vec<_> = group.iter().map(|sequence| &sequence[1..]).collect();
            let place = if rest.iter().all(|rest| rest.is_empty()) {
                0
            } else {
                let next = self.lead_on(&rest)?;
                self.place(next)?
            };
            steps.push((first.start, first.end, place));
        }
        Some(steps)
    }

    fn place(&mut self, steps: Vec<ByteStep>) -> Option<u16> {
        if let Some(&place) = self.known.get(&steps) {
            return Some(place);
        }
        let place = u16::try_from(self.steps.len()).ok()?;
        self.steps.push(steps.clone());
        self.known.insert(steps, place);
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::ByteClass;
    use crate::matcher::char_class::CharClass;
    use regex_syntax::hir::HirKind;

    #[test]
    fn a_character_leads_back_to_the_first_place_if_it_is_a_member() {
        for pattern in [
            ".",
            "[^/]",
            r"\p{Han}",
            r"\pL",
            "[aé中😀]",
            "[a-z]",
            r"(?s-u:[\x00-\x7f])",
        ] {
            let hir = regex_syntax::parse(pattern).unwrap();
            let HirKind::Class(class) = hir.kind() else {
                panic!("{pattern} is a class");
            };
            let class = CharClass::new(class);
            let steps = ByteClass::new(class.clone()).unwrap();
            for c in (0..=0x1_1000)
                .chain(0x2_0000..0x2_0100)
                .filter_map(char::from_u32)
            {
                let mut place = Some(0);
                for &byte in c.encode_utf8(&mut [0; 4]).as_bytes() {
                    let step = |place| {
                        let mut steps = steps.steps(place).iter();
                        let &(.., next) = steps.find(|s| (s.0..=s.1).contains(&byte))?;
                        Some(next)
                    };
                    place = place.and_then(step);
                }
                assert_eq!(place == Some(0), class.contains(c), "{pattern} {c:?}");
            }
        }
    }
}
