//! The URLs that HTTP requests are sent to.

use hyper::Uri;
use thiserror::Error;

use crate::host::{Host, ParseHostError};

/// The reason why no request can be sent to a URL. No message quotes the URL, which may contain
/// secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UrlError {
    /// The text has a space, a control character, or a character beyond ASCII.
    #[error("it contains a character that must be percent-encoded")]
    NotEncoded,
    /// The text does not begin with `http://` or `https://`.
    #[error("it is not an http or https URL")]
    Scheme,
    /// The text does not begin with `https://`, where nothing else is allowed.
    #[error("it is not an https URL")]
    NotHttps,
    /// There is a user before the host.
    #[error("it names a user, which is not sent")]
    User,
    /// The user and the password are not what an HTTP proxy can take.
    #[error(
        "its user or password is not percent-encoded, or contains a control character, or the user a colon"
    )]
    Credentials,
    /// There is no host.
    #[error("it names no host")]
    NoHost,
    /// The host is neither an address nor a name.
    #[error("its host is not valid")]
    Host(#[source] ParseHostError),
    /// The port is not one that a server can have.
    #[error("it names a port that is not a number from 1 to 65535")]
    Port,
    /// There is a path or query, where neither is allowed.
    #[error("it has a path or query")]
    Path,
    /// There is a fragment.
    #[error("it has a fragment, which is not sent")]
    Fragment,
    /// The text has more bytes than allowed.
    #[error("it has {bytes} bytes but may have at most {limit}")]
    TooLong {
        /// The number of bytes that the text has.
        bytes: usize,
        /// The most bytes of such a URL.
        limit: usize,
    },
    /// The path or query is malformed, or the text is longer than any URL.
    #[error("it is not a URL")]
    NotAUrl,
}

/// Parses the URL of an HTTP request.
///
/// # Errors
///
/// [`UrlError`] unless `text` is an `http` or `https` URL with a host, without a user or fragment,
/// and with a port from 1 to 65535 if there is one.
pub(crate) fn parse(text: &str) -> Result<Uri, UrlError> {
    let (scheme, rest) = text.split_once("://").ok_or(UrlError::Scheme)?;
    if !["http", "https"]
        .iter()
        .any(|s| s.eq_ignore_ascii_case(scheme))
    {
        return Err(UrlError::Scheme);
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    check_authority(authority)?;
    if path.contains('#') {
        return Err(UrlError::Fragment);
    }
    if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(UrlError::NotEncoded);
    }
    text.parse().map_err(|_| UrlError::NotAUrl)
}

/// Checks a host with or without a port.
fn check_authority(text: &str) -> Result<(), UrlError> {
    if text.contains('@') {
        return Err(UrlError::User);
    }
    let (host, port) = match text.rsplit_once(':') {
        // A colon before the bracket belongs to an IPv6 address.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    if host.is_empty() {
        return Err(UrlError::NoHost);
    }
    let is_port = |port: &str| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|p| p != 0)
    };
    if port.is_some_and(|port| !is_port(port)) {
        return Err(UrlError::Port);
    }
    host.parse::<Host>().map(drop).map_err(UrlError::Host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_has_a_host_that_a_server_can_have() {
        for (text, expected) in [
            ("http://h:1/p?q", Ok(())),
            ("HTTPS://h", Ok(())),
            ("http://[::1]:8080", Ok(())),
            ("http://h.example.:08080/", Ok(())),
            ("ftp://h/", Err(UrlError::Scheme)),
            ("h", Err(UrlError::Scheme)),
            ("", Err(UrlError::Scheme)),
            ("http:///p", Err(UrlError::NoHost)),
            ("http://:80/", Err(UrlError::NoHost)),
            ("http://u:p@h/", Err(UrlError::User)),
            ("http://h:/", Err(UrlError::Port)),
            ("http://h:0/", Err(UrlError::Port)),
            ("http://h:+1/", Err(UrlError::Port)),
            ("http://h:65536/", Err(UrlError::Port)),
            ("http://[:]/", Err(UrlError::Host(ParseHostError::NotIpv6))),
            ("http://-", Err(UrlError::Host(ParseHostError::Hyphen))),
            ("http://..", Err(UrlError::Host(ParseHostError::EmptyLabel))),
            (
                "http://\u{e9}/",
                Err(UrlError::Host(ParseHostError::NotAscii)),
            ),
            ("http://h/#f", Err(UrlError::Fragment)),
            ("http://h/a b", Err(UrlError::NotEncoded)),
            ("http://h/\u{e9}", Err(UrlError::NotEncoded)),
            ("http://h/`", Err(UrlError::NotAUrl)),
        ] {
            assert_eq!(parse(text).map(drop), expected, "{text}");
        }
    }
}
