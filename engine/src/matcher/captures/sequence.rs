//! An expression as the parts that follow each other.

use regex_syntax::hir::{Hir, HirKind};

use super::byte_set::ByteSet;
use super::heads::Heads;

/// A place between two parts of a sequence: the number of parts before it.
pub(super) type Boundary = usize;

/// A number of one of the places in a code value that a walk saves: those of
/// [`CaptureScratch`](super::CaptureScratch), and further ones.
pub(super) type Slot = u8;

/// The slot of the begin of the code value.
pub(super) const BEGIN: Slot = 0;
/// The slot of the end of the code value.
pub(super) const END: Slot = 1;

/// The parts of an expression, and the boundaries of the groups that are not inside a part.
#[derive(Debug)]
pub(super) struct Sequence<'a> {
    pub(super) parts: Vec<Part<'a>>,
    /// The slots of the groups' begins and ends.
    pub(super) marks: Vec<(Slot, Boundary)>,
}

/// A part of a sequence: a literal, a class, a repetition or an alternation.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) hir: &'a Hir,
    pub(super) length: Length,
    /// The bytes that it can have.
    pub(super) bytes: ByteSet,
    first: ByteSet,
    last: ByteSet,
    pub(super) is_nullable: bool,
    /// `true` if one of the groups to find is inside.
    pub(super) has_groups: bool,
}

/// The length of all texts that a part can match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// This number of bytes.
    Bytes(u32),
    /// This number of characters.
    Characters(u32),
    /// They have different lengths.
    Various,
}

/// The parts that follow a sequence; `None` stands for the end of the code value.
#[derive(Clone, Copy)]
pub(super) struct Follow<'a> {
    pub(super) parts: &'a [Part<'a>],
    pub(super) then: Option<&'a Self>,
}

impl<'a> Sequence<'a> {
    /// Splits `hir` into parts. `groups` are the numbers of the groups to find, ascending.
    pub(super) fn new(hir: &'a Hir, groups: &[u32]) -> Self {
        let mut sequence = Self {
            parts: Vec::new(),
            marks: Vec::new(),
        };
        sequence.add(hir, groups);
        sequence
    }

    /// The sequence of nothing.
    pub(super) const fn empty() -> Self {
        Self {
            parts: Vec::new(),
            marks: Vec::new(),
        }
    }

    fn add(&mut self, hir: &'a Hir, groups: &[u32]) {
        match hir.kind() {
            // An assertion makes a match no longer.
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Repetition(repetition) if repetition.max == Some(0) => {}
            HirKind::Concat(subs) => subs.iter().for_each(|sub| self.add(sub, groups)),
            HirKind::Capture(capture) => {
                let slots = slots(capture.index, groups);
                if let Some((begin, _)) = slots {
                    self.marks.push((begin, self.parts.len()));
                }
                self.add(&capture.sub, groups);
                if let Some((_, end)) = slots {
                    self.marks.push((end, self.parts.len()));
                }
            }
            HirKind::Literal(_)
            | HirKind::Class(_)
            | HirKind::Repetition(_)
            | HirKind::Alternation(_) => self.parts.push(Part::new(hir, groups)),
        }
    }

    /// Returns the set of what the last part before `boundary` can end with.
    pub(super) fn last_before(&self, boundary: Boundary) -> ByteSet {
        let mut set = ByteSet::EMPTY;
        for part in self.parts[..boundary].iter().rev() {
            set = set.or(part.last);
            if !part.is_nullable {
                break;
            }
        }
        set
    }

    /// Returns `true` if nothing may be before `boundary`.
    pub(super) fn is_nullable_before(&self, boundary: Boundary) -> bool {
        self.parts[..boundary].iter().all(|part| part.is_nullable)
    }
}

impl<'a> Part<'a> {
    fn new(hir: &'a Hir, groups: &[u32]) -> Self {
        let properties = hir.properties();
        Self {
            hir,
            length: Length::of(hir),
            bytes: ByteSet::of_hir(hir),
            first: edge(hir, End::First),
            last: edge(hir, End::Last),
            is_nullable: properties.minimum_len() == Some(0),
            has_groups: has_groups(hir, groups),
        }
    }

