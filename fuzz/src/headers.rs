//! Header fields in the input of a target.

use hyper::header::{HeaderMap, HeaderName, HeaderValue};

/// Splits header fields off, a line each up to an empty line. Returns them and the bytes behind the
/// empty line, or `None` if a line is not a field.
pub(crate) fn split_headers(bytes: &[u8]) -> Option<(HeaderMap, &[u8])> {
    let (mut headers, mut rest) = (HeaderMap::new(), bytes);
    loop {
        let (field, behind) = split_line(rest)?;
        rest = behind;
        if field.is_empty() {
            return Some((headers, rest));
        }
        let colon = field.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&field[..colon]).ok()?;
        let value = HeaderValue::from_bytes(&field[colon + 1..]).ok()?;
        headers.try_append(name, value).ok()?;
    }
}

/// Splits the first line off. Returns it and the bytes behind it, or `None` if no line ends.
pub(crate) fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}
