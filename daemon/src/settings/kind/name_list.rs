//! Lists of names.

use std::fmt;

use hyper::header::HeaderName;

use super::{Kind, Shown};
use crate::settings::error::ValueError;
use crate::settings::given::Given;

/// The most names in a list.
const MAX_NAMES: usize = 32;

/// The most characters of a name.
const MAX_NAME_CHARACTERS: usize = 256;

/// Names of HTTP headers.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct HeaderNames;

/// Names of hosts, in lower case.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct HostNames;

impl Kind for HeaderNames {
    type Value = Vec<HeaderName>;

    fn parse(&self, text: &str) -> Option<Vec<HeaderName>> {
        self.read(&Given::Text(text.to_owned())).ok()
    }

    fn show(&self, names: &Vec<HeaderName>) -> Shown {
        Shown::List(names.iter().map(ToString::to_string).collect())
    }

    fn read(&self, given: &Given) -> Result<Vec<HeaderName>, ValueError> {
        read_names(self, given, |name| {
            HeaderName::from_bytes(name.as_bytes()).ok()
        })
    }
}

impl Kind for HostNames {
    type Value = Vec<String>;

    fn parse(&self, text: &str) -> Option<Vec<String>> {
        self.read(&Given::Text(text.to_owned())).ok()
    }

    fn show(&self, names: &Vec<String>) -> Shown {
        Shown::List(names.clone())
    }

    fn read(&self, given: &Given) -> Result<Vec<String>, ValueError> {
        read_names(self, given, |name| {
            let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b"-.".contains(&b);
            name.bytes()
                .all(is_allowed)
                .then(|| name.to_ascii_lowercase())
        })
    }
}

impl fmt::Display for HeaderNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of 1 to {MAX_NAMES} names of HTTP headers")
    }
}

impl fmt::Display for HostNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of 1 to {MAX_NAMES} names of hosts")
    }
}

/// Reads an array of the file, or text with commas between the names.
fn read_names<K: Kind, T>(
    kind: &K,
    given: &Given,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, ValueError> {
    let names: Vec<&str> = match given {
        Given::Text(text) => text.split(',').map(str::trim).collect(),
        Given::List(names) => names.iter().map(String::as_str).collect(),
        Given::Integer(_) | Given::Other(_) => return Err(ValueError::not(kind, given)),
    };
    if !(1..=MAX_NAMES).contains(&names.len()) {
        let count = names.len();
        return Err(ValueError::not(kind, &format_args!("{count} names")));
    }
    names
        .into_iter()
        .map(|name| {
            let has_length = (1..=MAX_NAME_CHARACTERS).contains(&name.len());
            let parsed = has_length.then(|| parse(name)).flatten();
            parsed.ok_or_else(|| ValueError::Name {
                allowed: kind.to_string(),
                name: Given::Text(name.to_owned()).to_string(),
            })
        })
        .collect()
}
