//! Percent-encoding.

use std::fmt::Write as _;

/// Returns `true` for the unreserved characters of RFC 3986, section 2.3.
pub(super) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Appends `text`; the bytes for which `stays` returns `false` are percent-encoded. It returns `false`
/// for all bytes that are not ASCII.
pub(super) fn push_encoded(text: &str, mut stays: impl FnMut(u8) -> bool, out: &mut String) {
    push_encoded_at(text, |_, byte| stays(byte), out);
}

/// Like [`push_encoded`], for a condition that depends on the offset of a byte.
pub(super) fn push_encoded_at(
    text: &str,
    mut stays: impl FnMut(usize, u8) -> bool,
    out: &mut String,
) {
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        if stays(at, byte) {
            continue;
        }
        // Behind ASCII or a whole character, as no part of a character stays.
        if copied < at {
            out.push_str(&text[copied..at]);
        }
        write!(out, "%{byte:02X}").expect("writing to a string cannot fail");
        copied = at + 1;
    }
    out.push_str(&text[copied..]);
}
