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

/// Refuses text that begins as UTF-16 or UTF-32 does: with its byte order mark, or with ASCII characters
/// of two or four bytes each.
///
/// # Errors
///
/// [`EncodingError`].
pub(super) const fn refuse_wide(begin: &[u8]) -> Result<(), EncodingError> {
    Err(EncodingError(match begin {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => "UTF-32",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "UTF-16",
        // A name with the order of the bytes is needed: without a mark, iconv guesses it.
        [1..=0x7f, 0, 0, 0, ..] => "UTF-32LE",
        [0, 0, 0, 1..=0x7f, ..] => "UTF-32BE",
        [1..=0x7f, 0, 1..=0x7f, 0, ..] => "UTF-16LE",
        [0, 1..=0x7f, 0, 1..=0x7f, ..] => "UTF-16BE",
        _ => return Ok(()),
    }))
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
        ] {
            assert_eq!(refuse_wide(bytes), Err(EncodingError(name)), "{bytes:?}");
        }
        for bytes in [
            &b""[..],
            b"28",
            b"a\0b",
            b"\0",
            b"\xef\xbb\xbf28",
            "é".as_bytes(),
        ] {
            assert_eq!(refuse_wide(bytes), Ok(()), "{bytes:?}");
        }
    }
}
