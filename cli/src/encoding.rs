//! The encodings of text files that users bring: UTF-8, perhaps with a byte order mark, and others.

use std::fmt;

/// The byte order mark of UTF-8, with which some editors begin files. It is not part of the text.
pub(super) const UTF_8_MARK: &[u8] = b"\xef\xbb\xbf";

/// The error of a file that is in another encoding than UTF-8, with its name as iconv knows it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EncodingError(&'static str);

impl fmt::Display for EncodingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name) = self;
        write!(
            f,
            "the text is in {name} and must be in UTF-8; convert it with: iconv -f {name} -t UTF-8 FILE",
        )
    }
}

impl std::error::Error for EncodingError {}

/// The number of bytes at the beginning of a file that [`refuse_wide`] examines. A multiple of four.
pub(super) const PROBE_BYTES: usize = 1024;

/// The code points below which a 32-bit unit is taken for a character: planes 0 to 3, which have all
/// characters in use. Two characters of UTF-16, one of them a CR or LF, make a greater unit.
const CHARACTER_PLANES: u32 = 0x4_0000;

/// Refuses text that begins as UTF-16 or UTF-32 does: with its byte order mark, or with characters of
/// two or four bytes each. Only the first [`PROBE_BYTES`] of `begin` matter; `is_whole` is `true` if the
/// text has no bytes behind `begin`.
///
/// A text in UTF-8 with NUL characters here and there is not refused. A text that is refused at some
/// length is refused at the end, and one that is not refused at the end is refused at no length, so the
/// sizes of reads do not matter.
///
/// # Errors
///
/// [`EncodingError`].
pub(super) fn refuse_wide(begin: &[u8], is_whole: bool) -> Result<(), EncodingError> {
    let is_whole = is_whole || begin.len() >= PROBE_BYTES;
    let begin = begin.get(..PROBE_BYTES).unwrap_or(begin);
    if begin.len() < 4 && !is_whole {
        return Ok(());
    }
    let name = match begin {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => "UTF-32",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16",
        // A name with the order of the bytes is needed: without a mark, iconv guesses it.
        _ if is_utf_32(begin, u32::from_le_bytes, is_whole) => "UTF-32LE",
        _ if is_utf_32(begin, u32::from_be_bytes, is_whole) => "UTF-32BE",
        _ if is_utf_16(begin, u16::from_le_bytes, is_whole) => "UTF-16LE",
        _ if is_utf_16(begin, u16::from_be_bytes, is_whole) => "UTF-16BE",
        _ => return Ok(()),
    };
    Err(EncodingError(name))
}

fn is_utf_32(begin: &[u8], unit: fn([u8; 4]) -> u32, is_whole: bool) -> bool {
    let is_line_feed = |&bytes: &[u8; 4]| unit(bytes) == u32::from(b'\n');
    parts(begin, is_line_feed, is_whole).any(|part| is_part_utf_32(part, unit))
}

fn is_utf_16(begin: &[u8], unit: fn([u8; 2]) -> u16, is_whole: bool) -> bool {
    let is_line_feed = |&bytes: &[u8; 2]| unit(bytes) == u16::from(b'\n');
    parts(begin, is_line_feed, is_whole).any(|part| is_part_utf_16(part, unit))
}

/// Returns the parts of a text that can show its encoding, each complete in `begin` whatever follows:
/// the text through its first line feed, not counting one at its very beginning, and the whole text.
fn parts<const BYTES: usize>(
    begin: &[u8],
    is_line_feed: impl Fn(&[u8; BYTES]) -> bool,
    is_whole: bool,
) -> impl Iterator<Item = &[u8]> {
    let (units, _) = begin.as_chunks::<BYTES>();
    let line_feed = units.iter().skip(1).position(is_line_feed);
    let line = line_feed.and_then(|index| begin.get(..(index + 2) * BYTES));
    line.into_iter().chain(is_whole.then_some(begin))
}

/// Returns `true` if all units of `part` are characters; if `part` is UTF-8, too, only if most of them are
/// Latin.
fn is_part_utf_32(part: &[u8], unit: fn([u8; 4]) -> u32) -> bool {
    let (units, cut) = part.as_chunks::<4>();
    let codes: Vec<u32> = units.iter().map(|&bytes| unit(bytes)).collect();
    let is_character =
        |code: &u32| (1..CHARACTER_PLANES).contains(code) && char::from_u32(*code).is_some();
    let latin = codes.iter().filter(|code| **code <= 0xff).count();
    !codes.is_empty()
        && codes.iter().all(is_character)
        && (!is_utf_8(part) || (cut.is_empty() && latin * 2 > codes.len()))
}

