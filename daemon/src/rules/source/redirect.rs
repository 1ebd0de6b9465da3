//! The target of a redirect, which is followed only within the same scheme, host and port.

use hyper::header::HeaderValue;
use hyper::{StatusCode, Uri};
use thiserror::Error;

use crate::uri;
use crate::url::{self, UrlError};

/// The reason why a redirect is not followed.
#[derive(Debug, Error)]
pub(super) enum RedirectError {
    /// The response does not name a target.
    #[error("redirected without a Location")]
    NoLocation,
    /// The target has other characters than visible ASCII, spaces and tabs.
    #[error("redirected to a Location that is not ASCII")]
    NotAscii,
    /// The target is not a URL that a setting could have.
    #[error("redirected to an unusable Location")]
    BadUrl(#[source] UrlError),
    /// The target is another server, which the operator has not named; this is its URL, without secrets and
    /// at most 200 characters long.
    #[error("redirected to {0:?}, which has another scheme, host or port")]
    OtherOrigin(String),
}

/// The most characters of a `Location` that an error shows.
const MAX_SHOWN_CHARACTERS: usize = 200;

/// Returns `true` if a response of this status redirects to another URL.
pub(super) const fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Resolves `location`, sent by the server at `from`, to a URL (RFC 3986, section 5).
///
/// # Errors
///
/// [`RedirectError`] if the URL is missing or cannot be called, or has another scheme, host or
/// port: the operator has not named that server as a source of rules, and it must not see the
/// bearer token.
pub(super) fn target(from: &Uri, location: Option<&HeaderValue>) -> Result<Uri, RedirectError> {
    let location = location
        .ok_or(RedirectError::NoLocation)?
        .to_str()
        .map_err(|_| RedirectError::NotAscii)?;
    let text = resolve(from, location);
    // A fragment is not sent (RFC 9110, section 7.1).
    let requested = text.split('#').next().unwrap_or(&text);
    let target = url::parse(requested).map_err(RedirectError::BadUrl)?;
    if origin(&target) == origin(from) {
        Ok(target)
    } else {
        let shown = uri::shown(&text);
        let shown = shown.chars().take(MAX_SHOWN_CHARACTERS).collect();
        Err(RedirectError::OtherOrigin(shown))
    }
}

fn resolve(from: &Uri, location: &str) -> String {
    let scheme = from.scheme_str().unwrap_or_default();
    let authority = from.authority().map_or("", |authority| authority.as_str());
    if uri::scheme(location).is_some() {
        return location.to_owned();
    }
    if location.starts_with("//") {
        return format!("{scheme}:{location}");
    }
    let end = location.find(['?', '#']).unwrap_or(location.len());
    let (path, rest) = location.split_at(end);
    let base = from.path();
    let path = if path.is_empty() {
        base.to_owned()
    } else if path.starts_with('/') {
        without_dot_segments(path)
    } else {
        let directory = base.rfind('/').and_then(|at| base.get(..=at));
        let directory = directory.unwrap_or("/");
        without_dot_segments(&format!("{directory}{path}"))
    };
    let query = match from.query() {
        Some(query) if location.is_empty() || location.starts_with('#') => format!("?{query}"),
        _ => String::new(),
    };
    format!("{scheme}://{authority}{path}{query}{rest}")
}

/// Removes the segments `.` and `..` of an absolute path.
fn without_dot_segments(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                // A path that ends in a dot segment names a directory.
                if is_last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

/// Returns the scheme, host and port, which identify a server.
fn origin(url: &Uri) -> (Option<&str>, String, u16) {
    let default_port = if url.scheme_str() == Some("https") {
        443
    } else {
        80
    };
    (
        url.scheme_str(),
        url.host().unwrap_or_default().to_ascii_lowercase(),
        url.port_u16().unwrap_or(default_port),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_chain::ErrorChain;

    #[test]
    fn a_location_is_resolved_against_the_url_of_the_response() {
        let from = "https://h.example/a/b/c?q=1".parse().unwrap();
        for (location, expected) in [
            ("/x", "https://h.example/x"),
            ("x", "https://h.example/a/b/x"),
            ("./x?y=/../z", "https://h.example/a/b/x?y=/../z"),
            ("../x", "https://h.example/a/x"),
            ("../../../x", "https://h.example/x"),
            ("..", "https://h.example/a/"),
            (".", "https://h.example/a/b/"),
            ("?r=2", "https://h.example/a/b/c?r=2"),
            ("", "https://h.example/a/b/c?q=1"),
            ("//H.example:443/x", "https://H.example:443/x"),
            ("https://h.example", "https://h.example/"),
            ("x#fragment", "https://h.example/a/b/x"),
        ] {
            let location_header = HeaderValue::from_static(location);
            let target = target(&from, Some(&location_header)).unwrap();
            assert_eq!(target.to_string(), expected, "{location}");
        }
    }

    #[test]
    fn a_redirect_to_another_origin_is_rejected_without_showing_its_query() {
        let from = "https://h.example/a".parse().unwrap();
        for (location, expected) in [
            ("https://other.example/a?s=1", "\"https://other.example/a\""),
            ("//other.example/a", "\"https://other.example/a\""),
            ("http://h.example/a", "another scheme, host or port"),
            ("https://h.example:8443/a", "another scheme, host or port"),
            ("https://h.example.other/a", "another scheme, host or port"),
            ("https://h.example@other.example/", "names a user"),
            ("ftp://h.example/a", "is not an http or https URL"),
            ("https:///a", "names no host"),
            ("https://-/a", "a label begins or ends with -"),
            ("https://h.example:0/a", "from 1 to 65535"),
            ("/a b", "percent-encoded"),
        ] {
            let location_header = HeaderValue::from_static(location);
            let error = target(&from, Some(&location_header)).unwrap_err();
            let error = ErrorChain(&error).to_string();
            assert!(error.contains(expected), "{location}: {error}");
            assert!(!error.contains("s=1"), "{error}");
        }
        assert!(
            target(&from, None)
                .unwrap_err()
                .to_string()
                .contains("without a Location")
        );
        let bytes = HeaderValue::from_bytes(b"/\xff").unwrap();
        assert!(target(&from, Some(&bytes)).is_err());
    }

    #[test]
    fn an_error_shows_only_the_beginning_of_a_long_location() {
        let from = "https://h.example/a".parse().unwrap();
        let location = format!("https://other.example/{}", "a".repeat(60_000));
        let location = HeaderValue::from_str(&location).unwrap();
        let error = target(&from, Some(&location)).unwrap_err().to_string();
        assert!(error.contains("https://other.example/aaa"), "{error}");
        assert!(error.len() < 300, "{error}");
    }
}
