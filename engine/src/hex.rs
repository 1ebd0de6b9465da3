//! Bytes as hexadecimal digits.

/// Decodes `N` bytes from `2 * N` digits of either case; `None` if `text` is anything else.
pub(crate) fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let (pairs, []) = text.as_chunks::<2>() else {
        return None;
    };
    if pairs.len() != N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn digits_of_either_case_are_bytes() {
        assert_eq!(decode(b""), Some([]));
        assert_eq!(decode(b"00fFA9"), Some([0x00, 0xff, 0xa9]));
    }

    #[test]
    fn other_text_and_other_lengths_are_not_decoded() {
        for text in ["", "0", "00", "000", "00000", "0g00", "+000", "0x00", "é00"] {
            assert_eq!(decode::<2>(text.as_bytes()), None, "{text}");
        }
    }
}
