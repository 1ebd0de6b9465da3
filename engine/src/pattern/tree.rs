//! The syntax tree of a pattern.

use std::rc::Rc;

use regex_syntax::hir::ClassUnicode;

/// A part of a pattern.
#[derive(Debug)]
pub(super) enum Node {
    /// The empty text.
    Empty,
    /// This character.
    Character(char),
    /// One character of a set.
    Set(Set),
    /// A place, and no character.
    Look(Look),
    /// `\R`.
    LineEnding {
        /// The byte of the pattern at which it begins.
        offset: usize,
    },
    /// A capturing group.
    Group {
        /// Its number, from 1 on.
        number: u32,
        /// The part between the parentheses.
        sub: Box<Self>,
    },
    /// `(?>…)`.
    Atomic {
        /// The part between the parentheses.
        sub: Box<Self>,
        /// The byte of the pattern at which it begins.
        offset: usize,
    },
    /// A part, several times.
    Repeat(Box<Repeat>),
    /// At least two parts.
    Concat(Vec<Self>),
    /// At least two alternatives.
    Alternate(Vec<Self>),
}

/// A set of characters.
#[derive(Clone, Debug)]
pub(super) struct Set {
    /// The characters of the set, shared by its copies.
    pub(super) members: Rc<ClassUnicode>,
    /// About the number of ranges as they are written, a Unicode property counting as a hundred.
    pub(super) cost: usize,
}

/// An assertion about a place in the code value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// The kind of the assertion.
    pub(super) kind: LookKind,
    /// The byte of the pattern at which the assertion begins.
    pub(super) offset: usize,
}

/// The kind of an assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LookKind {
    /// The beginning: `^` without `(?m)`, `\A`, `\G`.
    Start,
    /// The beginning of a line: `^` under `(?m)`.
    LineStart {
        /// `true` under `(?d)`, with which only `\n` ends a line.
        unix: bool,
    },
    /// The end: `\z`.
    End,
    /// The end, perhaps with a line terminator after it: `$` without `(?m)`, `\Z`.
    FinalEnd {
        /// `true` under `(?d)`, with which only `\n` ends a line.
        unix: bool,
    },
    /// The end of a line: `$` under `(?m)`.
    LineEnd {
        /// `true` under `(?d)`, with which only `\n` ends a line.
        unix: bool,
    },
    /// `\b`.
    WordBoundary,
    /// `\B`.
    NoWordBoundary,
    /// A resolved ambiguous kind: the beginning of a line that only `\n` ends.
    StartLf,
    /// As [`Self::StartLf`], for `\n`, `\r` and `\r\n`.
    StartCrlf,
    /// A resolved ambiguous kind: the end of a line that only `\n` ends.
    EndLf,
    /// As [`Self::EndLf`], for `\n`, `\r` and `\r\n`.
    EndCrlf,
}

/// A repetition.
#[derive(Debug)]
pub(super) struct Repeat {
    /// The part that is repeated.
    pub(super) sub: Node,
    /// The least number of repetitions.
    pub(super) min: u32,
    /// `None` if there is no greatest number.
    pub(super) max: Option<u32>,
    /// The number of repetitions that is preferred where several are possible.
    pub(super) greed: Greed,
    /// `true` if a group is repeated, which Java does in another way than a single character.
    pub(super) is_group: bool,
    /// The byte of the pattern at which the quantifier begins.
    pub(super) offset: usize,
}

/// The preference of a repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Greed {
    /// As often as possible.
    Greedy,
    /// As seldom as possible.
    Lazy,
    /// As often as possible, and nothing is given back.
    Possessive,
}

impl Node {
    /// Returns the parts of this part.
    pub(super) fn children(&self) -> &[Self] {
        match self {
            Self::Group { sub, .. } | Self::Atomic { sub, .. } => std::slice::from_ref(sub),
            Self::Repeat(repeat) => std::slice::from_ref(&repeat.sub),
            Self::Concat(subs) | Self::Alternate(subs) => subs,
            Self::Empty
            | Self::Character(_)
            | Self::Set(_)
            | Self::Look(_)
            | Self::LineEnding { .. } => &[],
        }
    }

    /// Returns `true` if the part may match without taking a character.
    pub(super) fn is_nullable(&self) -> bool {
        match self {
            Self::Empty | Self::Look(_) => true,
            Self::Character(_) | Self::Set(_) | Self::LineEnding { .. } => false,
            Self::Repeat(repeat) => repeat.min == 0 || repeat.sub.is_nullable(),
            Self::Alternate(subs) => subs.iter().any(Self::is_nullable),
            Self::Group { .. } | Self::Atomic { .. } | Self::Concat(_) => {
                self.children().iter().all(Self::is_nullable)
            }
        }
    }

    /// Returns `true` if there is an assertion in the part.
    pub(super) fn has_look(&self) -> bool {
        matches!(self, Self::Look(_)) || self.children().iter().any(Self::has_look)
    }

    /// Returns the number of levels of the tree.
    pub(super) fn depth(&self) -> usize {
        let below = self.children().iter().map(Self::depth).max();
        below.map_or(0, |below| below + 1)
    }
}

impl Repeat {
    /// Returns `true` if the part can be repeated more than once.
    pub(super) fn is_loop(&self) -> bool {
        self.max.is_none_or(|max| max > 1)
    }

    /// Returns `true` for `{1}`.
    pub(super) fn is_once(&self) -> bool {
        self.min == 1 && self.max == Some(1)
    }
}
