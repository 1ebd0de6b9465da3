//! The rule against open redirects: no scanned code may choose where a user is sent.

use regex_syntax::hir::Hir;
use regex_syntax::hir::literal::Extractor;

use super::rule_match::RuleMatch;
use super::template::{Part, Source, Template};
use super::url::UrlMatch;
use crate::ProblemCode;

/// The reason for refusing a redirect.
pub(super) struct Refusal {
    /// The code of the problem.
    pub(super) code: ProblemCode,
    /// One lower-case line without a full stop.
    pub(super) message: &'static str,
    /// The way to cure it.
    pub(super) hint: &'static str,
}

/// Checks that `template` renders to an `https` URL on a host that the config itself names, whatever
/// code value `rule_match` accepts. Without a match, only the template's own text is checked.
///
/// # Errors
///
/// The first reason why that is not certain.
///
/// Source: SPEC.md, section 2.2.
pub(super) fn check(template: &Template, rule_match: Option<&RuleMatch>) -> Result<(), Refusal> {
    let parts = template.parts();
    for part in parts {
        if let Part::Text(text) = part
            && text.chars().any(|c| c.is_control() || c == ' ')
        {
            return Err(Refusal {
                code: ProblemCode::BadRedirectUrl,
                message: "the redirectUrl contains a control character or a space",
                hint: "percent-encode it: a space is %20",
            });
        }
    }
    match parts {
        [Part::Text(text), rest @ ..] => {
            if names_https_host(text, rest.is_empty()) {
                return Ok(());
            }
            Err(Refusal {
                code: ProblemCode::RedirectHostNotFixed,
                message: "the redirectUrl must begin with https://, a host and, if needed, a port up \
                          to 65535, followed by /, ? or # before any placeholder",
                hint: "write the host out: https://host.example/…, or begin with {code}",
            })
        }
        [
            Part::Insert {
                source: Source::Code,
                encode: false,
            },
            rest @ ..,
        ] => {
            let Some(rule_match) = rule_match else {
                return Ok(());
            };
            let (fixed, hint) = match rule_match {
                RuleMatch::Url(url) => url_fixes_host(url, rest.is_empty()),
                RuleMatch::Exact(text) | RuleMatch::Prefix(text) => {
                    (begins_with_https_host(text), LITERAL)
                }
                RuleMatch::Regex(pattern) => (every_match_has_https_host(pattern.hir()), LITERAL),
                RuleMatch::Emv(_) => (false, "write the host out: https://host.example/…"),
            };
            let message = "a redirectUrl that begins with {code} needs a match that fixes the host";
            if fixed {
                Ok(())
            } else {
                Err(Refusal {
                    code: ProblemCode::RedirectHostNotFixed,
                    message,
                    hint,
                })
            }
        }
        _ => Err(Refusal {
            code: ProblemCode::RedirectHostNotFixed,
            message: "the redirectUrl must begin with https:// or with {code}",
            hint: "write the host out: https://host.example/…",
        }),
    }
}

const LITERAL: &str = "begin every alternative of the match with a literal https://host/ in lower \
                       case, or use a url match";

fn url_fixes_host(url: &UrlMatch, ends_with_code: bool) -> (bool, &'static str) {
    if &*url.scheme != "https" {
        (false, "the url match must be of scheme https")
    } else if !url.host.names_an_owner() {
        (
            false,
            "anyone may have such a host: name a registered domain, *.example.com, not one above a public suffix",
        )
    } else if !ends_with_code && url.path.is_none() {
        (
            false,
            "text may follow {code} only if the url match has a path",
        )
    } else {
        (true, "")
    }
}

/// Returns `true` if `text` begins with `https://host`, perhaps `:port`, and then `/`, `?` or `#`. It
/// may also end there if it `is_whole`, so that nothing can follow the host.
fn names_https_host(text: &str, is_whole: bool) -> bool {
    let Some((_, rest)) = split_https_host(text) else {
        return false;
    };
    let rest = match rest.strip_prefix(':') {
        None => rest,
        Some(port) => {
            let digits = port.bytes().take_while(u8::is_ascii_digit).count();
            if port[..digits].parse::<u16>().is_err() {
                return false;
            }
            &port[digits..]
        }
    };
    if rest.is_empty() {
        is_whole
    } else {
        rest.starts_with(['/', '?', '#'])
    }
}

fn begins_with_https_host(text: &str) -> bool {
    split_https_host(text).is_some_and(|(_, rest)| rest.starts_with('/'))
}

/// Splits `text` into host and rest behind `https://`; `None` if it does not begin so.
fn split_https_host(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix("https://")?;
    let end = rest
        .bytes()
        .position(|b| !(b.is_ascii_alphanumeric() || b == b'.' || b == b'-'))
        .unwrap_or(rest.len());
    let (host, rest) = rest.split_at(end);
    (!host.is_empty()).then_some((host, rest))
}

/// Returns `true` if every literal with which a match can begin fixes the host.
fn every_match_has_https_host(hir: &Hir) -> bool {
    let prefixes = Extractor::new().extract(hir);
    prefixes.literals().is_some_and(|literals| {
        literals.iter().all(|literal| {
            // The extractor cuts long literals after some bytes, perhaps within a character.
            let whole_characters = literal.as_bytes().utf8_chunks().next();
            whole_characters.is_some_and(|chunk| begins_with_https_host(chunk.valid()))
        })
    })
}
