//! Paths, URIs and names that settings and arguments give, and the one form in which they are shown.

use std::borrow::Cow;
use std::fmt;
use std::net::Ipv6Addr;
use std::path::Path;

/// Stands for the part of a text that may contain secrets.
const HIDDEN: &str = "(hidden)";

/// The most characters of a name that is shown. The longest of ours have half as many.
const MAX_NAME_CHARACTERS: usize = 128;

/// Returns the scheme of `text`, in lower case, if `text` is a URI rather than a path.
pub(crate) fn scheme(text: &str) -> Option<String> {
    let (scheme, _) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    is_scheme.then(|| scheme.to_ascii_lowercase())
}

/// Returns a URI, a path, or a text that may be either, as it may be logged and shown: a URI without
/// user-info, query and fragment, which may contain secrets, and a path as it is.
///
/// A password that is not percent-encoded can end the authority early, at a `/`, `?` or `#`. Where an `@`
/// further on leaves that possible, or what should be the host is not one, only the scheme is shown. A text
/// without a scheme may be a URL that is misspelt: with an `@` or `%40` it is shown only if it is clearly a path of
/// this machine, and what follows a `?` or `#` never is.
///
/// ```
/// use codeid_daemon::uri::shown;
///
/// assert_eq!(shown("https://user:password@h.example/r?token=t"), "https://h.example/r");
/// assert_eq!(shown("h.example/r?token=t"), "h.example/r?(hidden)");
/// assert_eq!(shown("data/routes.json"), "data/routes.json");
/// ```
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if scheme(text).is_none() {
        return shown_without_scheme(text);
    }
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    if scheme.eq_ignore_ascii_case("file") && rest.starts_with('/') {
        return match shown_without_scheme(rest) {
            Cow::Borrowed(path) if path == rest => Cow::Borrowed(text),
            path => Cow::Owned(format!("{scheme}://{path}")),
        };
    }
    let end = rest.find(['?', '#']).unwrap_or(rest.len());
    let (hierarchy, query) = rest.split_at(end);
    let (authority, path) = hierarchy.split_at(hierarchy.find('/').unwrap_or(hierarchy.len()));
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    if !is_host(host) || path.contains('@') || query.contains('@') {
        return Cow::Owned(format!("{scheme}://{HIDDEN}"));
    }
    match user {
        None => Cow::Borrowed(text.strip_suffix(query).unwrap_or_default()),
        Some(_) => Cow::Owned(format!("{scheme}://{host}{path}")),
    }
}

/// Displays a path as [`shown`] shows it, since a URL may stand where a path should.
pub fn shown_path(path: &(impl AsRef<Path> + ?Sized)) -> impl fmt::Display + '_ {
    ShownPath(path.as_ref())
}

/// Returns the name of a setting or a variable that is not known, as it may be shown: a text with a
/// character that a URL has and a name has not is hidden as a whole, since it is not known where a part of
/// a URL was cut off.
#[must_use]
pub fn shown_name(name: &str) -> &str {
    let may_be_of_a_url = |c: char| c.is_whitespace() || ":/\\@?#&=%".contains(c);
    match name.contains(may_be_of_a_url) || name.chars().count() > MAX_NAME_CHARACTERS {
        true => HIDDEN,
        false => name,
    }
}

/// Displays the path of a file that was opened for reading, in full: a misspelt URL names no file. A path that
/// begins with a scheme is displayed as [`shown`] shows it, since programs make directories of a URL that stands
/// where a path should; so the path of a file that this program makes needs [`shown_path`].
pub fn opened_path(path: &(impl AsRef<Path> + ?Sized)) -> impl fmt::Display + '_ {
    OpenedPath(path.as_ref())
}

struct ShownPath<'a>(&'a Path);

struct OpenedPath<'a>(&'a Path);

impl fmt::Display for ShownPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shown(&self.0.to_string_lossy()))
    }
}

impl fmt::Display for OpenedPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string_lossy();
        match scheme(&text) {
            Some(_) => f.pad(&shown(&text)),
            None => f.pad(&text),
        }
    }
}

fn shown_without_scheme(text: &str) -> Cow<'_, str> {
    let has_at = text.contains('@') || text.contains("%40");
    if begins_like_a_url(text) || (has_at && !is_clearly_a_path(text)) {
        return Cow::Borrowed(HIDDEN);
    }
    match text.split_inclusive(['?', '#']).next() {
        Some(path) if path.ends_with(['?', '#']) => Cow::Owned(format!("{path}{HIDDEN}")),
        _ => Cow::Borrowed(text),
    }
}

/// Returns `true` for text that begins with `http:` or `https:`, of a callback, too.
fn begins_like_a_url(text: &str) -> bool {
    let scheme = text.split(':').next().unwrap_or_default();
    let scheme = scheme.to_ascii_lowercase();
    let scheme = scheme.strip_prefix("callback+").unwrap_or(&scheme);
    matches!(scheme, "http" | "https") && text.contains(':')
}

/// Returns `true` for a path from the root or from `.` or `..`, without what a URL has beside an `@`.
fn is_clearly_a_path(text: &str) -> bool {
    let begins_like_one = ["/", "./", "../"]
        .iter()
        .any(|start| text.starts_with(start));
    begins_like_one && !text.contains("//") && !text.contains([':', '?', '#'])
}

/// Returns `true` for the host of a URI, a name or an address, with or without a port.
fn is_host(text: &str) -> bool {
    let is_port = |port: &str| {
        let digits = port.strip_prefix(':');
        port.is_empty() || digits.is_some_and(|digits| digits.parse::<u16>().is_ok())
    };
    if let Some(literal) = text.strip_prefix('[') {
        let (address, port) = literal.split_once(']').unwrap_or_default();
        return address.parse::<Ipv6Addr>().is_ok() && is_port(port);
    }
    let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
    let is_of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !name.is_empty() && name.bytes().all(is_of_a_name) && is_port(port)
}

#[cfg(test)]
mod tests;
