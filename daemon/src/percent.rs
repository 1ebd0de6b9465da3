//! Percent-encoding (RFC 3986, section 2.1).

use std::fmt::Write;

/// A `%` that two hexadecimal digits do not follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the % at byte {at} is not followed by two hexadecimal digits")]
pub struct InvalidEscape {
    /// The number of bytes before the `%`.
    pub at: usize,
}

/// Encodes every byte of `text` but the unreserved characters: ASCII letters and digits, `-`, `.`, `_`
/// and `~`.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to memory cannot fail");
        }
    }
    encoded
}

/// Decodes every escape of `text`, in digits of either case. All other bytes, `+` among them, stand
/// for themselves.
///
/// # Errors
///
/// If a `%` does not begin an escape.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, InvalidEscape> {
    let digit = |byte: u8| {
        let digit = char::from(byte).to_digit(16)?;
        u8::try_from(digit).ok()
    };
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            decoded.push(*first);
            continue;
        }
        let invalid = InvalidEscape {
            at: text.len() - rest.len() - 1,
        };
        let [high, low, after @ ..] = rest else {
            return Err(invalid);
        };
        let (Some(high), Some(low)) = (digit(*high), digit(*low)) else {
            return Err(invalid);
        };
        decoded.push(high << 4 | low);
        rest = after;
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unreserved_characters_are_encoded_as_themselves() {
        assert_eq!(encode("aZ09-._~"), "aZ09-._~");
        assert_eq!(encode("a b/+=%é"), "a%20b%2F%2B%3D%25%C3%A9");
    }

    #[test]
    fn whatever_is_encoded_decodes_to_itself() {
        for c in (0..=0x7ff_u32).filter_map(char::from_u32) {
            let text = format!("{c}0{c}");
            assert_eq!(decode(encode(&text).as_bytes()), Ok(text.into_bytes()));
        }
        assert_eq!(decode(b"%2b+%c3%A9"), Ok("++é".into()));
    }

    #[test]
    fn a_percent_sign_without_two_digits_is_an_error() {
        for (text, at) in [
            ("%", 0),
            ("%2", 0),
            ("a%", 1),
            ("%20%zz", 3),
            ("%+2", 0),
            ("%2g", 0),
            ("%%41", 0),
        ] {
            let decoded = decode(text.as_bytes());
            assert_eq!(decoded, Err(InvalidEscape { at }), "{text}");
        }
    }
}
