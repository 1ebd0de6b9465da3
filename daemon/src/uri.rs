//! URIs as settings name them, and the one form in which they are shown.

use std::borrow::Cow;
use std::net::Ipv6Addr;

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
/// an `@` further on leaves that possible, only the scheme is shown. Text that may be a misspelt URI is
/// not shown at all: an `http` or `https` without `//`, or a colon with an `@` after it.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if scheme(text).is_none() {
        let is_misspelt = begins_like_a_url(text)
            || text
                .split_once(':')
                .is_some_and(|(_, rest)| rest.contains('@'));
        return Cow::Borrowed(if is_misspelt { HIDDEN } else { text });
    }
    let (start, rest) = text.split_once("://").unwrap_or_default();
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (hierarchy, query) = rest.split_at(end);
    let (authority, path) = hierarchy.split_at(hierarchy.find('/').unwrap_or(hierarchy.len()));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    let is_file = start.eq_ignore_ascii_case("file") && authority.is_empty();
    let is_suspicious = user.is_some() || !(is_file || is_certainly_a_host(host));
    if query.contains('@') || (is_suspicious && path.contains('@')) {
        return Cow::Owned(format!("{start}://{HIDDEN}"));
    }
    match user {
        None => Cow::Borrowed(text.strip_suffix(query).unwrap_or_default()),
        Some(_) => Cow::Owned(format!("{start}://{host}{path}")),
    }
}

/// Returns `true` for text that begins with `http:` or `https:`, of a callback, too.
fn begins_like_a_url(text: &str) -> bool {
    let scheme = text.split(':').next().unwrap_or_default();
    let scheme = scheme.to_ascii_lowercase();
    let scheme = scheme.strip_prefix("callback+").unwrap_or(&scheme);
    matches!(scheme, "http" | "https") && text.contains(':')
}

/// Returns `true` if `host` can be no user or password: a name with a dot and without a port, or an
/// IPv6 address.
fn is_certainly_a_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(address) => {
            let (address, port) = address.split_once(']').unwrap_or_default();
            let is_port = |port: &str| port.parse::<u16>().is_ok();
            address.parse::<Ipv6Addr>().is_ok()
                && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
        }
        None => host.contains('.') && !host.contains(':'),
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
            ("/srv/a@b/routes.json", "/srv/a@b/routes.json"),
            ("http", "http"),
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
            "https://u:1234/x@h.example/r",
            "https://dG9r/ZW4=@h.example/r",
            "https:///u:p@h.example/r",
        ] {
            assert_eq!(shown(text), "https://(hidden)", "{text}");
        }
        for text in [
            "https:/u:p@h.example/r",
            "https:/h.example/r?token=s",
            "callback+https:h.example?token=s",
            "//u:p@h.example/r",
            "u:p@h.example/r",
        ] {
            assert_eq!(shown(text), "(hidden)", "{text}");
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
