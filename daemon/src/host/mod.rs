//! The hosts of URLs, and the names that hosts have.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use memchr::memchr;
use thiserror::Error;

/// The most characters of a name, beside a dot at its end.
const MAX_NAME_CHARACTERS: usize = 253;

/// The most characters of a label, which is a part of a name between dots.
const MAX_LABEL_CHARACTERS: usize = 63;

/// The name of this machine (RFC 6761, section 6.3).
const LOCALHOST: &str = "localhost";

/// The host of a URL: an address or a name.
///
/// Parses from an IPv4 address, an IPv6 address in brackets, or a [`HostName`].
///
/// ```
/// use codeid_daemon::host::Host;
///
/// for host in ["192.0.2.7", "[2001:db8::7]", "codeid.example", "xn--bcher-kva.example"] {
///     assert!(host.parse::<Host>().is_ok());
/// }
/// for host in ["", "[:]", "-", "..", "256.0.0.1", "bücher.example"] {
///     assert!(host.parse::<Host>().is_err());
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
    /// A name, which the resolver knows or not.
    Name(HostName),
}

/// The name of a host, in lower case (RFC 1123, section 2.1).
///
/// It has at most 253 characters and consists of labels with dots between them; one more dot may
/// follow. A label has 1 to 63 ASCII letters, digits and hyphens, and no hyphen at its ends. The last
/// one is not a number, decimal or hexadecimal (`0x7f`), which many programs take for a part of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(String);

/// The reason why a text is not a host, or not the name of one. No message quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ParseHostError {
    /// The text is empty.
    #[error("it is empty")]
    Empty,
    /// The text has other characters than ASCII, as internationalized names have.
    #[error("it is not ASCII; write such a name in Punycode, as in xn--bcher-kva.example")]
    NotAscii,
    /// A name has too many characters.
    #[error("it has more than {MAX_NAME_CHARACTERS} characters")]
    TooLong,
    /// A name has a character that no name has.
    #[error("it has a character other than letters, digits, - and .")]
    Character,
    /// A dot begins the name, or follows another one.
    #[error("a label is empty")]
    EmptyLabel,
    /// A label has too many characters.
    #[error("a label has more than {MAX_LABEL_CHARACTERS} characters")]
    LongLabel,
    /// A label begins or ends with a hyphen.
    #[error("a label begins or ends with -")]
    Hyphen,
    /// The last label is a number, and the text is not an IPv4 address.
    #[error("it ends in a number but is not an IPv4 address")]
    Number,
    /// The text begins with a bracket, and is not an IPv6 address in brackets.
    #[error("it is not an IPv6 address in brackets")]
    NotIpv6,
}

impl Host {
    /// Returns `true` if the host is `localhost` or an address of the loopback.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Ipv4(address) => address.is_loopback(),
            Self::Ipv6(address) => IpAddr::V6(*address).to_canonical().is_loopback(),
            Self::Name(name) => name.as_str().trim_end_matches('.') == LOCALHOST,
        }
    }

    /// Returns `true` if the host is of the loopback, the unspecified address, to which a connection reaches this
    /// machine, or a name below `localhost`, which is this machine for every program (RFC 6761, section 6.3)
    /// although a resolver may not know it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let is_below = |name: &HostName| {
            let name = name.as_str().trim_end_matches('.');
            name.rsplit('.').next() == Some(LOCALHOST)
        };
        self.is_loopback()
            || match self {
                Self::Ipv4(address) => address.is_unspecified(),
                Self::Ipv6(address) => IpAddr::V6(*address).to_canonical().is_unspecified(),
                Self::Name(name) => is_below(name),
            }
    }
}

impl FromStr for Host {
    type Err = ParseHostError;

    fn from_str(text: &str) -> Result<Self, ParseHostError> {
        if let Some(rest) = text.strip_prefix('[') {
            let address = rest.strip_suffix(']').and_then(|text| text.parse().ok());
            return address.map(Self::Ipv6).ok_or(ParseHostError::NotIpv6);
        }
        match text.parse() {
            Ok(address) => Ok(Self::Ipv4(address)),
            Err(_) => text.parse().map(Self::Name),
        }
    }
}

impl HostName {
    /// Returns the name, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostName {
    type Err = ParseHostError;

    fn from_str(text: &str) -> Result<Self, ParseHostError> {
        let name = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() {
            return Err(ParseHostError::Empty);
        }
        if !text.is_ascii() {
            return Err(ParseHostError::NotAscii);
        }
        if name.len() > MAX_NAME_CHARACTERS {
            return Err(ParseHostError::TooLong);
        }
        name.split('.').try_for_each(check_label)?;
        let last = name.rsplit('.').next().unwrap_or(name);
        if is_number(last) {
            return Err(ParseHostError::Number);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns `true` if `value` is a value of the header `Host`: the host of a URI, which may be empty, perhaps
/// with a port (RFC 9110, section 7.2; RFC 3986, section 3.2). Most of what a URI allows is not a [`Host`].
#[must_use]
pub fn is_host_header(value: &[u8]) -> bool {
    let (host, port) = match value.strip_prefix(b"[") {
        Some(rest) => {
            let end = memchr(b']', rest);
            let Some((literal, [_, port @ ..])) = end.and_then(|end| rest.split_at_checked(end))
            else {
                return false;
            };
            if !is_literal(literal) {
                return false;
            }
            (&b""[..], port)
        }
        None => value.split_at(memchr(b':', value).unwrap_or(value.len())),
    };
    is_registered_name(host)
        && match port {
            [] => true,
            [first, digits @ ..] => *first == b':' && digits.iter().all(u8::is_ascii_digit),
        }
}

/// Returns `true` for what may be in the brackets of a URI's host: an IPv6 address, or an address of a later
/// version (`v1.x`).
fn is_literal(text: &[u8]) -> bool {
    match text {
        [b'v' | b'V', rest @ ..] => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit());
            let (version, address) = rest.split_at(digits.count());
            !version.is_empty()
                && matches!(address, [b'.', _, ..])
                && address
                    .iter()
                    .all(|byte| is_name_byte(*byte) || *byte == b':')
        }
        _ => str::from_utf8(text).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok()),
    }
}

/// Returns `true` for a `reg-name` of RFC 3986: any text of unreserved characters, sub-delimiters and
/// percent-encoded bytes.
fn is_registered_name(mut text: &[u8]) -> bool {
    while let [first, rest @ ..] = text {
        text = match (first, rest) {
            (b'%', [high, low, rest @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                rest
            }
            (byte, rest) if is_name_byte(*byte) => rest,
            _ => return false,
        };
    }
    true
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
        )
}

/// Returns `true` for a label that ends an IPv4 address in the forms that the C library and browsers accept.
fn is_number(label: &str) -> bool {
    let hexadecimal = label
        .strip_prefix("0x")
        .or_else(|| label.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

fn check_label(label: &str) -> Result<(), ParseHostError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if label.is_empty() {
        Err(ParseHostError::EmptyLabel)
    } else if !label.bytes().all(is_allowed) {
        Err(ParseHostError::Character)
    } else if label.len() > MAX_LABEL_CHARACTERS {
        Err(ParseHostError::LongLabel)
    } else if label.starts_with('-') || label.ends_with('-') {
        Err(ParseHostError::Hyphen)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
