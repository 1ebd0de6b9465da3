//! URIs as settings name them.

use std::borrow::Cow;

/// Stands for the part of a URI that may contain secrets.
const HIDDEN: &str = "(hidden)";

/// Returns the scheme of `text`, in lower case, if `text` is a URI rather than a path.
pub(crate) fn scheme(text: &str) -> Option<String> {
    let (scheme, _) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    is_scheme.then(|| scheme.to_ascii_lowercase())
}

/// Returns a URI or path as it may be logged and shown: a URI without user-info, query and
/// fragment, which may contain secrets, and a path as it is.
///
/// A password that is not percent-encoded can end the authority early, at a `/`, `?` or `#`. Where
/// an `@` further on leaves that possible, only the scheme is shown.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if scheme(text).is_none() {
        return Cow::Borrowed(text);
    }
    let (start, rest) = text.split_once("://").unwrap_or_default();
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (hierarchy, query) = rest.split_at(end);
    let (authority, path) = hierarchy.split_at(hierarchy.find('/').unwrap_or(hierarchy.len()));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    let is_suspicious = user.is_some() || !has_valid_port(host);
    if query.contains('@') || (is_suspicious && path.contains('@')) {
        return Cow::Owned(format!("{start}://{HIDDEN}"));
    }
    match user {
        None => Cow::Borrowed(&text[..start.len() + "://".len() + end]),
        Some(_) => Cow::Owned(format!("{start}://{host}{path}")),
    }
}

/// Returns `true` if the part of `host` that looks like a port is one. The `p` of a user-info `u:p`
/// usually is not.
fn has_valid_port(host: &str) -> bool {
    match host.rsplit_once(':') {
        Some((name, port)) if !name.starts_with('[') || name.ends_with(']') => {
            port.parse::<u16>().is_ok()
        }
        // No port, or a colon inside an IPv6 address.
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_user_password_query_or_fragment_is_shown() {
        let table = [
            ("https://h.example/routes", "https://h.example/routes"),
            ("https://u:p@h.example:8443/r", "https://h.example:8443/r"),
            ("https://u@p@h.example", "https://h.example"),
            ("https://h.example/r?sig=s#f", "https://h.example/r"),
            ("https://h.example#s", "https://h.example"),
            ("https://h.example/a@b", "https://h.example/a@b"),
            ("https://[::1]/a@b", "https://[::1]/a@b"),
            ("https://[::1]:8443/a@b", "https://[::1]:8443/a@b"),
            ("callback+https://u:p@h/spi?k=v", "callback+https://h/spi"),
            (
                "file:///etc/codeid/routes@1.json",
                "file:///etc/codeid/routes@1.json",
            ),
            ("data/route?config.json", "data/route?config.json"),
            ("/a://b?c", "/a://b?c"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn no_half_of_a_password_is_shown_that_should_have_been_encoded() {
        for text in [
            "https://u:p?q@h.example/r",
            "https://u:p#q@h.example/r",
            "https://u:p/q@h.example/r",
            "https://u:/p@h.example/r",
            "https://u:p@q/r@h.example",
            "https://u:1234?q@h.example/r",
            "https://h.example?sig=s@x/y",
        ] {
            assert_eq!(shown(text), "https://(hidden)", "{text}");
        }
    }

    #[test]
    fn a_path_has_no_scheme() {
        for (text, expected) in [
            ("HTTPS://h", Some("https")),
            ("callback+http://h", Some("callback+http")),
            ("data/routes.json", None),
            ("./a://b", None),
            ("://b", None),
            ("1a://b", None),
            ("redis:x", None),
        ] {
            assert_eq!(scheme(text).as_deref(), expected, "{text}");
        }
    }
}
