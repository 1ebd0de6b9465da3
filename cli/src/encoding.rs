//! The encodings of text files that users bring: UTF-8, perhaps with a byte order mark, and UTF-16.

use std::fmt;

/// The byte order mark of UTF-8, with which some editors begin files. It is not part of the text.
pub(super) const UTF_8_MARK: &[u8] = b"\xef\xbb\xbf";

/// The error of a file that is in UTF-16 instead of UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Utf16Error;

impl fmt::Display for Utf16Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the text is in UTF-16 and must be in UTF-8; convert it with: \
             iconv -f UTF-16 -t UTF-8 FILE",
        )
    }
}

impl std::error::Error for Utf16Error {}

/// Refuses text that begins as UTF-16 does: with its byte order mark, or with two ASCII characters of
/// two bytes each.
///
/// # Errors
///
/// [`Utf16Error`].
pub(super) const fn refuse_utf_16(begin: &[u8]) -> Result<(), Utf16Error> {
    match begin {
        [0xff, 0xfe, ..]
        | [0xfe, 0xff, ..]
        | [1..=0x7f, 0, 1..=0x7f, 0, ..]
        | [0, 1..=0x7f, 0, 1..=0x7f, ..] => Err(Utf16Error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Utf16Error, refuse_utf_16};

    #[test]
    fn utf_16_is_known_by_its_mark_or_by_the_zeros_of_ascii() {
        for bytes in [
            &b"\xff\xfe2\x008\x00"[..],
            b"\xfe\xff\x002",
            b"2\x008\x00",
            b"\x002\x008",
        ] {
            assert_eq!(refuse_utf_16(bytes), Err(Utf16Error), "{bytes:?}");
        }
        for bytes in [
            &b""[..],
            b"28",
            b"a\0b",
            b"\0",
            b"\xef\xbb\xbf28",
            "é".as_bytes(),
        ] {
            assert_eq!(refuse_utf_16(bytes), Ok(()), "{bytes:?}");
        }
    }
}
