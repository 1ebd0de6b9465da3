//! The header that names a customer.

use hyper::header::{HeaderMap, HeaderName};

/// The header: set by the gateway before this daemon, or by a login check in its response.
const CUSTOMER_ID: HeaderName = HeaderName::from_static("x-customer-id");

/// Returns the customer that `headers` name exactly once; `None` if they name none or several, or a
/// name that is empty or not UTF-8. A comma makes it several, since a proxy may join repeated
/// headers with one.
pub(super) fn customer_id(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(CUSTOMER_ID).iter();
    let value = values.next()?;
    let name = std::str::from_utf8(value.as_bytes()).ok()?;
    let is_only = values.next().is_none() && !name.contains(',');
    (is_only && !name.is_empty()).then(|| name.to_owned())
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
