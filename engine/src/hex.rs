//! Hexadecimal text.

/// Parses 64 hex digits, in either case.
pub(crate) fn decode_32(text: &str) -> Option<[u8; 32]> {
    let digit = |b: u8| {
        let digit = char::from(b).to_digit(16)?;
        u8::try_from(digit).ok()
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    if pairs.len() != 32 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(bytes)
}
