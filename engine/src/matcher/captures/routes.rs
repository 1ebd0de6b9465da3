//! The boundaries of a sequence that follow from others.

use super::byte_set::ByteSet;
use super::sequence::{Boundary, Length, Sequence};
use super::walk::{Bytes, Read};
use crate::matcher::char_class::CharClass;
use crate::matcher::cost;

/// The shortest ways to the boundaries of a sequence.
#[derive(Debug)]
pub(super) struct Routes {
    /// By boundary, what can follow it.
    follow: Vec<ByteSet>,
    /// By boundary, what can come before it, if that is known.
    before: Vec<Option<ByteSet>>,
    /// By boundary, the way to it, if there is one.
    ways: Vec<Option<Way>>,
}

#[derive(Clone, Copy, Debug)]
struct Way {
    cost: u32,
    /// `true` once the ways from here were followed.
    is_followed: bool,
    edge: Edge,
}

/// The last step of a way to a boundary.
#[derive(Clone, Copy, Debug)]
pub(super) enum Edge {
    /// A number of bytes after `from`, or before if it is negative. No bytes after itself if the
    /// boundary is known.
    Fixed { from: Boundary, shift: i32 },
    /// A scan from `from` on. The boundary is `shift` bytes after its end, or before it if that
    /// is negative.
    Read {
        from: Boundary,
        scan: Scan,
        shift: i32,
    },
    /// A choice among the alternatives of a part.
    Choice { part: Boundary },
}

/// A scan from one boundary to another.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scan {
    /// All of these bytes, as far as one of `limit`.
    Run { bytes: ByteSet, limit: ByteSet },
    /// As [`Self::Run`], backwards.
    BackRun { bytes: ByteSet, limit: ByteSet },
    /// A number of characters.
    Characters(u32),
    /// A number of characters, backwards.
    BackCharacters(u32),
}

/// The most bytes of a literal that are taken to belong to a run before or after it.
const MAX_TEXT: usize = 64;

/// The cost of a step that reads, beside one that only counts bytes.
const READ: u32 = 1;

impl Routes {
    /// `follow` and `before` are by boundary.
    pub(super) fn new(follow: Vec<ByteSet>, before: Vec<Option<ByteSet>>) -> Self {
        Self {
            ways: vec![None; follow.len()],
            follow,
            before,
        }
    }

    /// Adds a boundary whose place is known.
    pub(super) fn add_known(&mut self, boundary: Boundary) {
        let edge = Edge::Fixed {
            from: boundary,
            shift: 0,
        };
        self.add(boundary, 0, edge);
    }

    /// Adds the way to the end of `part` by a choice among its alternatives. Its begin is reached.
    pub(super) fn add_choice(&mut self, part: Boundary) {
        let cost = self.ways[part].map_or(0, |way| way.cost);
        self.add(part + 1, cost + READ, Edge::Choice { part });
    }

    /// Returns `true` if there is a way to `boundary`.
    pub(super) fn reaches(&self, boundary: Boundary) -> bool {
        self.ways[boundary].is_some()
    }

    /// Returns the last step of the way to `boundary`, which is reached.
    pub(super) fn edge(&self, boundary: Boundary) -> Edge {
        let known = Edge::Fixed {
            from: boundary,
            shift: 0,
        };
        self.ways[boundary].map_or(known, |way| way.edge)
    }

    /// Follows the ways from all boundaries that are reached.
    ///
    /// # Complexity
    ///
    /// Quadratic in the parts of `sequence`.
    pub(super) fn extend(&mut self, sequence: &Sequence<'_>) {
        while let Some((boundary, cost)) = self.nearest() {
            if let Some(way) = &mut self.ways[boundary] {
                way.is_followed = true;
            }
            self.follow_forwards(sequence, boundary, cost);
            self.follow_backwards(sequence, boundary, cost);
        }
    }

    fn nearest(&self) -> Option<(Boundary, u32)> {
        let ways = self.ways.iter().enumerate();
        let open = ways.filter_map(|(boundary, way)| {
            let way = way.filter(|way| !way.is_followed)?;
            Some((boundary, way.cost))
        });
        open.min_by_key(|&(_, cost)| cost)
    }

