//! URIs as settings name them.

use std::borrow::Cow;

/// The scheme of `text`, in lower case, if it is a URI rather than a path.
pub(crate) fn scheme(text: &str) -> Option<String> {
    let (scheme, _) = text.split_once("://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    is_scheme.then(|| scheme.to_ascii_lowercase())
}

/// A URI or path as it may be logged and shown: without user-info, query and fragment, which may
/// hold secrets. A path is shown as it is.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    if scheme(text).is_none() {
        return Cow::Borrowed(text);
    }
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let text = &text[..end];
    let authority = text.find("://").map_or(end, |at| at + "://".len());
    let path = text[authority..]
        .find('/')
        .map_or(end, |length| authority + length);
    match text[authority..path].rfind('@') {
        None => Cow::Borrowed(text),
        Some(at) => Cow::Owned(format!(
            "{}{}",
            &text[..authority],
            &text[authority + at + 1..]
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_shown() {
        let table = [
            ("https://h.example/routes", "https://h.example/routes"),
            ("https://u:p@h.example:8443/r", "https://h.example:8443/r"),
            ("https://u@p@h.example", "https://h.example"),
            ("https://h.example/r?sig=s#f", "https://h.example/r"),
            ("https://h.example?sig=s@x/y", "https://h.example"),
            ("https://u:p?q@h.example/r", "https://u:p"),
            ("https://h.example#s", "https://h.example"),
            ("https://h.example/a@b", "https://h.example/a@b"),
            ("callback+https://u:p@h/spi?k=v", "callback+https://h/spi"),
            (
                "file:///etc/codeid/routes.json",
                "file:///etc/codeid/routes.json",
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
