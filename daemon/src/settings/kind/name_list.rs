//! Lists of names.

use std::fmt;

use hyper::header::HeaderName;

use super::{Kind, Shown};
use crate::host::{HostName, ParseHostError};
use crate::settings::RuleName;
use crate::settings::error::ValueError;
use crate::settings::given::Given;

/// The most names in a list.
const MAX_NAMES: usize = 32;

/// The most characters of the name of a header.
const MAX_HEADER_CHARACTERS: usize = 256;

/// Names of HTTP headers.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct HeaderNames;

/// Names of hosts, in lower case.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct HostNames;

/// Ids of rules, and the name for no rule.
#[derive(Clone, Copy, Debug)]
pub(in crate::settings) struct RuleNames;

impl Kind for HeaderNames {
    type Value = Vec<HeaderName>;

    fn parse(&self, text: &str) -> Option<Vec<HeaderName>> {
        self.read(&Given::Text(text.to_owned())).ok()
    }

    fn show(&self, names: &Vec<HeaderName>) -> Shown {
        Shown::List(names.iter().map(ToString::to_string).collect())
    }

    fn read(&self, given: &Given) -> Result<Vec<HeaderName>, ValueError> {
        read_names(self, given, |name| match name.len() {
            1..=MAX_HEADER_CHARACTERS => HeaderName::from_bytes(name.as_bytes()).map_err(|_| None),
            _ => Err(None),
        })
    }
}

impl Kind for HostNames {
    type Value = Vec<HostName>;

    fn parse(&self, text: &str) -> Option<Vec<HostName>> {
        self.read(&Given::Text(text.to_owned())).ok()
    }

    fn show(&self, names: &Vec<HostName>) -> Shown {
        Shown::List(names.iter().map(ToString::to_string).collect())
    }

    fn read(&self, given: &Given) -> Result<Vec<HostName>, ValueError> {
        read_names(self, given, |name| name.parse().map_err(Some))
    }
}

impl Kind for RuleNames {
    type Value = Vec<RuleName>;

    fn parse(&self, text: &str) -> Option<Vec<RuleName>> {
        self.read(&Given::Text(text.to_owned())).ok()
    }

    fn show(&self, names: &Vec<RuleName>) -> Shown {
        Shown::List(names.iter().map(ToString::to_string).collect())
    }

    fn read(&self, given: &Given) -> Result<Vec<RuleName>, ValueError> {
        read_names(self, given, |name| name.parse().map_err(|_| None))
    }
}

impl fmt::Display for HeaderNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a list of 1 to {MAX_NAMES} names of HTTP headers, of 1 to {MAX_HEADER_CHARACTERS} \
             characters"
        )
    }
}

impl fmt::Display for HostNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a list of 1 to {MAX_NAMES} names of hosts, of 1 to 253 letters, digits, - and ."
        )
    }
}

impl fmt::Display for RuleNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a list of 1 to {MAX_NAMES} ids of rules, or {} for code values that no rule decided",
            RuleName::NONE
        )
    }
}

/// Reads an array of the file, or text with commas between the names. `parse` fails with the reason
/// why a name is refused, if more is known than that it is not allowed.
fn read_names<K: Kind, T>(
    kind: &K,
    given: &Given,
    parse: impl Fn(&str) -> Result<T, Option<ParseHostError>>,
) -> Result<Vec<T>, ValueError> {
    let names: Vec<&str> = match given {
        Given::Text(text) => text.split(',').map(str::trim).collect(),
        Given::List(names) => names.iter().map(String::as_str).collect(),
        Given::Integer(_) | Given::Float(_) | Given::Boolean(_) | Given::Other(_) => {
            return Err(ValueError::not(kind, given));
        }
    };
    if !(1..=MAX_NAMES).contains(&names.len()) {
        let count = names.len();
        return Err(ValueError::not(kind, &format_args!("{count} names")));
    }
    names
        .into_iter()
        .map(|name| {
            parse(name).map_err(|source| ValueError::Name {
                allowed: kind.to_string(),
                name: Given::Text(name.to_owned()).to_string(),
                source,
            })
        })
        .collect()
}
