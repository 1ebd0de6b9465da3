//! The headers that describe a body, and how errors show them.

/// The most bytes of a header's value that an error shows.
const MAX_SHOWN_BYTES: usize = 64;

/// Returns `true` if a media type is that of JSON, with any parameters.
pub(crate) fn is_json(media_type: &[u8]) -> bool {
    let essence = media_type.split(|b| *b == b';').next().unwrap_or_default();
    essence
        .trim_ascii()
        .eq_ignore_ascii_case(b"application/json")
}

/// Returns `true` if a list of content codings has one that changes the body.
pub(crate) fn has_coding(codings: &[u8]) -> bool {
    let mut codings = codings.split(|b| *b == b',').map(<[u8]>::trim_ascii);
    codings.any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
}

/// Returns the beginning of a header's value, with `?` in the place of what is not printable ASCII.
pub(crate) fn shown(value: &[u8]) -> String {
    let printable = |byte: &u8| match byte {
        b' ' => ' ',
        byte if byte.is_ascii_graphic() => char::from(*byte),
        _ => '?',
    };
    let beginning = value.iter().take(MAX_SHOWN_BYTES).map(printable);
    let more = if value.len() > MAX_SHOWN_BYTES {
        "…"
    } else {
        ""
    };
    beginning.chain(more.chars()).collect()
}
