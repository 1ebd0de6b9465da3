//! Sets of the bytes that can be at a place in a code value.

use regex_syntax::hir::{Class, Hir, HirKind};

use crate::matcher::char_class::CharClass;

/// A set of ASCII bytes, of all bytes beyond ASCII or none, and of the end of the code value.
///
/// Sets of what an expression can read are too large where characters beyond ASCII are concerned:
/// if one of them is possible, all are taken to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ByteSet {
    /// A bit for each ASCII byte.
    ascii: u128,
    has_beyond_ascii: bool,
    has_end: bool,
}

impl ByteSet {
    pub(super) const EMPTY: Self = Self {
        ascii: 0,
        has_beyond_ascii: false,
        has_end: false,
    };

    /// The set of nothing but the end of the code value.
    pub(super) const END: Self = Self {
        has_end: true,
        ..Self::EMPTY
    };

    /// The set of all bytes beyond ASCII.
    pub(super) const BEYOND_ASCII: Self = Self {
        has_beyond_ascii: true,
        ..Self::EMPTY
    };

    /// The set of `byte`, or of all bytes beyond ASCII if it is one of them.
    pub(super) const fn of(byte: u8) -> Self {
        match byte.is_ascii() {
            true => Self {
                ascii: 1 << byte,
                ..Self::EMPTY
            },
            false => Self::BEYOND_ASCII,
        }
    }

    /// The set of the bytes of `class`, whose characters may have more than one.
    pub(super) fn of_class(class: &Class) -> Self {
        let range = |start: u32, end: u32| Self {
            ascii: ascii_bits(start, end),
            has_beyond_ascii: end >= 0x80,
            has_end: false,
        };
        match class {
            Class::Unicode(class) => {
                let ranges = class.ranges().iter();
                Self::union(ranges.map(|r| range(r.start().into(), r.end().into())))
            }
            Class::Bytes(class) => {
                let ranges = class.ranges().iter();
                Self::union(ranges.map(|r| range(r.start().into(), r.end().into())))
            }
        }
    }

    /// The set of all bytes that a match of `hir` can have.
    pub(super) fn of_hir(hir: &Hir) -> Self {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::EMPTY,
            HirKind::Literal(literal) => Self::union(literal.0.iter().map(|&b| Self::of(b))),
            HirKind::Class(class) => Self::of_class(class),
            HirKind::Capture(capture) => Self::of_hir(&capture.sub),
            HirKind::Repetition(repetition) => Self::of_hir(&repetition.sub),
            HirKind::Concat(subs) | HirKind::Alternation(subs) => {
                Self::union(subs.iter().map(Self::of_hir))
            }
        }
    }

    fn union(sets: impl Iterator<Item = Self>) -> Self {
        sets.fold(Self::EMPTY, Self::or)
    }

    /// Returns the set of all that one of both has.
    pub(super) const fn or(self, other: Self) -> Self {
        Self {
            ascii: self.ascii | other.ascii,
            has_beyond_ascii: self.has_beyond_ascii || other.has_beyond_ascii,
            has_end: self.has_end || other.has_end,
        }
    }

    /// Returns `true` if both have a byte in common.
    pub(super) const fn has_byte_of(self, other: Self) -> bool {
        self.ascii & other.ascii != 0 || self.has_beyond_ascii && other.has_beyond_ascii
    }

    /// Returns `true` if both have a byte or the end in common.
    pub(super) const fn overlaps(self, other: Self) -> bool {
        self.has_byte_of(other) || self.has_end && other.has_end
    }

    /// Returns `true` if `byte` is in the set; `None` stands for the end of the code value.
    pub(super) const fn contains(self, byte: Option<u8>) -> bool {
        match byte {
            None => self.has_end,
            Some(byte) if byte.is_ascii() => self.ascii >> byte & 1 == 1,
            Some(_) => self.has_beyond_ascii,
        }
    }

    /// Returns the bytes if there are `N`, all of them ASCII.
    pub(super) fn bytes<const N: usize>(self) -> Option<[u8; N]> {
        if self.has_beyond_ascii || self.ascii.count_ones() as usize != N {
            return None;
        }
        let bytes = (0..0x80_u8).filter(|byte| self.ascii >> byte & 1 == 1);
        bytes.collect::<Vec<u8>>().try_into().ok()
    }

    /// Returns the class of all characters of which no byte is in the set; `None` if bytes beyond
    /// ASCII are.
    pub(super) fn excluded_class(self) -> Option<CharClass> {
        (!self.has_beyond_ascii).then(|| {
            Self {
                ascii: !self.ascii,
                has_beyond_ascii: true,
                has_end: false,
            }
            .class()
        })
    }

    /// Returns the class of the characters all of whose bytes are in the set.
    pub(super) fn class(self) -> CharClass {
        let mut ranges: Vec<(char, char)> = Vec::new();
        for byte in (0..0x80_u8).filter(|byte| self.ascii >> byte & 1 == 1) {
            let c = char::from(byte);
            match ranges.last_mut() {
                Some((_, end)) if *end as u8 + 1 == byte => *end = c,
                _ => ranges.push((c, c)),
            }
        }
        if self.has_beyond_ascii {
            ranges.push(('\u{80}', char::MAX));
        }
        CharClass::of_ranges(&ranges)
    }

    /// Returns `true` if bytes beyond ASCII are in the set.
    pub(super) const fn has_beyond_ascii(self) -> bool {
        self.has_beyond_ascii
    }
}

/// Returns the bits of the ASCII bytes from `start` to `end`.
fn ascii_bits(start: u32, end: u32) -> u128 {
    if start >= 0x80 {
        return 0;
    }
    let end = end.min(0x7f);
    u128::MAX << start & u128::MAX >> (0x7f - end)
}
