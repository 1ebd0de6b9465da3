//! Rules as sequences of segments, which are read without backtracking.

use std::rc::Rc;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange, Hir, Repetition};

use super::char_class::CharClass;
use super::cost::{self, Cost};
use crate::rule::{EmvMatch, MAX_LABEL_CHARACTERS, is_label_byte};

/// One way in which a rule can match: segments one after the other, then an ending.
///
/// After each segment there is at most one place in the code value where the next can begin, so
/// nothing is ever tried twice. Anything that would need backtracking is left to the ending.
#[derive(Clone, Debug)]
pub(super) struct Branch {
    /// In the order of the code value; may be empty.
    pub(super) segments: Vec<Segment>,
    /// The condition on what follows the segments.
    pub(super) ending: Ending,
}

/// A part of a code value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Segment {
    /// A fixed text.
    Literal(Literal),
    /// The longest run of members of a class, of `min` to `max` characters; [`UNBOUNDED`] stands
    /// for any number. If the maximum is reached, the run ends there even if members follow.
    Run {
        class: Rc<CharClass>,
        min: u32,
        max: u32,
    },
    /// The longest run of members of a class. It must end with `suffix`, whose characters are all
    /// members, too; `before` is the condition on the part before the suffix.
    RunWithSuffix {
        class: Rc<CharClass>,
        before: Before,
        suffix: Literal,
    },
}

/// A text that is not empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Literal {
    /// Lower case if the case does not matter.
    pub(super) text: Box<str>,
    /// `true` if ASCII letters match in either case.
    pub(super) any_case: bool,
}

/// The part of a run before its suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Before {
    /// From `min` to `max` characters; [`UNBOUNDED`] stands for any number.
    Characters { min: u32, max: u32 },
    /// One or more labels of a host, with dots between them.
    Labels,
}

/// The condition on a code value where the segments of a branch end.
#[derive(Clone, Debug)]
pub(super) enum Ending {
    /// The code value ends here.
    End,
    /// Anything may follow.
    Anything,
    /// The code value ends here, or `/`, `?` or `#` follows.
    UrlBoundary,
    /// The rest matches this expression, as a whole. Branches that share it continue in the same way.
    Remainder(Rc<Hir>),
    /// The whole code value is a payload that this accepts.
    Emv(EmvMatch),
}

/// The maximum number of characters of a run without one.
pub(super) const UNBOUNDED: u32 = u32::MAX;

impl Literal {
    /// A literal that matches `text`, which is not empty, and nothing else.
    pub(super) fn exact(text: &str) -> Self {
        Self {
            text: text.into(),
            any_case: false,
        }
    }

    /// A literal that matches `text`, which is not empty, with its ASCII letters in either case.
    pub(super) fn any_case(text: &str) -> Self {
        Self {
            text: text.to_ascii_lowercase().into(),
            any_case: true,
        }
    }

    /// Returns one literal that means `self` and then `next`; `None` if the case of letters matters
    /// in one of them only.
    pub(super) fn joined(&self, next: &Self) -> Option<Self> {
        let caseless = |text: &str| !text.bytes().any(|b| b.is_ascii_alphabetic());
        let any_case = match (self.any_case, next.any_case) {
            (a, b) if a == b => a,
            (true, false) if caseless(&next.text) => true,
            (true, false) if caseless(&self.text) => false,
            (false, true) if caseless(&self.text) => true,
            (false, true) if caseless(&next.text) => false,
            _ => return None,
        };
        Some(Self {
            text: format!("{}{}", self.text, next.text).into(),
            any_case,
        })
    }

    pub(super) fn to_hir(&self) -> Hir {
        if !self.any_case {
            return Hir::literal(self.text.as_bytes());
        }
        let one_of = |c: char| {
            let ranges = [c, c.to_ascii_uppercase()].map(|c| ClassUnicodeRange::new(c, c));
            Hir::class(regex_syntax::hir::Class::Unicode(ClassUnicode::new(ranges)))
        };
        Hir::concat(self.text.chars().map(one_of).collect())
    }
}

impl Before {
    /// Returns `true` if `part`, all of it members of the run's class, may be before the suffix.
    ///
    /// # Complexity
    ///
    /// Linear in `part`.
    pub(super) fn holds(self, part: &str) -> bool {
        match self {
            Self::Characters { min, max } => {
                let (min, max) = (min as usize, max as usize);
                // A character has one to four bytes, so the number of bytes may decide.
                let is_certain = part.len() >= min.saturating_mul(4) && part.len() <= max;
                is_certain || (min..=max).contains(&part.chars().count())
            }
            Self::Labels => part.as_bytes().split(|&b| b == b'.').all(|label| {
                (1..=MAX_LABEL_CHARACTERS).contains(&label.len())
                    && label.iter().all(|&b| is_label_byte(b))
            }),
        }
    }
}

impl Before {
    /// Returns the steps that [`Self::holds`] takes for a part of `bytes` bytes.
    pub(super) const fn steps(self, bytes: u64) -> u64 {
        match self {
            Self::Characters { .. } => 1 + bytes / 8,
            Self::Labels => 1 + bytes,
        }
    }

    /// Returns the most steps that [`Self::holds`] can take for a part of a code value.
    pub(super) const fn bound(self) -> Cost {
        Cost {
            fixed: 1,
            linear: match self {
                Self::Characters { .. } => cost::MAX_BYTES / 8,
                // Labels are of ASCII, or the part ends before.
                Self::Labels => cost::MAX_CHARACTERS,
            },
        }
    }
}

impl Segment {
    /// Returns the segment as an expression, for a remainder. Exact for segments of a pattern, which
    /// never have [`Before::Labels`].
    pub(super) fn to_hir(&self) -> Hir {
        match self {
            Self::Literal(literal) => literal.to_hir(),
            Self::Run { class, min, max } => run_hir(class, *min, *max),
            Self::RunWithSuffix {
                class,
                before,
                suffix,
            } => {
                let (min, max) = match before {
                    Before::Characters { min, max } => (*min, *max),
                    Before::Labels => (1, UNBOUNDED),
                };
                Hir::concat(vec![run_hir(class, min, max), suffix.to_hir()])
            }
        }
    }
}

fn run_hir(class: &CharClass, min: u32, max: u32) -> Hir {
    Hir::repetition(Repetition {
        min,
        max: (max != UNBOUNDED).then_some(max),
        greedy: true,
        sub: Box::new(Hir::class(class.to_hir_class())),
    })
}
