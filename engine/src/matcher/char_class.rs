//! Sets of characters, and where a run of their members ends.

use std::hash::{Hash, Hasher};

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange};

use super::cost::{self, Cost};

/// A set of characters, made for scanning text that is mostly ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CharClass {
    /// One bit for each byte. Those from 0x80 are all set if all characters beyond ASCII are members,
    /// otherwise all clear.
    bytes: [u64; 4],
    /// The ASCII members, if they are at most [`RANGES`] ranges; unused ones repeat the first. Such
    /// a class is scanned sixteen bytes at a time.
    ranges: Option<[ByteRange; RANGES]>,
    /// The members beyond ASCII, as inclusive ranges in ascending order.
    beyond_ascii: Box<[(char, char)]>,
}

/// The number of bytes that are compared at once: the width of a vector register of every x86-64
/// and aarch64 processor.
const CHUNK: usize = 16;
/// The number of ranges that are compared with each chunk: enough for `[A-Za-z0-9_]` and for `.`.
const RANGES: usize = 4;

/// The first byte of a range, and the number of further bytes, each repeated for every byte of a
/// chunk: laid out here, they need not be whenever a chunk is compared. DESIGN.md has the figure.
type ByteRange = [[u8; CHUNK]; 2];

/// Hashes the ASCII members only: the others rarely distinguish classes, and branches of many
/// classes are hashed repeatedly while they are compiled.
///
/// PERF: 144 → 115 ms to read and compile 131,072 characters of patterns near the limits (bench
/// `reload compile`, 2-core x86-64, November 2026).
impl Hash for CharClass {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes[..2].hash(state);
    }
}

impl CharClass {
    /// Creates the class with the same members as `class`.
    pub(super) fn new(class: &Class) -> Self {
        match class {
            Class::Unicode(class) => Self::from_ranges(class.ranges().iter()),
            // Only patterns on bytes have such classes, or they hold nothing but ASCII.
            Class::Bytes(class) => {
                let ranges: Vec<_> = class
                    .ranges()
                    .iter()
                    .map(|r| ClassUnicodeRange::new(r.start().into(), r.end().into()))
                    .collect();
                Self::from_ranges(ranges.iter())
            }
        }
    }

    /// The bytes of hosts: those of labels, and the dot.
    pub(super) fn host() -> Self {
        Self::of_ranges(&[('-', '.'), ('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')])
    }

    /// The bytes of a host's labels.
    pub(super) fn label() -> Self {
        Self::of_ranges(&[('-', '-'), ('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')])
    }

    /// The characters other than line terminators, as Java's `.` matches them.
    pub(super) fn line() -> Self {
        Self::of_ranges(&[
            ('\0', '\t'),
            ('\u{b}', '\u{c}'),
            ('\u{e}', '\u{84}'),
            ('\u{86}', '\u{2027}'),
            ('\u{202a}', char::MAX),
        ])
    }

    /// The class whose only member is `c`.
    pub(super) fn of(c: char) -> Self {
        Self::of_ranges(&[(c, c)])
    }

    /// The class of these ranges, each with its first and last character, in ascending order.
    pub(super) fn of_ranges(ranges: &[(char, char)]) -> Self {
        let range = |&(start, end): &(char, char)| ClassUnicodeRange::new(start, end);
        let ranges: Vec<_> = ranges.iter().map(range).collect();
        Self::from_ranges(ranges.iter())
    }

