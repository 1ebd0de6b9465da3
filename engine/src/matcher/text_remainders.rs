//! Remainders that must each contain a text, by which those are found that can match at all.

use super::char_class::CharClass;
use super::inner::InnerLiterals;
use super::remainder::Remainder;

/// The most remainders that are tried one by one. If a code value contains the texts of more, the
/// automata of all of them together take fewer steps.
pub(super) const MAX_TRIED: usize = 8;

/// The remainders of one node that must each contain a text.
#[derive(Debug)]
pub(super) struct TextRemainders {
    /// The first of the rules.
    pub(super) first_rule: u32,
    /// Finds the remainders whose text is there. Its numbers are indices in `remainders`.
    pub(super) search: InnerLiterals,
    pub(super) remainders: Box<[TextRemainder]>,
    /// The class of each [`Condition::Class`].
    pub(super) class: CharClass,
    /// Automata of all [`Condition::Tried`] together, for code values with the texts of more than
    /// [`MAX_TRIED`]; empty if each is tried, however many there are.
    pub(super) together: Box<[Remainder]>,
}

/// A remainder that must contain a text.
#[derive(Debug)]
pub(super) struct TextRemainder {
    /// The text.
    pub(super) text: Box<[u8]>,
    /// The condition that the rest must fulfil, too.
    pub(super) condition: Condition,
}

/// The condition on a code value that contains the text of a remainder.
#[derive(Debug)]
pub(super) enum Condition {
    /// The whole remainder, `.*text.*` of this rule, has only characters of [`TextRemainders::class`].
    Class(u32),
    /// A remainder that is tried as one of [`MAX_TRIED`].
    Tried(Remainder),
    /// A remainder that no automaton can follow together with others.
    Alone(Remainder),
}

/// A rule or a remainder that a search has to try.
#[derive(Clone, Copy, Debug)]
pub(super) enum Candidate<'a> {
    /// The rule of a [`Condition::Class`].
    Class(u32),
    Remainder(&'a Remainder),
}

impl TextRemainders {
    /// Calls `try_candidate` with all that can match `text`, the rest of a code value. It returns
    /// `false` if it did not try. `seen` is room for marks.
    pub(super) fn candidates<'a>(
        &'a self,
        text: &[u8],
        seen: &mut Vec<bool>,
        mut try_candidate: impl FnMut(Candidate<'a>) -> bool,
    ) {
        let (mut tried, mut are_more) = (0, false);
        self.search.candidates(text, seen, |index| {
            match &self.remainders[index as usize].condition {
                Condition::Class(rule) => {
                    try_candidate(Candidate::Class(*rule));
                }
                Condition::Alone(remainder) => {
                    try_candidate(Candidate::Remainder(remainder));
                }
                Condition::Tried(_) if tried == MAX_TRIED && !self.together.is_empty() => {
                    are_more = true;
                }
                Condition::Tried(remainder) => {
                    tried += usize::from(try_candidate(Candidate::Remainder(remainder)));
                }
            }
        });
        if are_more {
            for remainder in &self.together {
                try_candidate(Candidate::Remainder(remainder));
            }
        }
    }

    /// Returns the number of bytes on the heap, without the remainders.
    pub(super) fn heap_bytes(&self) -> usize {
        let texts = self.remainders.iter();
        let texts = texts.map(|it| size_of::<TextRemainder>() + it.text.len());
        self.search.heap_bytes() + self.class.heap_bytes() + texts.sum::<usize>()
    }
}
