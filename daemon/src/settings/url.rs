//! URLs of servers.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;
use hyper::http::uri::{Authority, Scheme};

use super::kind::ParseUrl;
use super::location::MAX_CHARACTERS;
use crate::url::{self, UrlError};

/// `https://HOST` or `https://HOST:PORT`: a server that speaks TLS, without a path.
///
/// The host is a [`Host`](crate::host::Host), the port is from 1 to 65535, and there is no user.
#[derive(Clone, Debug)]
pub struct Origin {
    text: String,
    authority: Authority,
}

/// An `http` or `https` URL with a host, of at most 4096 visible ASCII characters.
///
/// The host is a [`Host`](crate::host::Host), the port is from 1 to 65535 if there is one, and there
/// is no user or fragment. `Debug` shows nothing of it, since it may contain a secret.
#[derive(Clone)]
pub struct HttpUrl {
    text: String,
    uri: Uri,
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
    const MAY_BE_SECRET: bool = false;

    fn allowed() -> String {
        "https://HOST or https://HOST:PORT, without a path".to_owned()
    }
}

impl FromStr for Origin {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let rest = text.strip_prefix("https://").ok_or(UrlError::NotHttps)?;
        let url = url::parse(text)?;
        if rest.contains(['/', '?']) {
            return Err(UrlError::Path);
        }
        Ok(Self {
            text: text.to_owned(),
            authority: url.authority().cloned().ok_or(UrlError::NoHost)?,
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
}

impl ParseUrl for HttpUrl {
    const MAY_BE_SECRET: bool = true;

    fn allowed() -> String {
        format!(
            "an http or https URL of at most {MAX_CHARACTERS} visible ASCII characters with a host, \
             without a user or fragment"
        )
    }
}

impl FromStr for HttpUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        if text.len() > MAX_CHARACTERS {
            return Err(UrlError::TooLong {
                bytes: text.len(),
                limit: MAX_CHARACTERS,
            });
        }
        Ok(Self {
            text: text.to_owned(),
            uri: url::parse(text)?,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::ParseHostError;

    #[test]
    fn an_origin_has_a_host_and_no_path() {
        for (text, expected) in [
            ("https://h.example", Ok(())),
            ("https://h.example:8443", Ok(())),
            ("https://[::1]:8443", Ok(())),
            ("https://[::1]", Ok(())),
            ("https://h.example/", Err(UrlError::Path)),
            ("https://h.example?q", Err(UrlError::Path)),
            ("https://h.example#f", Err(UrlError::Fragment)),
            ("http://h.example", Err(UrlError::NotHttps)),
            ("h.example", Err(UrlError::NotHttps)),
            ("https://u@h.example", Err(UrlError::User)),
            ("https://h.example:0", Err(UrlError::Port)),
            ("https://h.example:", Err(UrlError::Port)),
            ("https://h.example:65536", Err(UrlError::Port)),
            ("https://", Err(UrlError::NoHost)),
            ("https://[]", Err(UrlError::Host(ParseHostError::NotIpv6))),
            ("https://[:]", Err(UrlError::Host(ParseHostError::NotIpv6))),
            ("https://-", Err(UrlError::Host(ParseHostError::Hyphen))),
            (
                "https://..",
                Err(UrlError::Host(ParseHostError::EmptyLabel)),
            ),
        ] {
            assert_eq!(text.parse::<Origin>().map(drop), expected, "{text}");
        }
        let origin: Origin = "https://h.example:8443".parse().unwrap();
        assert_eq!(origin.url_of("/a/b"), "https://h.example:8443/a/b");
    }

    #[test]
    fn an_http_url_is_bounded_and_not_shown() {
        let longest = format!("http://h/{}", "a".repeat(MAX_CHARACTERS - 9));
        for (text, expected) in [
            ("http://h:1/p?q", Ok(())),
            (longest.as_str(), Ok(())),
            (
                &format!("{longest}a"),
                Err(UrlError::TooLong {
                    bytes: MAX_CHARACTERS + 1,
                    limit: MAX_CHARACTERS,
                }),
            ),
            ("http://h/#f", Err(UrlError::Fragment)),
            ("", Err(UrlError::Scheme)),
        ] {
            assert_eq!(text.parse::<HttpUrl>().map(drop), expected, "{text}");
        }
        let secret: HttpUrl = "http://h/?SECRET".parse().unwrap();
        assert_eq!(format!("{secret:?}"), "HttpUrl { .. }");
    }
}