    fn from_ranges<'a>(ranges: impl Iterator<Item = &'a ClassUnicodeRange>) -> Self {
        let mut bytes = [0; 4];
        let mut ascii = Vec::new();
        let mut beyond_ascii = Vec::new();
        for range in ranges {
            let (start, end) = (range.start(), range.end());
            if let Ok(start) = u8::try_from(start)
                && start.is_ascii()
            {
                let end = u8::try_from(end).unwrap_or(0x7f).min(0x7f);
                ascii.push((start, end - start));
                for byte in start..=end {
                    bytes[usize::from(byte / 64)] |= 1 << (byte % 64);
                }
            }
            if !end.is_ascii() {
                beyond_ascii.push((start.max('\u{80}'), end));
            }
        }
        // Surrogates are not characters, so a range that spans them may come in two.
        let reaches_end = beyond_ascii
            .last()
            .is_some_and(|&(_, end)| end == char::MAX);
        let without_gap = beyond_ascii
            .windows(2)
            .all(|pair| follows(pair[0].1, pair[1].0));
        if reaches_end && without_gap && beyond_ascii[0].0 == '\u{80}' {
            bytes[2] = u64::MAX;
            bytes[3] = u64::MAX;
        }
        let ranges = match ascii.as_slice() {
            &[first, ref rest @ ..] if rest.len() < RANGES => {
                let mut padded = [first; RANGES];
                padded[1..=rest.len()].copy_from_slice(rest);
                Some(padded.map(|(start, more)| [[start; CHUNK], [more; CHUNK]]))
            }
            _ => None,
        };
        Self {
            bytes,
            ranges,
            beyond_ascii: beyond_ascii.into(),
        }
    }

    /// Returns `true` if a run is scanned sixteen bytes at a time.
    pub(super) const fn is_compared(&self) -> bool {
        self.ranges.is_some()
    }

    /// Returns `true` if every character is a member.
    pub(super) fn is_everything(&self) -> bool {
        self.bytes == [u64::MAX; 4]
    }

    /// Returns `true` if `c` is a member.
    pub(super) fn contains(&self, c: char) -> bool {
        match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => self.contains_byte(byte),
            _ => {
                self.has_all_beyond_ascii()
                    || self
                        .beyond_ascii
                        .binary_search_by(|&(start, end)| {
                            if end < c {
                                std::cmp::Ordering::Less
                            } else if start > c {
                                std::cmp::Ordering::Greater
                            } else {
                                std::cmp::Ordering::Equal
                            }
                        })
                        .is_ok()
            }
        }
    }

    /// Returns `true` if no character is a member of both.
    pub(super) fn is_disjoint(&self, other: &Self) -> bool {
        let ascii = (self.bytes[0] & other.bytes[0]) | (self.bytes[1] & other.bytes[1]);
        ascii == 0
            && !self.beyond_ascii.iter().any(|&(start, end)| {
                other
                    .beyond_ascii
                    .iter()
                    .any(|&(s, e)| start <= e && s <= end)
            })
    }

    /// Returns the end, in bytes of `text`, of the longest run of members that begins at `from`, a
    /// character's first byte, and has at most `max` characters. Returns `None` if the run has fewer
    /// than `min`.
    pub(super) fn run_end(&self, text: &str, from: usize, min: u32, max: u32) -> Option<usize> {
        let bytes = text.as_bytes();
        let (min, max) = (min as usize, max as usize);
        // A chunk more than `max`, so that a short run is compared sixteen bytes at a time, too.
        let window = from.saturating_add(max).saturating_add(CHUNK);
        let window = &bytes[..window.min(bytes.len())];
        let ascii = self.ascii_run(window, from).min(max);
        let rest = &bytes[from..];
        let is_end = |byte: &u8| byte.is_ascii() || self.beyond_ascii.is_empty();
        if ascii == max || rest.get(ascii).is_none_or(is_end) {
            return (ascii >= min).then_some(from + ascii);
        }
        if ascii >= min && max >= rest.len() && self.has_all_beyond_ascii() {
            // The run cannot exceed `max`, and already has `min`, so characters need no counting.
            let more = rest[ascii..]
                .iter()
                .take_while(|&&byte| self.contains_byte(byte))
                .count();
            return Some(from + ascii + more);
        }
        let mut count = ascii;
        let mut end = from + ascii;
        for c in text[end..].chars() {
            if count == max || !self.contains(c) {
                break;
            }
            count += 1;
            end += c.len_utf8();
        }
        (count >= min).then_some(end)
    }

    /// Returns the begin of the run of members with which `text` ends. The class has all characters
    /// beyond ASCII, or none.
    pub(super) fn run_begin(&self, text: &[u8]) -> usize {
        let outside = text.iter().rposition(|&byte| !self.contains_byte(byte));
        outside.map_or(0, |at| at + 1)
    }

    /// Returns the steps that [`Self::run_end`] takes.
    pub(super) fn run_steps(&self, text: &str, from: usize, max: u32) -> u64 {
        let end = self.run_end(text, from, 0, max).unwrap_or(from);
        let run = &text[from..end];
        let ascii = run.bytes().position(|byte| !byte.is_ascii());
        let (ascii, wide) = run.split_at(ascii.unwrap_or(run.len()));
        let wide = if self.has_all_beyond_ascii() {
            wide.len() as u64
        } else {
            cost::WIDE_CHARACTER * wide.chars().count() as u64
        };
        // A run beyond ASCII that is cut short by `max` is read character by character.
        let wide = wide.max(cost::WIDE_CHARACTER * u64::from(!run.is_ascii()));
        cost::RUN + self.ascii_steps(ascii.len() as u64) + wide
    }

    /// Returns the steps that [`Self::ascii_run`] takes for a run of `bytes` bytes.
    pub(super) fn ascii_run_steps(&self, bytes: usize) -> u64 {
        cost::RUN + self.ascii_steps(bytes as u64)
    }

    /// Returns the most steps that [`Self::run_end`] can take for any text and this `max`.
    pub(super) fn run_bound(&self, max: u32) -> Cost {
        let steps = |characters: u64| match self.beyond_ascii.is_empty() {
            true => self.ascii_steps(characters),
            false => cost::WIDE_CHARACTER * characters,
        };
        match u64::from(max) {
            max if max < cost::MAX_CHARACTERS => Cost::fixed(cost::RUN + steps(max)),
            _ => Cost {
                fixed: cost::RUN,
                linear: steps(cost::MAX_CHARACTERS),
            },
        }
    }

    /// Returns the steps of scanning `bytes` ASCII members.
    fn ascii_steps(&self, bytes: u64) -> u64 {
        match self.ranges {
            Some(_) => bytes / CHUNK as u64,
            None => bytes,
        }
    }

    /// Returns the number of bytes on the heap, without the value itself.
    pub(super) fn heap_bytes(&self) -> usize {
        self.beyond_ascii.len() * size_of::<(char, char)>()
    }

    /// Returns the members in ascending order, as inclusive ranges.
    pub(super) fn ranges(&self) -> impl Iterator<Item = (char, char)> {
        let mut ascii = Vec::new();
        for byte in 0..0x80_u8 {
            if self.contains_byte(byte) {
                match ascii.last_mut() {
                    Some((_, end)) if follows(*end, byte.into()) => *end = char::from(byte),
                    _ => ascii.push((char::from(byte), char::from(byte))),
                }
            }
        }
        ascii.into_iter().chain(self.beyond_ascii.iter().copied())
    }

    /// Returns the class as the library represents it.
    pub(super) fn to_hir_class(&self) -> Class {
        let ranges = self
            .ranges()
            .map(|(start, end)| ClassUnicodeRange::new(start, end));
        Class::Unicode(ClassUnicode::new(ranges))
    }

    /// Returns the number of ASCII members with which `text` goes on from `from`.
    /// The last bytes are compared together, too: with those before them, or zeros.
    pub(super) fn ascii_run(&self, text: &[u8], from: usize) -> usize {
        let rest = &text[from..];
        let Some(ranges) = &self.ranges else {
            let is_member = |&byte: &u8| byte.is_ascii() && self.contains_byte(byte);
            let end = rest.iter().position(|byte| !is_member(byte));
            return end.unwrap_or(rest.len());
        };
        let (chunks, last) = rest.as_chunks::<CHUNK>();
        let mut run = 0;
        for chunk in chunks {
            let members = members(ranges, chunk).trailing_ones() as usize / 8;
            run += members;
            if members < CHUNK {
                return run;
            }
        }
        let before = 8 * u32::try_from(CHUNK - last.len()).unwrap_or(0);
        let members = members(ranges, &last_chunk(text)).unbounded_shr(before);
        run + members.trailing_ones() as usize / 8
    }

    fn contains_byte(&self, byte: u8) -> bool {
        self.bytes[usize::from(byte / 64)] >> (byte % 64) & 1 == 1
    }

    /// Returns `true` if all characters beyond ASCII are members.
    pub(super) fn has_all_beyond_ascii(&self) -> bool {
        self.bytes[2] == u64::MAX
    }
}

