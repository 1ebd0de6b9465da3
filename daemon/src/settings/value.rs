//! What a value must be, and how it is read from what a source gave.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Serialize, Serializer};

/// The longest path, URI or URL, in characters.
const MAX_LENGTH: usize = 4096;

/// The most names in a list.
const MAX_NAMES: usize = 32;

/// The type of a key's values.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// `ADDRESS:PORT`, or `off`.
    Address,
    /// The path of a Unix socket, or `off`.
    Socket,
    /// The permission bits of a file, in octal.
    Mode,
    /// A whole number inside bounds.
    Integer {
        min: u64,
        max: u64,
        unit: &'static str,
    },
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// The path of a file.
    Path,
    /// A path or a URI.
    Uri,
    /// `https://HOST` or `https://HOST:PORT`, without a path.
    Origin,
    /// An `http` or `https` URL.
    HttpUrl,
    /// Visible ASCII.
    Text { max: usize },
    /// Names of HTTP headers.
    HeaderNames,
    /// Names of hosts.
    HostNames,
}

/// A value as a source gave it.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    /// Text, from the environment, the command line, or a string in the file.
    Text(String),
    /// An integer in the file.
    Integer(i64),
    /// An array of strings in the file.
    List(Vec<String>),
    /// Anything else in the file, by the name of its type.
    Other(&'static str),
}

/// A value that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Address(Option<SocketAddr>),
    Socket(Option<PathBuf>),
    Mode(u32),
    Integer(u64),
    Text(String),
    List(Vec<String>),
}

impl Kind {
    /// Whole numbers from `min` to `max`.
    pub(crate) const fn integer(min: u64, max: u64, unit: &'static str) -> Self {
        Self::Integer { min, max, unit }
    }

    /// Reads a value of this type.
    ///
    /// # Errors
    ///
    /// Says what is allowed and what was given, as the rest of a sentence that begins with the key.
    pub(crate) fn read(self, given: &Given) -> Result<Value, String> {
        let text = match (self, given) {
            (Self::HeaderNames | Self::HostNames, Given::List(names)) => {
                return read_names(self, names);
            }
            (Self::Integer { min, max, .. }, &Given::Integer(number)) => {
                return u64::try_from(number)
                    .ok()
                    .filter(|n| (min..=max).contains(n))
                    .map(Value::Integer)
                    .ok_or_else(|| format!("must be {self}, not {number}"));
            }
            // `0o660` in the file.
            (Self::Mode, &Given::Integer(number)) => {
                return match u32::try_from(number) {
                    Ok(mode) if mode <= 0o777 => Ok(Value::Mode(mode)),
                    _ => Err(format!("must be {self}, not {number:#o}")),
                };
            }
            (Self::Integer { .. }, Given::Text(_)) if !given.is_readable_as_integer() => {
                return Err(format!("must be {self}, not {given}"));
            }
            (_, Given::Text(text)) => text.as_str(),
            _ => return Err(format!("must be {self}, not {given}")),
        };
        self.read_text(text).ok_or_else(|| match self {
            // It may hold a password or a token.
            Self::Uri | Self::HttpUrl => format!("must be {self}, which what was given is not"),
            _ => format!("must be {self}, not {given}"),
        })
    }

