//! Masks: the little of a code value and of an openId that is shown.
//!
//! A mask must neither let anybody use a code nor identify its user. So it keeps at most a quarter of the
//! characters of a code value, and of a URL nothing behind the host and no part of a host that has a digit,
//! since a path, a query or the first label of a host may be the code. All that remains is ASCII that needs
//! no escape in JSON.
//!
//! Source: SPEC.md, section 6.

use super::short_text::ShortText;

/// The most characters of a code value that is not a URL.
const MAX_PREFIX: usize = 6;

/// One of so many characters of such a code value is shown.
const PREFIX_DIVISOR: usize = 4;

/// The most letters of a scheme that is shown. Longer ones are not in use, and may be something else.
const MAX_SCHEME: usize = 12;

/// The most characters of a label of a host that is shown. Names that people choose are shorter.
const MAX_LABEL: usize = 24;

/// The most bytes of a URL's authority that are looked at: a host has 253, a port 6 with its colon.
const MAX_AUTHORITY: usize = 259;

/// The fewest characters of an openId of which the last two are shown.
const MIN_OPEN_ID: usize = 8;

/// The most characters of an openId that are shown.
const OPEN_ID_END: usize = 2;

/// Room for the longest mask: a scheme, `://*.`, two labels and `/*`.
const MAX_BYTES: usize = MAX_SCHEME + 5 + 2 * MAX_LABEL + 1 + 2;

/// The mask of a code value.
pub(super) type CodeMask = ShortText<MAX_BYTES>;

/// The mask of an openId.
pub(super) type OpenIdMask = ShortText<{ 1 + OPEN_ID_END }>;

/// Returns the mask of a code value that has this many characters.
pub(super) fn mask_code(code_value: &str, characters: usize) -> CodeMask {
    let mut mask = CodeMask::EMPTY;
    if !push_url(code_value, &mut mask) {
        let shown = MAX_PREFIX.min(characters / PREFIX_DIVISOR);
        for character in code_value.chars().take(shown) {
            mask.push(&[plain(character)]);
        }
        mask.push(b"*");
    }
    mask
}

/// Returns the mask of an openId.
pub(super) fn mask_open_id(open_id: &str) -> OpenIdMask {
    let mut mask = OpenIdMask::EMPTY;
    mask.push(b"*");
    if open_id.chars().nth(MIN_OPEN_ID - 1).is_some() {
        let mut end = [b'?'; OPEN_ID_END];
        for (place, character) in end.iter_mut().rev().zip(open_id.chars().rev()) {
            *place = plain(character);
        }
        mask.push(&end);
    }
    mask
}

/// Returns the character, or `?` if it is not visible ASCII or would need an escape in JSON.
fn plain(character: char) -> u8 {
    match u8::try_from(character) {
        Ok(byte) if byte.is_ascii_graphic() && byte != b'"' && byte != b'\\' => byte,
        _ => b'?',
    }
}

/// Appends the mask of a URL. Returns `false`, and appends nothing, if `text` does not begin like one.
fn push_url(text: &str, mask: &mut CodeMask) -> bool {
    let bytes = text.as_bytes();
    let within = bytes.get(..=MAX_SCHEME).unwrap_or(bytes);
    let Some(end) = within.iter().position(|byte| *byte == b':') else {
        return false;
    };
    let (scheme, rest) = bytes.split_at(end);
    let is_scheme = !scheme.is_empty() && scheme.iter().all(u8::is_ascii_alphabetic);
    let Some(rest) = rest.strip_prefix(b"://").filter(|_| is_scheme) else {
        return false;
    };
    for byte in scheme {
        mask.push(&[byte.to_ascii_lowercase()]);
    }
    mask.push(b"://");
    // The host of another scheme is a name that an app chose, not one that is registered.
    let is_http = scheme.eq_ignore_ascii_case(b"http") || scheme.eq_ignore_ascii_case(b"https");
    match host(rest).filter(|_| is_http) {
        None => mask.push(b"*"),
        Some((host, is_all)) => {
            push_host(host, mask);
            if !is_all {
                mask.push(b"/*");
            }
        }
    }
    true
}

