//! URLs of servers.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use hyper::http::uri::{Authority, Scheme};
use thiserror::Error;

use super::kind::{MAX_CHARACTERS, ParseUrl};

/// `https://HOST` or `https://HOST:PORT`: a server that speaks TLS, without a path.
#[derive(Clone, Debug)]
pub struct Origin {
    text: String,
    authority: Authority,
}

/// An `http` or `https` URL with a host and no user-info.
///
/// `Debug` shows nothing of it, since it may contain a secret.
#[derive(Clone)]
pub struct HttpUrl {
    text: String,
    uri: Uri,
}

/// A text that is not such a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be {allowed}")]
pub struct ParseUrlError {
    allowed: &'static str,
}

impl Origin {
    /// Returns the text that the origin was parsed from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the URL of `path` on this server.
    ///
    /// # Panics
    ///
    /// If `path` does not begin with `/`, or contains a character that a URL cannot.
    #[must_use]
    pub fn url_of(&self, path: &'static str) -> Uri {
        Uri::builder()
            .scheme(Scheme::HTTPS)
            .authority(self.authority.clone())
            .path_and_query(path)
            .build()
            .expect("the caller gives an absolute path")
    }
}

impl ParseUrl for Origin {
    const ALLOWED: &'static str = "https://HOST or https://HOST:PORT, without a path";
    const MAY_BE_SECRET: bool = false;
}

impl FromStr for Origin {
    type Err = ParseUrlError;

    fn from_str(text: &str) -> Result<Self, ParseUrlError> {
        text.strip_prefix("https://")
            .and_then(parse_authority)
            .map(|authority| Self {
                text: text.to_owned(),
                authority,
            })
            .ok_or(ParseUrlError {
                allowed: Self::ALLOWED,
            })
    }
}

impl AsRef<str> for Origin {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl HttpUrl {
    /// Returns the parsed URL.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    fn parse(text: &str) -> Option<Self> {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))?;
        parse_authority(rest.split(['/', '?', '#']).next()?)?;
        let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        let uri = text.parse().ok()?;
        (is_visible && text.len() <= MAX_CHARACTERS).then(|| Self {
            text: text.to_owned(),
            uri,
        })
    }
}

impl ParseUrl for HttpUrl {
    const ALLOWED: &'static str = "an http or https URL with a host, of at most 4096 characters";
    const MAY_BE_SECRET: bool = true;
}

impl FromStr for HttpUrl {
    type Err = ParseUrlError;

    fn from_str(text: &str) -> Result<Self, ParseUrlError> {
        Self::parse(text).ok_or(ParseUrlError {
            allowed: Self::ALLOWED,
        })
    }
}

impl AsRef<str> for HttpUrl {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpUrl").finish_non_exhaustive()
    }
}

/// Parses a host with or without a port, and without user-info.
fn parse_authority(text: &str) -> Option<Authority> {
    let is_host_byte = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    let is_ipv6_byte = |b: u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.');
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let host_is_allowed = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        Some(address) => !address.is_empty() && address.bytes().all(is_ipv6_byte),
        None => (1..=253).contains(&host.len()) && host.bytes().all(is_host_byte),
    };
    let port_is_allowed = port.is_none_or(|port| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|p| p != 0)
    });
    (host_is_allowed && port_is_allowed)
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_a_host_and_no_path() {
        for (text, allowed) in [
            ("https://h.example", true),
            ("https://h.example:8443", true),
            ("https://[::1]:8443", true),
            ("https://[::1]", true),
            ("https://h.example/", false),
            ("https://h.example?q", false),
            ("http://h.example", false),
            ("https://u@h.example", false),
            ("https://h.example:0", false),
            ("https://h.example:", false),
            ("https://h.example:65536", false),
            ("https://[]", false),
            ("https://", false),
            ("h.example", false),
        ] {
            assert_eq!(text.parse::<Origin>().is_ok(), allowed, "{text}");
        }
        let origin: Origin = "https://h.example:8443".parse().unwrap();
        assert_eq!(origin.url_of("/a/b"), "https://h.example:8443/a/b");
        let error = "h".parse::<Origin>().unwrap_err().to_string();
        assert_eq!(
            error,
            "must be https://HOST or https://HOST:PORT, without a path"
        );
    }

    #[test]
    fn an_http_url_has_a_host_and_no_user_info() {
        let longest = format!("http://h/{}", "a".repeat(MAX_CHARACTERS - 9));
        for (text, allowed) in [
            ("http://h:1/p?q", true),
            ("https://h", true),
            (longest.as_str(), true),
            (&format!("{longest}a"), false),
            ("ftp://h/", false),
            ("http:///p", false),
            ("http://u:p@h/", false),
            ("http://h/a b", false),
            ("http://h/\u{e9}", false),
            ("", false),
        ] {
            assert_eq!(text.parse::<HttpUrl>().is_ok(), allowed, "{text}");
        }
        let error = "h".parse::<HttpUrl>().unwrap_err().to_string();
        assert!(error.contains(&MAX_CHARACTERS.to_string()), "{error}");
        let secret: HttpUrl = "http://h/?SECRET".parse().unwrap();
        assert_eq!(format!("{secret:?}"), "HttpUrl { .. }");
    }
}
