//! The URLs that HTTP requests are sent to.

use hyper::Uri;
use thiserror::Error;

/// The reason why no request can be sent to a URL. The message is the end of a sentence that begins
/// with what named the URL, and repeats no part of it: a URL may contain secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum UrlError {
    #[error("contains a character that must be percent-encoded")]
    NotEncoded,
    #[error("is not a URL")]
    NotAUrl,
    #[error("is not an http or https URL")]
    Scheme,
    #[error("names a user, which is not sent; name a token with remote.bearer-token-path")]
    User,
    #[error("names a port that is not a number from 0 to 65535")]
    Port,
    #[error("names no host")]
    NoHost,
}

/// Parses the URL of an HTTP request.
///
/// # Errors
///
/// [`UrlError`] unless `text` is an `http` or `https` URL with a host and without a user.
pub(crate) fn parse(text: &str) -> Result<Uri, UrlError> {
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(UrlError::NotEncoded);
    }
    let Ok(url) = text.parse::<Uri>() else {
        return Err(UrlError::NotAUrl);
    };
    if !matches!(url.scheme_str(), Some("http" | "https")) {
        return Err(UrlError::Scheme);
    }
    match url.authority() {
        Some(authority) if authority.as_str().contains('@') => Err(UrlError::User),
        // Nothing but a port may follow the host.
        Some(authority)
            if authority.port_u16().is_none() && authority.as_str() != authority.host() =>
        {
            Err(UrlError::Port)
        }
        Some(authority) if !authority.host().is_empty() => Ok(url),
        _ => Err(UrlError::NoHost),
    }
}