/// Returns the host that the rest of a URL begins with, and `true` if nothing follows it but a port.
/// Returns `None` if it is not a host of two labels or more.
fn host(rest: &[u8]) -> Option<(&[u8], bool)> {
    let within = rest.get(..=MAX_AUTHORITY).unwrap_or(rest);
    let end = within
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    let (authority, is_all) = match end {
        Some(end) => (within.get(..end)?, false),
        None if within.len() > MAX_AUTHORITY => return None,
        None => (within, true),
    };
    let colon = authority.iter().position(|byte| *byte == b':');
    let (host, port) = authority.split_at(colon.unwrap_or(authority.len()));
    let is_of_host = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let is_host = host.iter().all(is_of_host) && host.contains(&b'.');
    let is_port = port.iter().skip(1).all(u8::is_ascii_digit);
    (is_host && is_port).then_some((host, is_all))
}

/// Appends the last two labels of a host, `*` in the place of the others and of one that may be a code.
fn push_host(host: &[u8], mask: &mut CodeMask) {
    let mut labels = host.rsplitn(3, |byte| *byte == b'.');
    let (last, second, others) = (labels.next(), labels.next(), labels.next());
    if others.is_some() {
        mask.push(b"*.");
    }
    push_label(second.unwrap_or_default(), mask);
    mask.push(b".");
    push_label(last.unwrap_or_default(), mask);
}

fn push_label(label: &[u8], mask: &mut CodeMask) {
    let is_name = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'-';
    let is_shown = (1..=MAX_LABEL).contains(&label.len()) && label.iter().all(is_name);
    if !is_shown {
        return mask.push(b"*");
    }
    for byte in label {
        mask.push(&[byte.to_ascii_lowercase()]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> String {
        let mask = mask_code(text, text.chars().count());
        String::from_utf8(mask.as_bytes().to_vec()).unwrap()
    }

    fn open_id(text: &str) -> String {
        String::from_utf8(mask_open_id(text).as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn at_most_six_characters_and_a_quarter_of_a_code_value_are_shown() {
        for (text, expected) in [
            ("281", "*"),
            ("2810", "2*"),
            ("28100104x", "28*"),
            ("281001041234567890", "2810*"),
            ("281001041234567890123456", "281001*"),
            ("00020101021226490014com.example", "000201*"),
            ("\u{4ed8}\u{6b3e}\"\\ab\ncdefghijklmnopqrst", "????ab*"),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }

    #[test]
    fn of_a_url_only_the_scheme_and_the_end_of_the_host_are_shown() {
        for (text, expected) in [
            ("https://qr.example.com/x?y#z", "https://*.example.com/*"),
            ("HTTPS://QR.Example.COM:8443/X", "https://*.example.com/*"),
            ("http://example.com", "http://example.com"),
            ("https://example.com?code=1", "https://example.com/*"),
            (
                "https://28100104.pay.example.com#x",
                "https://*.example.com/*",
            ),
            ("https://pay2go.example/", "https://*.example/*"),
            ("https://example.com.", "https://*.com.*"),
            ("https://127.0.0.1/x", "https://*.*.*/*"),
            ("https://alice@example.com/x", "https://*"),
            ("https://alice:secret@example.com/x", "https://*"),
            ("https://localhost/x", "https://*"),
            ("https://[::1]/x", "https://*"),
            ("https://example.com\\x", "https://*"),
            ("https://", "https://*"),
            ("upi://pay.example/?pa=alice@bank", "upi://*"),
            ("a28100104://example.com", "a2810*"),
            ("mailto:alice@example.com", "mailto*"),
            ("://example.com/123456", "://ex*"),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
        let long = format!("https://{}.example/x", "a".repeat(25));
        assert_eq!(code(&long), "https://*.example/*");
        let endless = format!("https://{}com/x", "a.".repeat(200));
        assert_eq!(code(&endless), "https://*");
    }

    #[test]
    fn at_most_the_last_two_characters_of_an_open_id_are_shown() {
        for (text, expected) in [
            ("abc", "*"),
            ("user-42", "*"),
            ("user-042", "*42"),
            ("20881234567890123456", "*56"),
            ("2088123456789\u{e9}\"", "*??"),
        ] {
            assert_eq!(open_id(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_mask_is_plain_ascii_that_needs_no_escape(
            text in "(https?://)?\\PC{0,40}(\\.[a-z0-9]{0,30}){0,3}[/?#:@]?\\PC{0,300}"
        ) {
            for mask in [code(&text), open_id(&text)] {
                prop_assert!(mask.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\'));
            }
        }
    }
}
