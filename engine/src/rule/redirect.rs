//! The rule against open redirects: no scanned code may choose where a user is sent.

use std::net::Ipv4Addr;

use regex_syntax::hir::Hir;
use regex_syntax::hir::literal::Extractor;

use super::rule_match::RuleMatch;
use super::template::{Part, Source, Template, is_escape};
use super::url::{MAX_HOST_CHARACTERS, MAX_LABEL_CHARACTERS, UrlMatch};
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
    let texts = parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(&**text),
        Part::Insert { .. } => None,
    });
    check_characters(texts)?;
    match parts {
        [Part::Text(text), rest @ ..] => {
            if names_https_host(text, rest.is_empty()) {
                return Ok(());
            }
            Err(Refusal {
                code: ProblemCode::RedirectHostNotFixed,
                message: "the redirectUrl must begin with https://, a host name and, if needed, a port \
                          from 1 to 65535, followed by /, ? or # before any placeholder",
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

/// Checks the characters of `texts`, the literal parts of a URL.
fn check_characters<'t>(texts: impl Iterator<Item = &'t str>) -> Result<(), Refusal> {
    let refuse = |message, hint| {
        let code = ProblemCode::BadRedirectUrl;
        Err(Refusal {
            code,
            message,
            hint,
        })
    };
    let mut fragments = 0;
    for text in texts {
        if text.chars().any(|c| c.is_control() || c == ' ') {
            let message = "the redirectUrl contains a control character or a space";
            return refuse(message, "percent-encode it: a space is %20");
        }
        let mut signs = memchr::memchr_iter(b'%', text.as_bytes());
        if signs.any(|at| !is_escape(&text.as_bytes()[at..])) {
            let message = "the redirectUrl has a % without two hexadecimal digits after it";
            return refuse(message, "write %25 for a literal %");
        }
        fragments += memchr::memchr_iter(b'#', text.as_bytes()).count();
    }
    if fragments > 1 {
        let message = "the redirectUrl has a second #";
        return refuse(message, "write %23 for a # inside the fragment");
    }
    Ok(())
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
            if !port[..digits].parse::<u16>().is_ok_and(|port| port > 0) {
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
    is_host(host).then_some((host, rest))
}

/// Returns `true` if `host`, which consists of letters, digits, `.` and `-`, is a host name or an IPv4
/// address. One dot may follow the last label.
fn is_host(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| {
        (1..=MAX_LABEL_CHARACTERS).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // Clients take a name whose last label is a number for an address.
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    let last = name.rsplit('.').next().unwrap_or_default();
    name.len() <= MAX_HOST_CHARACTERS
        && name.split('.').all(is_label)
        && (!is_number(last) || name.parse::<Ipv4Addr>().is_ok())
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