/// Returns `true` if `part` is UTF-16 with Latin characters or line ends, and hardly UTF-8.
fn is_part_utf_16(part: &[u8], unit: fn([u8; 2]) -> u16) -> bool {
    let (pairs, cut) = part.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|&pair| unit(pair)).collect();
    let complete = match units.as_slice() {
        [complete @ .., 0xd800..0xdc00] => complete,
        units => units,
    };
    let latin = units
        .iter()
        .filter(|unit| (1..=0xff).contains(*unit))
        .count();
    if latin == 0
        || units.contains(&0)
        || char::decode_utf16(complete.iter().copied()).any(|c| c.is_err())
    {
        return false;
    }
    if is_utf_8(part) {
        return units.len() > 1 && cut.is_empty() && latin * 2 > units.len();
    }
    if units.len() > 1 && latin * 2 >= units.len() {
        return true;
    }
    // Mostly other characters, of which some have the byte of a line feed.
    let line_ends = units
        .iter()
        .filter(|unit| **unit == u16::from(b'\n'))
        .count();
    let line_feeds = memchr::memchr_iter(b'\n', part).count();
    line_feeds == 0 || line_ends * 2 > line_feeds
}

/// Returns `true` for UTF-8 whose last character may be cut.
fn is_utf_8(part: &[u8]) -> bool {
    match std::str::from_utf8(part) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::{EncodingError, refuse_wide};

    #[test]
    fn wide_characters_are_known_by_their_mark_or_by_the_zeros_of_ascii() {
        for (bytes, name) in [
            (&b"\xff\xfe2\x008\x00"[..], "UTF-16"),
            (b"\xfe\xff\x002", "UTF-16"),
            (b"2\x008\x00", "UTF-16LE"),
            (b"\x002\x008", "UTF-16BE"),
            (b"\xff\xfe\0\x002\0\0\0", "UTF-32"),
            (b"\0\0\xfe\xff", "UTF-32"),
            (b"2\0\0\x008\0\0\0", "UTF-32LE"),
            (b"\0\0\x002", "UTF-32BE"),
            (b"2\0\n\0", "UTF-16LE"),
            (b"\n\x002\0", "UTF-16LE"),
            (b"\xe9\x002\0\n\0", "UTF-16LE"),
            (b"2\0\n\x008\0\n\0", "UTF-16LE"),
        ] {
            let refused = refuse_wide(bytes, true);
            assert_eq!(refused, Err(EncodingError(name)), "{bytes:?}");
        }
        // The first character is not ASCII, and a cut at any place in the text is not seen as an error.
        for text in [
            "支付宝上的二维码\r\n28100104\r\n😀\r\n",
            "支付宝码\n上二维码\n",
        ] {
            let text = text.repeat(80);
            let utf_16 =
                |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<_>>();
            let utf_32 = |order: fn(u32) -> [u8; 4]| {
                let codes = text.chars().map(u32::from);
                codes.flat_map(order).collect::<Vec<_>>()
            };
            for (bytes, name) in [
                (utf_16(u16::to_le_bytes), "UTF-16LE"),
                (utf_16(u16::to_be_bytes), "UTF-16BE"),
                (utf_32(u32::to_le_bytes), "UTF-32LE"),
                (utf_32(u32::to_be_bytes), "UTF-32BE"),
            ] {
                for length in [42, 43, 44, 45, 46, 47, 1022, 1023, bytes.len()] {
                    let refused = refuse_wide(&bytes[..length], true);
                    assert_eq!(refused, Err(EncodingError(name)), "{text}: {length}");
                }
            }
        }
        for bytes in [
            &b""[..],
            b"28",
            b"a\0b",
            b"a\0bc\0d\n28100104\0\n",
            b"28100104\0\n28100105\0\n",
            b"\0",
            b"2\0",
            b"caf\xe9\n\xe9\x00\n",
            b"\xef\xbb\xbf28",
            b"a\0bc\n",
            b"ab\0\n",
            b"1\0aa\n",
            b"a\0b\0\n",
            b"ab\0\0\n",
            b"ab\0\0",
            b"2\0\0\0\n",
            "é".as_bytes(),
        ] {
            for length in 0..=bytes.len() {
                let begin = bytes.get(..length).unwrap();
                let is_whole = length == bytes.len();
                assert_eq!(refuse_wide(begin, is_whole), Ok(()), "{bytes:?}: {length}");
            }
        }
    }
}