    fn read_text(self, text: &str) -> Option<Value> {
        let characters = text.chars().count();
        let plain = !text.is_empty() && !text.chars().any(char::is_control);
        match self {
            Self::Address if text == "off" => Some(Value::Address(None)),
            Self::Address => text
                .parse()
                .ok()
                .map(|address| Value::Address(Some(address))),
            Self::Socket if text == "off" => Some(Value::Socket(None)),
            Self::Socket => (plain && characters <= MAX_LENGTH && !text.ends_with('/'))
                .then(|| Value::Socket(Some(text.into()))),
            Self::Mode => {
                let octal =
                    (3..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
                let mode = u32::from_str_radix(text, 8).ok()?;
                (octal && mode <= 0o777).then_some(Value::Mode(mode))
            }
            Self::Integer { min, max, .. } => {
                let number = text.parse().ok()?;
                (min..=max)
                    .contains(&number)
                    .then_some(Value::Integer(number))
            }
            Self::Choice(words) => words.contains(&text).then(|| Value::Text(text.to_owned())),
            Self::Path => (plain && characters <= MAX_LENGTH).then(|| Value::Text(text.to_owned())),
            Self::Uri => (plain && characters <= MAX_LENGTH && !text.contains(char::is_whitespace))
                .then(|| Value::Text(text.to_owned())),
            Self::Origin => is_origin(text).then(|| Value::Text(text.to_owned())),
            Self::HttpUrl => is_http_url(text).then(|| Value::Text(text.to_owned())),
            Self::Text { max } => (is_visible_ascii(text) && (1..=max).contains(&text.len()))
                .then(|| Value::Text(text.to_owned())),
            Self::HeaderNames | Self::HostNames => {
                let names: Vec<String> = text.split(',').map(|n| n.trim().to_owned()).collect();
                read_names(self, &names).ok()
            }
        }
    }
}

/// What is allowed, as it is put into an error message and into the reference file.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => {
                f.write_str("ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080, or off")
            }
            Self::Socket => f.write_str("the path of a socket, or off"),
            Self::Mode => f.write_str("permissions in octal, 0000 to 0777"),
            Self::Integer { min, max, unit: "" } => write!(f, "a number from {min} to {max}"),
            Self::Integer { min, max, unit } => {
                write!(f, "a number of {unit} from {min} to {max}")
            }
            Self::Choice(words) => write!(f, "one of {}", words.join(", ")),
            Self::Path => write!(f, "a path of 1 to {MAX_LENGTH} characters"),
            Self::Uri => write!(
                f,
                "a path or URI of 1 to {MAX_LENGTH} characters without spaces"
            ),
            Self::Origin => f.write_str("https://HOST or https://HOST:PORT, without a path"),
            Self::HttpUrl => write!(
                f,
                "an http or https URL with a host, of at most {MAX_LENGTH} characters"
            ),
            Self::Text { max } => write!(f, "1 to {max} visible ASCII characters"),
            Self::HeaderNames => write!(f, "a list of 1 to {MAX_NAMES} names of HTTP headers"),
            Self::HostNames => write!(f, "a list of 1 to {MAX_NAMES} names of hosts"),
        }
    }
}

impl Given {
    /// Digits only, so that neither `+1` nor ` 1` is a number.
    fn is_readable_as_integer(&self) -> bool {
        matches!(self, Self::Text(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
    }
}

/// What was given, bounded so that it fits a line.
impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) if text.chars().count() > 64 => {
                write!(f, "a text of {} characters", text.chars().count())
            }
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Integer(number) => write!(f, "the number {number}"),
            Self::List(_) => f.write_str("a list"),
            Self::Other(type_name) => write!(f, "a value of type {type_name}"),
        }
    }
}

/// As it is shown to people.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(Some(address)) => address.fmt(f),
            Self::Socket(Some(path)) => path.display().fmt(f),
            Self::Address(None) | Self::Socket(None) => f.write_str("off"),
            Self::Mode(mode) => write!(f, "{mode:04o}"),
            Self::Integer(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::List(items) => f.write_str(&items.join(",")),
        }
    }
}

/// Numbers and lists as such, everything else as it is shown to people.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(number) => number.serialize(serializer),
            Self::List(items) => items.serialize(serializer),
            other => serializer.collect_str(other),
        }
    }
}

fn read_names(kind: Kind, names: &[String]) -> Result<Value, String> {
    let is_allowed = |b: u8| match kind {
        Kind::HostNames => b.is_ascii_alphanumeric() || b"-.".contains(&b),
        // A token of RFC 9110, section 5.6.2.
        _ => b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b),
    };
    let is_name = |name: &String| (1..=256).contains(&name.len()) && name.bytes().all(is_allowed);
    if let Some(wrong) = names.iter().find(|name| !is_name(name)) {
        let wrong = Given::Text(wrong.clone());
        return Err(format!("must be {kind}; {wrong} is no such name"));
    }
    if !(1..=MAX_NAMES).contains(&names.len()) {
        return Err(format!("must be {kind}, not {} names", names.len()));
    }
    let names = names.iter().map(|name| name.to_ascii_lowercase());
    Ok(Value::List(names.collect()))
}

fn is_visible_ascii(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_graphic())
}

fn is_origin(text: &str) -> bool {
    text.strip_prefix("https://").is_some_and(is_authority)
}

fn is_http_url(text: &str) -> bool {
    let Some(rest) = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
    else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    text.len() <= MAX_LENGTH && is_visible_ascii(text) && is_authority(authority)
}

