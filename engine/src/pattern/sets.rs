//! Sets of characters.

use std::ops::RangeInclusive;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// The highest code point.
pub(super) const MAX: u32 = 0x10_ffff;

/// The code points that are not characters.
const SURROGATES: RangeInclusive<u32> = 0xd800..=0xdfff;

/// The distance between the two cases of an ASCII letter.
const CASE: u32 = 0x20;

/// The horizontal white space of `\h`.
pub(super) const HORIZONTAL: &[(u32, u32)] = &[
    (0x9, 0x9),
    (0x20, 0x20),
    (0xa0, 0xa0),
    (0x1680, 0x1680),
    (0x180e, 0x180e),
    (0x2000, 0x200a),
    (0x202f, 0x202f),
    (0x205f, 0x205f),
    (0x3000, 0x3000),
];
/// The vertical white space of `\v`.
pub(super) const VERTICAL: &[(u32, u32)] = &[(0xa, 0xd), (0x85, 0x85), (0x2028, 0x2029)];
/// The line terminators, which `.` does not match.
pub(super) const LINE_TERMINATORS: &[(u32, u32)] =
    &[(0xa, 0xa), (0xd, 0xd), (0x85, 0x85), (0x2028, 0x2029)];
/// The line terminator under `(?d)`.
pub(super) const LINE_FEED: &[(u32, u32)] = &[(0xa, 0xa)];
/// The digits of `\d`.
pub(super) const DIGITS: &[(u32, u32)] = &[(0x30, 0x39)];
/// The white space of `\s`.
pub(super) const SPACES: &[(u32, u32)] = &[(0x9, 0xd), (0x20, 0x20)];
/// The word characters of `\w`.
pub(super) const WORD: &[(u32, u32)] = &[(0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a)];

/// Returns the set of the characters of `ranges`, which are inclusive ranges of code points.
pub(super) fn set(ranges: &[(u32, u32)]) -> ClassUnicode {
    let mut all = Vec::new();
    for &(first, last) in ranges {
        push_range(&mut all, first, last, false);
    }
    ClassUnicode::new(all)
}

/// Adds the characters from the code point `first` to `last`, and if `fold` is `true` the other case
/// of each ASCII letter among them. It omits surrogates: a code value has none.
pub(super) fn push_range(ranges: &mut Vec<ClassUnicodeRange>, first: u32, last: u32, fold: bool) {
    let mut push = |first: u32, last: u32| {
        if let (Some(first), Some(last)) = (char::from_u32(first), char::from_u32(last))
            && first <= last
        {
            ranges.push(ClassUnicodeRange::new(first, last));
        }
    };
    let first_scalar = if SURROGATES.contains(&first) {
        0xe000
    } else {
        first
    };
    let last_scalar = if SURROGATES.contains(&last) {
        0xd7ff
    } else {
        last
    };
    push(first_scalar, last_scalar);
    if fold {
        let (upper, lower) = ((0x41, 0x5a), (0x61, 0x7a));
        let common = |letters: (u32, u32)| (first.max(letters.0), last.min(letters.1));
        let (start, end) = common(upper);
        push(start + CASE, end + CASE);
        let (start, end) = common(lower);
        push(start.saturating_sub(CASE), end.saturating_sub(CASE));
    }
}

/// Returns the characters that are not in `set`.
pub(super) fn complement(set: ClassUnicode) -> ClassUnicode {
    // The library would take the surrogates between two ranges for characters.
    let mut joined: Vec<ClassUnicodeRange> = Vec::with_capacity(set.ranges().len());
    for range in set.ranges() {
        match joined.last_mut() {
            Some(last) if last.end() == '\u{d7ff}' && range.start() == '\u{e000}' => {
                *last = ClassUnicodeRange::new(last.start(), range.end());
            }
            _ => joined.push(*range),
        }
    }
    let mut complement = ClassUnicode::new(joined);
    complement.negate();
    complement
}

/// Returns `true` if no character is in both sets.
pub(super) fn are_disjoint(one: &ClassUnicode, other: &ClassUnicode) -> bool {
    let mut both = one.clone();
    both.intersect(other);
    both.ranges().is_empty()
}
