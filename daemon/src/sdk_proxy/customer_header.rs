//! The header `X-Customer-Id`.

use hyper::header::{HeaderMap, HeaderName};

/// The header that names a customer: set by the gateway before us, or answered by a login check.
const CUSTOMER_ID: HeaderName = HeaderName::from_static("x-customer-id");

/// Returns the customer that `headers` name: exactly once, and not empty. A comma makes it twice,
/// since a proxy may join repeated headers with one.
pub(super) fn named_in(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(CUSTOMER_ID).iter();
    let value = values.next()?;
    let name = std::str::from_utf8(value.as_bytes()).ok()?;
    let once = values.next().is_none() && !name.contains(',');
    (once && !name.is_empty()).then(|| name.to_owned())
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
            named_in(&headers)
        };
        assert_eq!(named(&[b"c-1"]).as_deref(), Some("c-1"));
        assert_eq!(named(&["é 1".as_bytes()]).as_deref(), Some("é 1"));
        let refused: [&[&[u8]]; 7] = [
            &[],
            &[b""],
            &[b"c-1", b"c-2"],
            &[b"c-1", b"c-1"],
            &[b"c-1", b""],
            &[b"c-1, c-2"],
            &[b"\xff"],
        ];
        for values in refused {
            assert_eq!(named(values), None, "{values:?}");
        }
    }
}
