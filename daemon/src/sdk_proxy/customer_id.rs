//! The ID of a customer, and the header that names one.

use hyper::header::{HeaderMap, HeaderName};

/// The header: set by the gateway before this daemon, or by a login check in its response.
const CUSTOMER_ID: HeaderName = HeaderName::from_static("x-customer-id");

/// The most characters of a customer's ID.
const MAX_CHARACTERS: usize = 256;

/// Returns `true` if `text` has the length of a customer's ID, 1 to 256 characters.
pub(super) fn is_customer_id(text: &str) -> bool {
    // A character has at least one byte.
    !text.is_empty() && (text.len() <= MAX_CHARACTERS || text.chars().count() <= MAX_CHARACTERS)
}

/// Returns the customer that `headers` name exactly once; `None` if they name none or several, or one
/// that is empty, too long, or not UTF-8. A comma makes it several, since a proxy may join repeated
/// headers with one.
pub(super) fn customer_id(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(CUSTOMER_ID).iter();
    let value = values.next()?;
    let name = std::str::from_utf8(value.as_bytes()).ok()?;
    let is_only = values.next().is_none() && !name.contains(',');
    (is_only && is_customer_id(name)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    #[test]
    fn a_customer_is_named_exactly_once() {
        let named = |values: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CUSTOMER_ID, HeaderValue::from_bytes(value).unwrap());
            }
            customer_id(&headers)
        };
        assert_eq!(named(&[b"c-1"]).as_deref(), Some("c-1"));
        assert_eq!(named(&["é 1".as_bytes()]).as_deref(), Some("é 1"));
        let longest = "é".repeat(256);
        assert_eq!(named(&[longest.as_bytes()]).as_deref(), Some(&*longest));
        let too_long = [longest.as_bytes(), b"x"].concat();
        let refused: [&[&[u8]]; 8] = [
            &[],
            &[b""],
            &[b"c-1", b"c-2"],
            &[b"c-1", b"c-1"],
            &[b"c-1", b""],
            &[b"c-1, c-2"],
            &[b"\xff"],
            &[&too_long],
        ];
        for values in refused {
            assert_eq!(named(values), None, "{values:?}");
        }
    }
}
