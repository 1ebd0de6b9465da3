//! The `url` match: URLs of a scheme and a host, perhaps with a port and a path.

use super::fields::{Fields, check_length, read_number, shortened};
use super::json::Node;
use super::problems::Problems;
use super::public_suffix::{OpenBelow, open_below};
use crate::{Problem, ProblemCode};

/// The URLs that a rule accepts.
///
/// Source: SPEC.md, section 2.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UrlMatch {
    /// The scheme, in lower case, without `://`.
    pub(crate) scheme: Box<str>,
    /// The hosts that are accepted.
    pub(crate) host: HostMatch,
    /// The port that must be written; `None` if none may be.
    pub(crate) port: Option<u16>,
    /// The path, which begins with `/`; `None` for any.
    pub(crate) path: Option<Box<str>>,
}

/// The hosts of a `url` match, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HostMatch {
    /// This host.
    Exact(Box<str>),
    /// Hosts of one or more labels in front of this domain, which is written without a leading dot.
    Below(Box<str>),
}

/// The maximum number of characters in a DNS name.
const MAX_HOST_CHARACTERS: usize = 253;
/// The maximum number of characters in a label of a DNS name.
pub(crate) const MAX_LABEL_CHARACTERS: usize = 63;
/// The hint about a host of `*.` and a domain below which anyone may have a host.
const PUBLIC_SUFFIX_HINT: &str =
    "write the domain that the hosts' owner registered: *.example.com, not *.com";
const MAX_SCHEME_CHARACTERS: usize = 64;
const MAX_PATH_CHARACTERS: usize = 8192;

impl HostMatch {
    /// Returns `true` if the hosts that are accepted belong to somebody whom the config names. A public
    /// suffix further down is only worth a warning.
    pub(super) fn names_an_owner(&self) -> bool {
        match self {
            Self::Exact(_) => true,
            Self::Below(domain) => matches!(open_below(domain), None | Some(OpenBelow::Above(..))),
        }
    }
}

/// Returns `true` if `byte` may stand in a label of a host.
pub(crate) const fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// Reads a `url` match from `node`. Returns `None` if it has errors, which are reported.
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
        Some(("the host must have 1 to 253 characters", None))
    } else if !name.is_ascii() {
        Some((
            "the host is not ASCII",
            Some("write an internationalised name in its xn-- form"),
        ))
    } else if name.contains('*') {
        Some((
            "a * can only be the first label of the host",
            Some("*.example.com accepts every host below example.com"),
        ))
    } else if name.contains(['[', ']', ':']) {
        Some((
            "the host must be a name or an IPv4 address",
            Some("write the port into the field port; IPv6 addresses are not supported"),
        ))
    } else if name.ends_with('.') {
        Some(("the host must not end with a dot", None))
    } else if !name.split('.').all(|label| {
        (1..=MAX_LABEL_CHARACTERS).contains(&label.len()) && label.bytes().all(is_label_byte)
    }) {
        Some((
            "each label of the host must have 1 to 63 characters of [A-Za-z0-9_-]",
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
    let name: Box<str> = name.to_ascii_lowercase().into();
    if !below {
        return Some(HostMatch::Exact(name));
    }
    if let Some(open) = open_below(&name) {
        let problem = Problem::new(ProblemCode::PublicSuffixHost, pointer, open.to_string());
        problems.warn(node, problem.with_hint(PUBLIC_SUFFIX_HINT));
    }
    Some(HostMatch::Below(name))
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
        let message =
            "the scheme must be a letter, then letters, digits, +, - or ., at most 64 in all";
        let problem = Problem::new(ProblemCode::BadScheme, fields.pointer("scheme"), message);
        problems.error(node, problem.with_hint("write it without ://"));
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
            let message = format!("the port must be a whole number from 1 to 65535, not {text}");
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
        let message = "the path must begin with / and must not contain ? or #";
        problems.error(node, Problem::new(ProblemCode::BadPath, pointer, message));
        return None;
    }
    Some(Some(text.into()))
}
