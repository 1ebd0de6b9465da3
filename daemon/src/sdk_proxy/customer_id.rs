//! The ID of a customer, and the header that names one.

use hyper::header::{HeaderMap, HeaderName};
use thiserror::Error;

/// The header: set by the gateway before this daemon, or by a login check in its response.
const CUSTOMER_ID: HeaderName = HeaderName::from_static("x-customer-id");

/// The most characters of a customer's ID.
pub(super) const MAX_CHARACTERS: usize = 256;

/// The reason why headers do not name a customer. It shows nothing of the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum CustomerIdError {
    /// The header is missing.
    #[error("there is no X-Customer-Id header")]
    Missing,
    /// There are several headers.
    #[error("there is more than one X-Customer-Id header")]
    Repeated,
    /// The header contains a comma, with which a proxy may have joined several.
    #[error("the X-Customer-Id header has a comma, so it may name several customers")]
    Joined,
    /// The header is empty.
    #[error("the X-Customer-Id header is empty")]
    Empty,
    /// The header has this number of characters.
    #[error("the X-Customer-Id header has {0} characters, more than {MAX_CHARACTERS}")]
    TooLong(usize),
    /// The header is not text.
    #[error("the X-Customer-Id header is not UTF-8")]
    NotUtf8,
}

/// Returns the number of characters of a customer's ID, if there are more than [`MAX_CHARACTERS`].
pub(super) fn excess(customer_id: &str) -> Option<usize> {
    // A character has at least one byte.
    if customer_id.len() <= MAX_CHARACTERS {
        return None;
    }
    let characters = customer_id.chars().count();
    (characters > MAX_CHARACTERS).then_some(characters)
}

/// Returns the customer that `headers` name exactly once.
///
/// # Errors
///
/// [`CustomerIdError`] if they name none or several, or one that is empty, too long, or not UTF-8.
pub(super) fn customer_id(headers: &HeaderMap) -> Result<String, CustomerIdError> {
    let mut values = headers.get_all(CUSTOMER_ID).iter();
    let value = values.next().ok_or(CustomerIdError::Missing)?;
    if values.next().is_some() {
        return Err(CustomerIdError::Repeated);
    }
    let name = std::str::from_utf8(value.as_bytes()).map_err(|_| CustomerIdError::NotUtf8)?;
    match excess(name) {
        _ if name.is_empty() => Err(CustomerIdError::Empty),
        _ if name.contains(',') => Err(CustomerIdError::Joined),
        Some(characters) => Err(CustomerIdError::TooLong(characters)),
        None => Ok(name.to_owned()),
    }
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
        assert_eq!(named(&[b"c-1"]).as_deref(), Ok("c-1"));
        assert_eq!(named(&["é 1".as_bytes()]).as_deref(), Ok("é 1"));
        let longest = "é".repeat(256);
        assert_eq!(named(&[longest.as_bytes()]).as_deref(), Ok(&*longest));
        let too_long = [longest.as_bytes(), b"x"].concat();
        let refused: [(&[&[u8]], CustomerIdError); 8] = [
            (&[], CustomerIdError::Missing),
            (&[b""], CustomerIdError::Empty),
            (&[b"c-1", b"c-2"], CustomerIdError::Repeated),
            (&[b"c-1", b"c-1"], CustomerIdError::Repeated),
            (&[b"c-1", b""], CustomerIdError::Repeated),
            (&[b"c-1, c-2"], CustomerIdError::Joined),
            (&[b"\xff"], CustomerIdError::NotUtf8),
            (&[&too_long], CustomerIdError::TooLong(257)),
        ];
        for (values, expected) in refused {
            assert_eq!(named(values), Err(expected), "{values:?}");
        }
    }
}