/// A host, with a port or without, and no user-info.
fn is_authority(text: &str) -> bool {
    let is_host_byte = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    let is_ipv6_byte = |b: u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.');
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let host_is_allowed = match host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        Some(address) => !address.is_empty() && address.bytes().all(is_ipv6_byte),
        None => (1..=253).contains(&host.len()) && host.bytes().all(is_host_byte),
    };
    let port_is_allowed = port.is_none_or(|port| {
        port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|p| p != 0)
    });
    host_is_allowed && port_is_allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_by_the_type_of_the_key() {
        let table: &[(Kind, &str, Option<&str>)] = &[
            (Kind::Address, "127.0.0.1:0", Some("127.0.0.1:0")),
            (Kind::Address, "[::1]:8080", Some("[::1]:8080")),
            (Kind::Address, "off", Some("off")),
            (Kind::Address, "OFF", None),
            (Kind::Address, "8080", None),
            (Kind::Address, "127.0.0.1:65536", None),
            (Kind::Address, "", None),
            (Kind::Socket, "run/x.sock", Some("run/x.sock")),
            (Kind::Socket, "off", Some("off")),
            (Kind::Socket, "run/", None),
            (Kind::Socket, "", None),
            (Kind::Mode, "0660", Some("0660")),
            (Kind::Mode, "660", Some("0660")),
            (Kind::Mode, "0778", None),
            (Kind::Mode, "1777", None),
            (Kind::Mode, "+60", None),
            (Kind::Mode, "6", None),
            (Kind::integer(1, 10, ""), "10", Some("10")),
            (Kind::integer(1, 10, ""), "11", None),
            (Kind::integer(1, 10, ""), "0", None),
            (Kind::integer(1, 10, ""), "+1", None),
            (Kind::integer(1, 10, ""), " 1", None),
            (Kind::integer(1, 10, ""), "1.0", None),
            (Kind::integer(1, 10, ""), "99999999999999999999", None),
            (Kind::Choice(&["a", "b"]), "b", Some("b")),
            (Kind::Choice(&["a", "b"]), "B", None),
            (Kind::Path, "a b", Some("a b")),
            (Kind::Path, "a\nb", None),
            (Kind::Path, "", None),
            (Kind::Uri, "https://h/x", Some("https://h/x")),
            (Kind::Uri, "a b", None),
            (Kind::Origin, "https://h.example", Some("https://h.example")),
            (
                Kind::Origin,
                "https://h.example:8443",
                Some("https://h.example:8443"),
            ),
            (
                Kind::Origin,
                "https://[::1]:8443",
                Some("https://[::1]:8443"),
            ),
            (Kind::Origin, "https://h.example/", None),
            (Kind::Origin, "http://h.example", None),
            (Kind::Origin, "https://u@h.example", None),
            (Kind::Origin, "https://h.example:0", None),
            (Kind::Origin, "https://h.example:", None),
            (Kind::Origin, "https://", None),
            (Kind::HttpUrl, "http://h:1/p?q", Some("http://h:1/p?q")),
            (Kind::HttpUrl, "ftp://h/", None),
            (Kind::HttpUrl, "http:///p", None),
            (Kind::Text { max: 3 }, "abc", Some("abc")),
            (Kind::Text { max: 3 }, "abcd", None),
            (Kind::Text { max: 3 }, "é", None),
            (Kind::HeaderNames, "Cookie, X-A", Some("cookie,x-a")),
            (Kind::HeaderNames, "cookie,", None),
            (Kind::HeaderNames, "a b", None),
            (Kind::HostNames, "A.example, b-1", Some("a.example,b-1")),
            (Kind::HostNames, "a.example:80", None),
            (Kind::HostNames, "", None),
        ];
        for (kind, text, expected) in table {
            let read = kind.read(&Given::Text((*text).to_owned()));
            let shown = read.as_ref().ok().map(Value::to_string);
            assert_eq!(
                shown.as_deref(),
                *expected,
                "{kind:?} of {text:?}: {read:?}"
            );
        }
    }

    #[test]
    fn values_of_another_type_are_refused_with_what_is_allowed() {
        let port = Kind::integer(1, 10, "things");
        assert_eq!(
            port.read(&Given::Integer(11)).unwrap_err(),
            "must be a number of things from 1 to 10, not 11"
        );
        assert_eq!(
            port.read(&Given::Other("boolean")).unwrap_err(),
            "must be a number of things from 1 to 10, not a value of type boolean"
        );
        assert!(Kind::Mode.read(&Given::Integer(0o660)).is_ok());
        assert!(Kind::Mode.read(&Given::Integer(0o1777)).is_err());
        assert!(Kind::Path.read(&Given::Integer(5)).is_err());
        let names = Given::List(vec!["Cookie".to_owned()]);
        assert_eq!(
            Kind::HeaderNames.read(&names).unwrap(),
            Value::List(vec!["cookie".to_owned()])
        );
        assert!(Kind::HeaderNames.read(&Given::List(Vec::new())).is_err());
    }
}
