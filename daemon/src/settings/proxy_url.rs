//! The URLs of proxies, which may have a user and a password.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::Uri;
use hyper::header::HeaderValue;
use zeroize::Zeroizing;

use super::location::MAX_CHARACTERS;
use crate::percent;
use crate::url::{self, UrlError};

/// The URL of a proxy: `http` or `https`, a host, and perhaps a port, a user and a password.
///
/// Displays as its host and port; neither that nor `Debug` shows the user and the password.
///
/// ```
/// use codeid_daemon::settings::ProxyUrl;
///
/// let url: ProxyUrl = "http://user:pass%20word@proxy.example:3128".parse()?;
/// assert_eq!(url.to_string(), "proxy.example:3128");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ProxyUrl {
    /// Scheme, host and port.
    uri: Uri,
    host_and_port: String,
    authorization: Option<HeaderValue>,
}

impl ProxyUrl {
    /// The values that are allowed, as a phrase that can follow "must be".
    pub(crate) const ALLOWED: &str = "http://HOST:PORT or https://HOST:PORT, with USER:PASSWORD@ before the host if the proxy needs it";

    /// Parses the value of a variable of the environment, which may lack the scheme `http`.
    ///
    /// # Errors
    ///
    /// [`UrlError`] if the text is not such a URL, even with the scheme before it.
    pub(crate) fn from_variable(text: &str) -> Result<Self, UrlError> {
        match text.contains("://") {
            true => text.parse(),
            false => format!("http://{text}").parse(),
        }
    }

    /// Returns the URL of the proxy itself, without user and password.
    #[must_use]
    pub const fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Returns the value of `Proxy-Authorization` for the proxy, if the URL has a user.
    #[must_use]
    pub const fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }

    /// Returns the URL as it may be shown.
    #[must_use]
    pub fn without_credentials(&self) -> String {
        let scheme = self.uri.scheme_str().unwrap_or_default();
        format!("{scheme}://{}", self.host_and_port)
    }
}

impl FromStr for ProxyUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        if text.len() > MAX_CHARACTERS {
            return Err(UrlError::TooLong {
                bytes: text.len(),
                limit: MAX_CHARACTERS,
            });
        }
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::Scheme)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if !matches!(path, "" | "/") {
            return Err(UrlError::Path);
        }
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        let given = url::parse(&format!("{scheme}://{host}"))?;
        let default_port = match given.scheme_str() {
            Some("https") => 443,
            _ => 80,
        };
        let port = given.port_u16().unwrap_or(default_port);
        let host_and_port = format!("{}:{port}", given.host().unwrap_or_default());
        let uri = format!(
            "{}://{host_and_port}",
            given.scheme_str().unwrap_or_default()
        );
        Ok(Self {
            uri: uri.parse().map_err(|_| UrlError::NotAUrl)?,
            host_and_port,
            authorization: user.map(basic).transpose()?,
        })
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host_and_port)
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProxyUrl")
            .field(&self.host_and_port)
            .finish()
    }
}

/// Returns the credentials of RFC 7617 for a user and a password that are percent-encoded.
fn basic(user_info: &str) -> Result<HeaderValue, UrlError> {
    let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
    let decode = |text: &str| percent::decode(text.as_bytes()).map_err(|_| UrlError::Credentials);
    let (user, password) = (
        Zeroizing::new(decode(user)?),
        Zeroizing::new(decode(password)?),
    );
    // The first colon ends the user.
    let is_control = |byte: &u8| byte.is_ascii_control();
    if user.contains(&b':') || user.iter().chain(password.iter()).any(is_control) {
        return Err(UrlError::Credentials);
    }
    let text = Zeroizing::new([&user[..], b":", &password[..]].concat());
    let encoded = Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(&*text)));
    let mut value = HeaderValue::from_str(&encoded).map_err(|_| UrlError::Credentials)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_has_a_host_and_perhaps_credentials() {
        for (text, uri, authorization) in [
            ("http://p.example:3128", "http://p.example:3128/", None),
            ("http://p.example", "http://p.example:80/", None),
            ("HTTPS://P.example/", "https://P.example:443/", None),
            ("http://[::1]:8080", "http://[::1]:8080/", None),
            (
                "http://Aladdin:open%20sesame@h:1",
                "http://h:1/",
                Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
            ),
            (
                "http://u:a%40b%3Ac@h:1/",
                "http://h:1/",
                Some("Basic dTphQGI6Yw=="),
            ),
            ("http://u:p@q@h:1", "http://h:1/", Some("Basic dTpwQHE=")),
            ("http://u@h:1", "http://h:1/", Some("Basic dTo=")),
        ] {
            let url: ProxyUrl = text.parse().unwrap();
            assert_eq!(url.uri(), uri, "{text}");
            let given = url.authorization().map(|value| value.to_str().unwrap());
            assert_eq!(given, authorization, "{text}");
            let shown = format!("{url} {url:?} {}", url.without_credentials());
            assert!(!shown.contains('@') && !shown.contains("sesame"), "{shown}");
        }
        assert_eq!(ProxyUrl::from_variable("h:1").unwrap().to_string(), "h:1");
        assert_eq!(
            ProxyUrl::from_variable("u:p@h").unwrap().to_string(),
            "h:80"
        );
    }

    #[test]
    fn what_cannot_be_a_proxy_is_refused_with_the_reason() {
        let long = format!("http://u:{}@h", "p".repeat(MAX_CHARACTERS));
        for (text, expected) in [
            ("", UrlError::Scheme),
            ("h:3128", UrlError::Scheme),
            ("socks5://h:1080", UrlError::Scheme),
            ("http://", UrlError::NoHost),
            ("http://u:p@", UrlError::NoHost),
            ("http://h:0", UrlError::Port),
            ("http://h:1/x", UrlError::Path),
            ("http://h?x", UrlError::Path),
            ("http://u:p/q@h:1", UrlError::Path),
            ("http://u:%zz@h:1", UrlError::Credentials),
            ("http://u%3a:p@h:1", UrlError::Credentials),
            ("http://u:%0d%0ax@h:1", UrlError::Credentials),
            (
                &long,
                UrlError::TooLong {
                    bytes: MAX_CHARACTERS + 11,
                    limit: MAX_CHARACTERS,
                },
            ),
        ] {
            assert_eq!(text.parse::<ProxyUrl>().unwrap_err(), expected, "{text}");
        }
    }
}
