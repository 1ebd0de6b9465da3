//! Rendering of URLs that every client opens: characters that RFC 3986 allows nowhere in a URL are
//! percent-encoded.

use super::percent::push_encoded_at;

/// Returns `true` if a URL may have `byte` as it is, whatever stands around it. A `%` needs two
/// hexadecimal digits after it, though, and there is only one `#`.
pub(super) const fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(
            byte,
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
        )
}

/// Appends a part of a URL to `out`. Percent-encoded are the bytes that are not allowed, each `%`
/// without two hexadecimal digits in this part, and each `#` except the first of the URL.
/// `has_fragment` says that there was one before this part.
pub(super) fn push(text: &str, has_fragment: &mut bool, out: &mut String) {
    let bytes = text.as_bytes();
    let stays = |at: usize, byte| match byte {
        b'%' => is_escape(&bytes[at..]),
        b'#' => !std::mem::replace(has_fragment, true),
        _ => is_allowed(byte),
    };
    push_encoded_at(text, stays, out);
}

/// Returns `true` if `text` begins with `%` and two hexadecimal digits.
pub(in crate::rule) const fn is_escape(text: &[u8]) -> bool {
    matches!(text, [b'%', first, second, ..] if first.is_ascii_hexdigit() && second.is_ascii_hexdigit())
}

/// Makes scheme, host and port of `url` lower case, which is all that stands before its path, query or
/// fragment: there is no user-info.
pub(super) fn make_origin_lowercase(url: &mut str) {
    const SCHEME: usize = "https://".len();
    let is_end = |byte: u8| matches!(byte, b'/' | b'?' | b'#');
    let host = url.bytes().skip(SCHEME).position(is_end);
    let end = host.map_or(url.len(), |length| SCHEME + length);
    url[..end].make_ascii_lowercase();
}
