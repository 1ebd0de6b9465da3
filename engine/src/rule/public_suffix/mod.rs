//! The domains below which anyone can have a host.

use std::fmt;

use psl::{List, Psl};

/// The domains that are not public suffixes and have some further down, in order, each with the shortest rule
/// of one: the list can be asked about a name, and not about the names below it. A test writes the file from
/// the list that the program contains.
const ABOVE_SUFFIXES: &str = include_str!("../above_suffixes.txt");

/// The reason why the hosts below a domain may be anyone's. Displays as one lower-case clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OpenBelow<'a> {
    /// The domain is a public suffix.
    Suffix(&'a str),
    /// The domain is a single label that the list does not have.
    UnknownLabel(&'a str),
    /// The domain has a public suffix further down, by this rule.
    Above(&'a str, &'static str),
}

/// Returns the reason why anyone may have a host below `domain`, which is in lower case; `None` if the hosts
/// belong to the owner of the domain.
///
/// Public suffixes are those of the list that Mozilla maintains: those of registries (`com`, `co.uk`), those
/// of companies that give names to their customers (`github.io`), and every label that is a whole domain, as
/// the list's own rule for what it does not name. A domain directly below which every name is a suffix
/// (`kawasaki.jp`) counts as one. Below a domain that has a suffix further down some hosts are open:
/// `*.windows.net` accepts hosts below `blob.core.windows.net`.
///
/// Source: SPEC.md, sections 2.1 and 2.2; <https://github.com/publicsuffix/list/wiki/Format>.
pub(super) fn open_below(domain: &str) -> Option<OpenBelow<'_>> {
    // The list has no rule for a name that starts with two hyphens, unless it has one for all names.
    let below = format!("--.{domain}");
    if is_suffix(domain) || is_suffix(&below) {
        let is_named = domain.contains('.') || is_listed(domain) || is_listed(&below);
        return Some(match is_named {
            true => OpenBelow::Suffix(domain),
            false => OpenBelow::UnknownLabel(domain),
        });
    }
    suffix_further_down(domain).map(|suffix| OpenBelow::Above(domain, suffix))
}

fn is_suffix(domain: &str) -> bool {
    let suffix = List.suffix(domain.as_bytes());
    suffix.is_some_and(|suffix| suffix.as_bytes() == domain.as_bytes())
}

/// Returns `true` if the list has a rule for `domain`, other than the one for all that it does not name.
fn is_listed(domain: &str) -> bool {
    let suffix = List.suffix(domain.as_bytes());
    suffix.is_some_and(|suffix| suffix.is_known())
}

fn suffix_further_down(domain: &str) -> Option<&'static str> {
    let mut lines = ABOVE_SUFFIXES.lines();
    lines.find_map(|line| line.strip_prefix(domain)?.strip_prefix(' '))
}

impl fmt::Display for OpenBelow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Suffix(domain) => {
                write!(
                    f,
                    "anyone can have a host below {domain}: it is a public suffix"
                )
            }
            Self::UnknownLabel(domain) => write!(
                f,
                "the hosts below {domain} may be anyone's: it is a single label that the list of public \
                 suffixes does not have"
            ),
            Self::Above(domain, suffix) => write!(
                f,
                "anyone can have a host below {domain}: {suffix} is a public suffix"
            ),
        }
    }
}

#[cfg(test)]
mod tests;
