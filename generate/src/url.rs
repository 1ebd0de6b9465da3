//! `url` matches.

use serde_json::{Map, json};

use crate::Entropy;
use crate::vocabulary::{character, phrase, vary_case, word};

/// The `url` match of a rule.
#[derive(Clone, Debug)]
pub struct UrlMatch {
    /// The host, or `*.` and a host, in any case.
    pub host: String,
    /// The beginning of the path; `None` for any path.
    pub path: Option<String>,
    /// The scheme, in any case; `None` for `https`.
    pub scheme: Option<String>,
    /// The port that a URL must have written; `None` if it must have none.
    pub port: Option<u16>,
}

const HOSTS: &[&str] = &[
    "a.example",
    "b.a.example",
    "*.a.example",
    "A.Example",
    "*.b.a.example",
    "example",
    "a.example.evil",
    "xn--bcher-kva.example",
];
const PATHS: &[&str] = &["/", "/m", "/m/", "/m/1", "/M", "/mm", "/%2Fm", "/m/."];
const SCHEMES: &[&str] = &["https", "HTTPS", "http", "alipays"];
const PORTS: &[u16] = &[443, 80, 8443, 8080];
const LABELS: &[&str] = &["a", "b", "x-1", "_", "A", "-", "é", ""];

impl UrlMatch {
    /// Draws a match. About half have a path, 30 in 100 a scheme, and 20 in 100 a port.
    pub(crate) fn draw(entropy: &mut Entropy<'_>) -> Self {
        Self {
            host: entropy.one_of(HOSTS).to_owned(),
            path: entropy.chance(50).then(|| entropy.one_of(PATHS).to_owned()),
            scheme: entropy
                .chance(30)
                .then(|| entropy.one_of(SCHEMES).to_owned()),
            port: entropy.chance(20).then(|| entropy.one_of(PORTS)),
        }
    }

    /// Returns `true` if the URLs that match have the scheme `https`.
    pub(crate) fn is_https(&self) -> bool {
        let scheme = self.scheme.as_deref();
        scheme.is_none_or(|scheme| scheme.eq_ignore_ascii_case("https"))
    }

    /// Returns the value of the member `url` of a rule's match.
    pub(crate) fn json(&self) -> serde_json::Value {
        let mut object = Map::new();
        object.insert("host".to_owned(), json!(self.host));
        if let Some(path) = &self.path {
            object.insert("path".to_owned(), json!(path));
        }
        if let Some(scheme) = &self.scheme {
            object.insert("scheme".to_owned(), json!(scheme));
        }
        if let Some(port) = self.port {
            object.insert("port".to_owned(), json!(port));
        }
        object.into()
    }

    /// Draws a URL that matches, or nearly does: a label of the host may be too long or malformed, the
    /// port may be missing or wrong, and other text may follow the path.
    pub(crate) fn sample(&self, entropy: &mut Entropy<'_>) -> String {
        let mut url = format!("{}://", self.scheme.as_deref().unwrap_or("https"));
        match self.host.strip_prefix('*') {
            Some(domain) => {
                for i in 0..1 + entropy.below(3) {
                    if i > 0 {
                        url.push('.');
                    }
                    if entropy.chance(5) {
                        url.push_str(&"a".repeat(entropy.within(62..=65)));
                    } else {
                        url.push_str(entropy.one_of(LABELS));
                    }
                }
                url.push_str(domain);
            }
            None => url.push_str(&self.host),
        }
        if entropy.chance(30) {
            url = vary_case(&url, entropy.chance(10), entropy);
        }
        match (self.port, entropy.chance(5)) {
            (Some(port), false) => url.push_str(&format!(":{port}")),
            (None, true) => url.push_str(entropy.one_of(&[":443", ":80", ":", ":0443"])),
            _ => {}
        }
        if let Some(path) = &self.path {
            url.push_str(path);
        }
        match entropy.below(8) {
            0 | 1 => {}
            2 => url.push('/'),
            3 => url.push_str("/1"),
            4 => url.push_str("?x=1"),
            5 => url.push_str("#y"),
            6 => url.push(character(entropy)),
            _ => {
                url.push('/');
                url.push_str(&phrase(entropy));
                url.push_str(word(entropy));
            }
        }
        url
    }
}
