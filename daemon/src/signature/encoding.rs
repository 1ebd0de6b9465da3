//! The text of a signature: base64, then percent-encoded.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::percent;

/// Encodes a signature for a header. Of base64's characters, `+`, `/` and `=` are percent-encoded.
pub(super) fn encode(signature: &[u8]) -> String {
    percent::encode(&STANDARD.encode(signature))
}

/// Decodes a signature that [`encode`] made, or that is in base64 alone, which has no `%`; a `+` stands
/// for itself either way. Returns `None` for any other text.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let base64 = if text.contains('%') {
        Cow::Owned(percent::decode(text.as_bytes()).ok()?)
    } else {
        Cow::Borrowed(text.as_bytes())
    };
    STANDARD.decode(base64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_signatures_and_plain_base64_are_decoded() {
        for length in 0..520_usize {
            let bytes: Vec<u8> = (0..length).map(|n| (n * 151).to_le_bytes()[0]).collect();
            let encoded = encode(&bytes);
            assert!(
                encoded
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'%')
            );
            assert_eq!(decode(&encoded), Some(bytes.clone()));
            assert_eq!(decode(&STANDARD.encode(&bytes)), Some(bytes.clone()));
            // Some senders encode only what a query would lose.
            let only_plus = STANDARD.encode(&bytes).replace('+', "%2b");
            assert_eq!(decode(&only_plus), Some(bytes));
        }
        assert_eq!(encode(&[0xfb, 0xff, 0xbf, 0xff]), "%2B%2F%2B%2F%2Fw%3D%3D");
    }

    #[test]
    fn a_plus_is_never_a_space_and_other_text_is_refused() {
        assert_eq!(decode("+/+/"), Some(vec![0xfb, 0xff, 0xbf]));
        assert_eq!(decode("+%2F+/"), Some(vec![0xfb, 0xff, 0xbf]));
        let refused = [
            " /+/", "%20/+/", "-_-_", "+/+", "+w", "+w=", "+x==", "+w==%", "+w=%3", "%2", "%zz",
            "%+2w==", "%252B/+/", "+/\n+/", "+/+/=", "%C3%A9",
        ];
        for text in refused {
            assert_eq!(decode(text), None, "{text:?}");
        }
    }
}
