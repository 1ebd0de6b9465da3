//! The `url` match: a scheme, a host, perhaps a port and a path.

use super::fields::{Fields, check_length, read_number, shortened};
use super::json::Node;
use super::problems::Problems;
use crate::{Problem, ProblemCode};

/// Which URLs a rule accepts.
///
/// Source: SPEC.md, section 2.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UrlMatch {
    /// In lower case, without `://`.
    pub(crate) scheme: Box<str>,
    pub(crate) host: HostMatch,
    pub(crate) port: Option<u16>,
    /// Begins with `/`.
    pub(crate) path: Option<Box<str>>,
}

/// Which hosts, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HostMatch {
    /// This one.
    Exact(Box<str>),
    /// One or more labels before this domain, which has no dot in front.
    Below(Box<str>),
}

/// The most characters that a DNS name may have.
const MAX_HOST_CHARACTERS: usize = 253;
/// The most characters that a label of it may have.
pub(crate) const MAX_LABEL_CHARACTERS: usize = 63;
const MAX_SCHEME_CHARACTERS: usize = 64;
const MAX_PATH_CHARACTERS: usize = 8192;

/// Whether `byte` may stand in a label of a host.
pub(crate) const fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

pub(super) fn parse(
    problems: &mut Problems<'_>,
    node: Node<'_>,
    pointer: String,
) -> Option<UrlMatch> {
    let fields = Fields::read(problems, node, pointer, &["host", "path", "scheme", "port"])?;
    let host = host(problems, &fields);
    let scheme = scheme(problems, &fields);
    let port = port(problems, &fields);
    let path = path(problems, &fields);
    Some(UrlMatch {
        scheme: scheme?,
        host: host?,
        port: port?,
        path: path?,
    })
}

fn host(problems: &mut Problems<'_>, fields: &Fields<'_>) -> Option<HostMatch> {
    let (node, text) = fields.required_string(problems, "host")?;
    let pointer = fields.pointer("host");
    let (name, below) = match text.strip_prefix("*.") {
        Some(domain) => (domain, true),
        None => (&*text, false),
    };
    let fault = if name.is_empty() || text.len() > MAX_HOST_CHARACTERS {
        Some(("a host has 1 to 253 characters", None))
    } else if !name.is_ascii() {
        Some((
            "a host is ASCII",
            Some("write an internationalised name in its xn-- form"),
        ))
    } else if name.contains('*') {
        Some((
            "a * can only be the first label",
            Some("*.example.com accepts what is below it"),
        ))
    } else if name.contains(['[', ']', ':']) {
        Some((
            "a host is a name or an IPv4 address",
            Some("a port has a field of its own, and IPv6 addresses are not supported"),
        ))
    } else if name.ends_with('.') {
        Some(("a host has no dot at its end", None))
    } else if !name.split('.').all(|label| {
        (1..=MAX_LABEL_CHARACTERS).contains(&label.len()) && label.bytes().all(is_label_byte)
    }) {
        Some((
            "a host is labels of 1 to 63 characters of [A-Za-z0-9_-], with dots between",
            None,
        ))
    } else {
        None
    };
    if let Some((message, hint)) = fault {
        let mut problem = Problem::new(ProblemCode::BadHost, pointer, message);
        if let Some(hint) = hint {
            problem = problem.with_hint(hint);
        }
        problems.error(node, problem);
        return None;
    }
    let name = name.to_ascii_lowercase().into();
    Some(if below {
        HostMatch::Below(name)
    } else {
        HostMatch::Exact(name)
    })
}

fn scheme(problems: &mut Problems<'_>, fields: &Fields<'_>) -> Option<Box<str>> {
    if fields.optional("scheme").is_none() {
        return Some("https".into());
    }
    let (node, text) = fields.string(problems, "scheme")?;
    let well_formed = text.len() <= MAX_SCHEME_CHARACTERS
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    if !well_formed {
        let message = "a scheme is a letter and then letters, digits, +, - or ., 64 at most";
        let problem = Problem::new(ProblemCode::BadScheme, fields.pointer("scheme"), message);
        problems.error(node, problem.with_hint("without ://"));
        return None;
    }
    Some(text.to_ascii_lowercase().into())
}

fn port(problems: &mut Problems<'_>, fields: &Fields<'_>) -> Option<Option<u16>> {
    let Some(node) = fields.optional("port") else {
        return Some(None);
    };
    let pointer = fields.pointer("port");
    let text = read_number(problems, node, &pointer)?;
    match text.parse::<u16>() {
        Ok(port) if port > 0 => Some(Some(port)),
        _ => {
            let text = shortened(text);
            let message = format!("a port is a whole number from 1 to 65535, it is {text}");
            problems.error(node, Problem::new(ProblemCode::BadPort, pointer, message));
            None
        }
    }
}

fn path(problems: &mut Problems<'_>, fields: &Fields<'_>) -> Option<Option<Box<str>>> {
    if fields.optional("path").is_none() {
        return Some(None);
    }
    let (node, text) = fields.string(problems, "path")?;
    let pointer = fields.pointer("path");
    if !check_length(problems, (node, &text), &pointer, (1, MAX_PATH_CHARACTERS)) {
        return None;
    }
    if !text.starts_with('/') || text.contains(['?', '#']) {
        let message = "a path begins with / and holds no ? or #";
        problems.error(node, Problem::new(ProblemCode::BadPath, pointer, message));
        return None;
    }
    Some(Some(text.into()))
}