/// Returns the bytes of `chunk` that are members of `ranges`: eight bits for each, the first the lowest.
///
/// PERF: there is no branch for each byte, because the end of a run is hard to predict: 100.3 → 97.8
/// ns a lookup on the workload of `ratios`, 1000 `Patterns`, and 269 → 228 with codes of 1000 bytes
/// (2-core x86-64, November 2026).
fn members(ranges: &[ByteRange; RANGES], chunk: &[u8; CHUNK]) -> u128 {
    let mut inside = [0; CHUNK];
    for [starts, mores] in ranges {
        for at in 0..CHUNK {
            let is_member = chunk[at].wrapping_sub(starts[at]) <= mores[at];
            inside[at] |= if is_member { 0xff } else { 0 };
        }
    }
    u128::from_le_bytes(inside)
}

/// Returns the last bytes of `text`, after zeros if there are too few.
fn last_chunk(text: &[u8]) -> [u8; CHUNK] {
    if let Some(chunk) = text.last_chunk() {
        return *chunk;
    }
    if let (Some(&first), Some(&last)) = (text.first_chunk(), text.last_chunk()) {
        let [first, last] = [first, last].map(|half| u128::from(u64::from_le_bytes(half)));
        // They overlap where both have the same bytes.
        return (first << (8 * (CHUNK - text.len())) | last << 64).to_le_bytes();
    }
    let mut chunk = [0; CHUNK];
    for (to, from) in chunk.iter_mut().rev().zip(text.iter().rev()) {
        *to = *from;
    }
    chunk
}

