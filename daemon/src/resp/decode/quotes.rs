//! Quoted arguments of a line, by Redis's rules.

/// Appends the string that `quoted` begins with, after its opening `quote`, to `text`. Returns the bytes after the
/// closing quote; `None` if it has none, or no space after it.
pub(super) fn unquote<'a>(quote: u8, mut quoted: &'a [u8], text: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        quoted = match quoted {
            [end, rest @ ..] if *end == quote => {
                return match rest.first() {
                    Some(next) if !is_space(*next) => None,
                    _ => Some(rest),
                };
            }
            [b'\\', b'x', high, low, rest @ ..]
                if quote == b'"' && high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                text.push(hex_digit(*high) << 4 | hex_digit(*low));
                rest
            }
            [b'\\', escaped, rest @ ..] if quote == b'"' => {
                text.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                });
                rest
            }
            [b'\\', b'\'', rest @ ..] if quote == b'\'' => {
                text.push(b'\'');
                rest
            }
            [byte, rest @ ..] => {
                text.push(*byte);
                rest
            }
            [] => return None,
        };
    }
}

/// Returns `true` for ASCII white space, which separates arguments.
pub(super) const fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace()
}

fn hex_digit(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}
