//! The domains below which anyone can register a name.

use psl::{List, Psl};

/// Returns `true` if anyone can have a name directly below `domain`, which is in lower case.
///
/// That is so for the public suffixes of the list that Mozilla maintains: those of registries (`com`,
/// `co.uk`), those of companies that give names to their customers (`github.io`), and every label that is
/// a whole domain, as the list's own rule for what it does not name. It is also so for a domain directly
/// below which every name is a suffix (`kawasaki.jp`).
///
/// Source: SPEC.md, sections 2.1 and 2.2; <https://github.com/publicsuffix/list/wiki/Format>.
pub(super) fn is_open_to_all(domain: &str) -> bool {
    // The list has no rule for a name that starts with two hyphens, unless it has one for all names.
    let below = format!("--.{domain}");
    is_suffix(domain) || is_suffix(&below)
}

fn is_suffix(domain: &str) -> bool {
    let suffix = List.suffix(domain.as_bytes());
    suffix.is_some_and(|suffix| suffix.as_bytes() == domain.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::is_open_to_all;

    #[test]
    fn registries_and_hosters_are_open_to_all() {
        for domain in [
            "com",
            "uk",
            "co.uk",
            "com.sg",
            "xn--p1ai",
            "github.io",
            // The list has only *.ck and *.kawasaki.jp.
            "ck",
            "kawasaki.jp",
            // The list does not name them.
            "example",
            "internal",
        ] {
            assert!(is_open_to_all(domain), "{domain}");
        }
    }

    #[test]
    fn a_registered_domain_has_an_owner() {
        for domain in [
            "example.com",
            "example.co.uk",
            "example.github.io",
            "a.b.example.com",
            // Exceptions in the list.
            "www.ck",
            "city.kawasaki.jp",
            "a.example",
            "a_b.com",
        ] {
            assert!(!is_open_to_all(domain), "{domain}");
        }
    }
}
