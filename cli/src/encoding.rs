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
/// two or four bytes each. Only the first [`PROBE_BYTES`] of `begin` matter.
///
/// A file in UTF-8 with NUL characters here and there is not refused.
///
/// # Errors
///
/// [`EncodingError`].
pub(super) fn refuse_wide(begin: &[u8]) -> Result<(), EncodingError> {
    let begin = &begin[..begin.len().min(PROBE_BYTES)];
    let name = match begin {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => "UTF-32",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16",
        // A name with the order of the bytes is needed: without a mark, iconv guesses it.
        _ if is_utf_32(begin, u32::from_le_bytes) => "UTF-32LE",
        _ if is_utf_32(begin, u32::from_be_bytes) => "UTF-32BE",
        _ if is_utf_16(begin, u16::from_le_bytes) => "UTF-16LE",
        _ if is_utf_16(begin, u16::from_be_bytes) => "UTF-16BE",
        _ => return Ok(()),
    };
    Err(EncodingError(name))
}

/// Returns `true` if all units of `begin` are characters, as those of no text in UTF-8 are.
fn is_utf_32(begin: &[u8], unit: fn([u8; 4]) -> u32) -> bool {
    let (units, _) = begin.as_chunks::<4>();
    let is_character = |&bytes: &[u8; 4]| {
        let code = unit(bytes);
        (1..CHARACTER_PLANES).contains(&code) && char::from_u32(code).is_some()
    };
    !units.is_empty() && units.iter().all(is_character)
}

/// Returns `true` if `begin` is UTF-16 with Latin characters or line ends, and hardly UTF-8.
fn is_utf_16(begin: &[u8], unit: fn([u8; 2]) -> u16) -> bool {
    let (pairs, _) = begin.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|&pair| unit(pair)).collect();
    let last_is_cut = units
        .last()
        .is_some_and(|last| (0xd800..0xdc00).contains(last));
    let whole = &units[..units.len() - usize::from(last_is_cut)];
    let latin = units
        .iter()
        .filter(|unit| (1..=0xff).contains(*unit))
        .count();
    if latin == 0
        || units.contains(&0)
        || char::decode_utf16(whole.iter().copied()).any(|c| c.is_err())
    {
        return false;
    }
    if units.len() > 1 && latin * 2 >= units.len() {
        return true;
    }
    // Mostly other characters, of which some have the byte of a line feed.
    let line_ends = units
        .iter()
        .filter(|unit| **unit == u16::from(b'\n'))
        .count();
    let line_feeds = memchr::memchr_iter(b'\n', begin).count();
    let is_utf_8 = match std::str::from_utf8(begin) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    !is_utf_8 && (line_feeds == 0 || line_ends * 2 > line_feeds)
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
            assert_eq!(refuse_wide(bytes), Err(EncodingError(name)), "{bytes:?}");
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
                    let refused = refuse_wide(&bytes[..length]);
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
            "é".as_bytes(),
        ] {
            assert_eq!(refuse_wide(bytes), Ok(()), "{bytes:?}");
        }
    }
}