    fn follow_forwards(&mut self, sequence: &Sequence<'_>, from: Boundary, cost: u32) {
        if let Some(part) = sequence.parts.get(from) {
            match part.length {
                Length::Bytes(length) => self.add_fixed(from, from + 1, length, cost),
                Length::Characters(count) => {
                    self.add_read(from, from + 1, Scan::Characters(count), 0, cost);
                }
                Length::Various => {}
            }
        }
        let mut bytes = ByteSet::EMPTY;
        let mut parts = sequence.parts[from..].iter().zip(from + 1..).peekable();
        while let Some((part, to)) = parts.next() {
            bytes = bytes.or(part.bytes);
            let next = parts.peek().map_or(&[][..], |(part, _)| part.text());
            let limits = self.follow[to..=to].iter().copied();
            let limits = limits.chain(next.iter().skip(1).map(|&byte| ByteSet::of(byte)));
            if let Some((run, limit, shift)) = limited(bytes, limits, next.iter()) {
                let scan = Scan::Run { bytes: run, limit };
                self.add_read(from, to, scan, -shift, cost);
            }
        }
    }

    fn follow_backwards(&mut self, sequence: &Sequence<'_>, from: Boundary, cost: u32) {
        if let Some(part) = from.checked_sub(1).map(|part| &sequence.parts[part]) {
            match part.length {
                Length::Bytes(length) => self.add_fixed(from, from - 1, length, cost),
                Length::Characters(count) => {
                    self.add_read(from, from - 1, Scan::BackCharacters(count), 0, cost);
                }
                Length::Various => {}
            }
        }
        let mut bytes = ByteSet::EMPTY;
        let mut parts = sequence.parts[..from].iter().enumerate().rev().peekable();
        while let Some((to, part)) = parts.next() {
            bytes = bytes.or(part.bytes);
            let Some(before) = self.before[to] else {
                continue;
            };
            let next = parts.peek().map_or(&[][..], |(_, part)| part.text());
            let limits = next.iter().rev().skip(1).map(|&byte| ByteSet::of(byte));
            let limits = std::iter::once(before).chain(limits);
            if let Some((run, limit, shift)) = limited(bytes, limits, next.iter().rev()) {
                let scan = Scan::BackRun { bytes: run, limit };
                self.add_read(from, to, scan, shift, cost);
            }
        }
    }

    fn add_read(&mut self, from: Boundary, to: Boundary, scan: Scan, shift: i32, cost: u32) {
        self.add(to, cost + READ, Edge::Read { from, scan, shift });
    }

    fn add_fixed(&mut self, from: Boundary, to: Boundary, length: u32, cost: u32) {
        let length = i32::try_from(length).ok();
        // No code value is longer.
        let length = length.filter(|&length| length as u64 <= cost::MAX_BYTES);
        if let Some(length) = length {
            let shift = if from < to { length } else { -length };
            self.add(to, cost, Edge::Fixed { from, shift });
        }
    }

    fn add(&mut self, to: Boundary, cost: u32, edge: Edge) {
        let way = &mut self.ways[to];
        if way.is_none_or(|known| cost < known.cost && !known.is_followed) {
            *way = Some(Way {
                cost,
                is_followed: false,
                edge,
            });
        }
    }
}

/// Returns `bytes`, with as many of `text` after it as it takes for the limit to have nothing in common
/// with them; that limit; and the number of bytes of `text`. `limits` has one before each byte of
/// `text`, as far as it goes.
fn limited<'t>(
    mut bytes: ByteSet,
    limits: impl Iterator<Item = ByteSet>,
    text: impl Iterator<Item = &'t u8>,
) -> Option<(ByteSet, ByteSet, i32)> {
    let mut text = text.take(MAX_TEXT);
    for (shift, limit) in (0..).zip(limits) {
        if !bytes.has_byte_of(limit) {
            return Some((bytes, limit, shift));
        }
        bytes = bytes.or(ByteSet::of(*text.next()?));
    }
    None
}

impl Scan {
    /// Returns what a walk reads.
    pub(super) fn read(self) -> Read {
        match self {
            Self::Run { bytes, limit } => match Bytes::of_set(limit) {
                Some(limit) => Read::Until(limit),
                None => Read::Run(Box::new(run_class(bytes, limit))),
            },
            Self::BackRun { bytes, limit } => match Bytes::of_set(limit) {
                Some(limit) => Read::BackUntil(limit),
                None => Read::BackRun(Box::new(run_class(bytes, limit))),
            },
            Self::Characters(count) => Read::Characters(count),
            Self::BackCharacters(count) => Read::BackCharacters(count),
        }
    }
}

/// Returns a class with `bytes` and without `limit`, of those the one that is scanned faster.
fn run_class(bytes: ByteSet, limit: ByteSet) -> CharClass {
    let class = bytes.class();
    match limit.excluded_class() {
        Some(excluded) if excluded.is_compared() && !class.is_compared() => excluded,
        // A class with all characters beyond ASCII reads on, where the other one stops.
        Some(excluded) if bytes.has_beyond_ascii() && !class.is_compared() => excluded,
        _ => class,
    }
}