    /// Returns the part's text if it is a literal, otherwise none.
    pub(super) fn text(&self) -> &'a [u8] {
        match self.hir.kind() {
            HirKind::Literal(literal) => &literal.0,
            _ => &[],
        }
    }
}

impl Length {
    fn of(hir: &Hir) -> Self {
        let properties = hir.properties();
        match (properties.minimum_len(), properties.maximum_len()) {
            (Some(least), Some(most)) if least == most => {
                u32::try_from(least).map_or(Self::Various, Self::Bytes)
            }
            _ => characters(hir).map_or(Self::Various, Self::Characters),
        }
    }
}

impl Follow<'_> {
    /// Returns the set of what can come first.
    pub(super) fn first(mut self) -> ByteSet {
        let mut set = ByteSet::EMPTY;
        loop {
            for part in self.parts {
                set = set.or(part.first);
                if !part.is_nullable {
                    return set;
                }
            }
            match self.then {
                Some(then) => self = *then,
                None => return set.or(ByteSet::END),
            }
        }
    }

    /// Adds what follows to `heads`.
    pub(super) fn add_to(mut self, heads: &mut Heads) {
        loop {
            for part in self.parts {
                if heads.is_full() {
                    return;
                }
                heads.add(part.hir);
            }
            match self.then {
                Some(then) => self = *then,
                None => return heads.add_end(),
            }
        }
    }
}

/// Returns the slots of the begin and the end of the group `index`, if it is one of `groups`.
fn slots(index: u32, groups: &[u32]) -> Option<(Slot, Slot)> {
    let place = groups.binary_search(&index).ok()?;
    let begin = Slot::try_from(2 * place + 2).ok()?;
    Some((begin, begin + 1))
}

fn has_groups(hir: &Hir, groups: &[u32]) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
        HirKind::Repetition(repetition) => has_groups(&repetition.sub, groups),
        HirKind::Capture(capture) => {
            groups.binary_search(&capture.index).is_ok() || has_groups(&capture.sub, groups)
        }
        HirKind::Concat(subs) | HirKind::Alternation(subs) => {
            subs.iter().any(|sub| has_groups(sub, groups))
        }
    }
}

/// Returns the number of characters of all texts that `hir` matches, if they have the same.
fn characters(hir: &Hir) -> Option<u32> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(0),
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            u32::try_from(text.chars().count()).ok()
        }
        HirKind::Class(_) => Some(1),
        HirKind::Capture(capture) => characters(&capture.sub),
        HirKind::Repetition(repetition) => {
            let count = repetition.max.filter(|&max| max == repetition.min)?;
            characters(&repetition.sub)?.checked_mul(count)
        }
        HirKind::Concat(subs) => subs.iter().try_fold(0_u32, |sum, sub| {
            characters(sub).and_then(|count| sum.checked_add(count))
        }),
        HirKind::Alternation(subs) => {
            let mut counts = subs.iter().map(characters);
            let first = counts.next()??;
            counts.all(|count| count == Some(first)).then_some(first)
        }
    }
}

/// An end of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    First,
    Last,
}

/// Returns the set of the bytes at this end of the matches of `hir`.
fn edge(hir: &Hir, end: End) -> ByteSet {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => ByteSet::EMPTY,
        HirKind::Literal(literal) => {
            let byte = match end {
                End::First => literal.0.first(),
                End::Last => literal.0.last(),
            };
            byte.map_or(ByteSet::EMPTY, |&byte| ByteSet::of(byte))
        }
        HirKind::Class(class) => ByteSet::of_class(class),
        HirKind::Capture(capture) => edge(&capture.sub, end),
        HirKind::Repetition(repetition) => edge(&repetition.sub, end),
        HirKind::Concat(subs) => {
            let mut set = ByteSet::EMPTY;
            for at in 0..subs.len() {
                let sub = match end {
                    End::First => &subs[at],
                    End::Last => &subs[subs.len() - 1 - at],
                };
                set = set.or(edge(sub, end));
                if sub.properties().minimum_len() != Some(0) {
                    break;
                }
            }
            set
        }
        HirKind::Alternation(subs) => subs
            .iter()
            .fold(ByteSet::EMPTY, |set, sub| set.or(edge(sub, end))),
    }
}