/// Returns `true` if `next` is the character after `end`.
fn follows(end: char, next: char) -> bool {
    let after = if end == '\u{d7ff}' {
        0xe000
    } else {
        u32::from(end) + 1
    };
    u32::from(next) == after
}

#[cfg(test)]
mod tests {
    use regex_syntax::hir::HirKind;

    use super::CharClass;

    fn class(pattern: &str) -> CharClass {
        let hir = regex_syntax::parse(pattern).unwrap();
        let HirKind::Class(class) = hir.kind() else {
            panic!("{pattern} is not a class")
        };
        CharClass::new(class)
    }

    #[test]
    fn a_run_ends_where_its_members_or_its_maximum_do() {
        const ANY: u32 = u32::MAX;
        let long = format!("{}!", "ab".repeat(40));
        for (pattern, text, from, min, max, end) in [
            ("[a-z]", "abc1", 0, 1, ANY, Some(3)),
            ("[a-z]", "abc1", 1, 1, 1, Some(2)),
            ("[a-z]", "abc1", 3, 1, ANY, None),
            ("[a-z]", "abc1", 3, 0, ANY, Some(3)),
            ("[a-z]", "abc", 3, 0, ANY, Some(3)),
            ("[a-z]", long.as_str(), 0, 80, ANY, Some(80)),
            ("[a-z]", long.as_str(), 0, 81, ANY, None),
            ("[a-z]", long.as_str(), 1, 0, 33, Some(34)),
            ("[a-z]", &long[..80], 3, 0, ANY, Some(80)),
            ("[a-z]", long.as_str(), 64, 0, ANY, Some(80)),
            ("[a-z]", long.as_str(), 65, 0, ANY, Some(80)),
            ("[a-z]", long.as_str(), 0, 1, 16, Some(16)),
            ("[a-z]", long.as_str(), 0, 4, 3, None),
            ("[a-z]", "abé", 0, 0, ANY, Some(2)),
            ("[a-zé]", "abéc!", 0, 4, ANY, Some(5)),
            ("[a-zé]", "abéc!", 0, 0, 3, Some(4)),
            ("[a-zé]", "ééé", 0, 3, 3, Some(6)),
            ("[^\n]", "aé😀b\nc", 0, 4, ANY, Some(8)),
            ("[^\n]", "aé😀b\nc", 0, 5, ANY, None),
            ("[^\n]", "aé😀b\nc", 0, 1, 3, Some(7)),
            ("[acegik]", "gikab", 0, 2, ANY, Some(4)),
            ("[^a]", "😀", 0, 1, 1, Some(4)),
        ] {
            assert_eq!(
                class(pattern).run_end(text, from, min, max),
                end,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn classes_are_compared_and_converted_by_their_members() {
        assert!(class(r"(?s).").is_everything());
        assert!(!class(r"[^\n]").is_everything());
        assert!(class("[a-c]").is_disjoint(&class("[d-fé]")));
        assert!(!class("[^a]").is_disjoint(&class("[é-ü]")));
        for pattern in [
            "[a-cx-z]",
            "[^a]",
            r"\pL",
            r"[\x{0}-\x{10FFFF}&&[^q]]",
            "[é-ü]",
        ] {
            let class = class(pattern);
            assert_eq!(CharClass::new(&class.to_hir_class()), class, "{pattern}");
        }
    }
}
