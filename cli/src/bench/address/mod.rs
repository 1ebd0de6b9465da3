//! The addresses of servers and the paths of requests, as the command line gives them.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use codeid_daemon::host::{Host, ParseHostError};
use codeid_daemon::uri::shown_path;

/// The limit on a name, in characters; a longer one would distort tables and legends.
const MAX_NAME_CHARACTERS: usize = 40;

/// The address on which a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// `host:port`.
    Tcp(String),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

/// The value of an option that may begin with `NAME=`.
#[derive(Clone, Debug)]
pub(super) struct Named<T> {
    /// The name in front of `=`; `None` without one.
    pub(super) name: Option<String>,
    /// The rest of the value.
    pub(super) value: T,
}

/// The path of a request, with the query if one is given: it begins with `/` and is visible ASCII without `#`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestPath(String);

/// A URL of scheme `http`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HttpUrl {
    /// The host, with the port if one is given. An IPv6 address stands in brackets.
    pub(super) authority: String,
    /// The path with the query, in visible ASCII without `#`; empty if the URL ends after the authority.
    pub(super) path: String,
}

/// The reason why a text is not a value that may begin with `NAME=`, the rest of which is parsed with
/// errors of type `E`.
#[derive(Debug, thiserror::Error)]
pub(super) enum ParseNamedError<E> {
    /// The name is empty or has more than [`MAX_NAME_CHARACTERS`].
    #[error(
        "the name before = must have 1 to {MAX_NAME_CHARACTERS} characters but has {characters}"
    )]
    NameLength {
        /// The number of characters that the name has.
        characters: usize,
    },
    /// The name has this control character, which would spoil tables.
    #[error("the name before = must have no control characters but has {0:?}")]
    ControlInName(char),
    /// The rest of the text is empty.
    #[error("an address to connect to is missing")]
    NoAddress,
    /// The rest of the text is refused.
    #[error(transparent)]
    Value(E),
}

/// The reason why a text is neither an address to connect to nor a path.
#[derive(Debug, thiserror::Error)]
pub(super) enum ParseAddressError {
    /// The host is not valid. The message has the cause as well: clap shows no causes.
    #[error("invalid host: {0}")]
    Host(#[from] ParseHostError),
    /// This text after the host is not a port to connect to.
    #[error("the port must be a number from 1 to 65535, not {0:?}")]
    Port(String),
}

/// The reason why a text is not a URL of scheme `http`.
#[derive(Debug, thiserror::Error)]
pub(super) enum ParseUrlError {
    /// The text does not begin with `http://`.
    #[error("expected a URL that begins with http://; https is not supported")]
    Scheme,
    /// There is a user before the host.
    #[error("expected host or host:port after http://, without a user")]
    User,
    /// The host or the port is not valid.
    #[error(transparent)]
    Address(#[from] ParseAddressError),
    /// The path or the query is not one.
    #[error(transparent)]
    Path(#[from] ParsePathError),
}

/// The reason why a text is not the path of a request.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ParsePathError {
    /// The text does not begin with `/`.
    #[error("a path must begin with /")]
    Relative,
    /// The path or the query has this character, which is not allowed.
    #[error(
        "the path and query must be visible ASCII without # but have {0:?}; percent-encode other \
         characters"
    )]
    Character(char),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => f.write_str(address),
            Self::Unix(path) => write!(f, "{}", shown_path(path)),
        }
    }
}

impl RequestPath {
    /// Returns the text of the path.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Parses the path of a request.
///
/// # Errors
///
/// [`ParsePathError`] if the text does not begin with `/`, or has another character than visible ASCII, or `#`.
impl FromStr for RequestPath {
    type Err = ParsePathError;

    fn from_str(text: &str) -> Result<Self, ParsePathError> {
        if !text.starts_with('/') {
            return Err(ParsePathError::Relative);
        }
        check_path(text)?;
        Ok(Self(text.to_owned()))
    }
}

impl HttpUrl {
    /// Returns `true` if the URL names a path other than `/`.
    pub(super) fn has_path(&self) -> bool {
        !matches!(&*self.path, "" | "/")
    }

    /// Returns the host and the port to connect to; port 80 if the URL has none.
    pub(super) fn address(&self) -> Address {
        let has_port = self
            .authority
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        Address::Tcp(if has_port {
            self.authority.clone()
        } else {
            format!("{}:80", self.authority)
        })
    }
}

impl<T> FromStr for Named<T>
where
    T: FromStr,
{
    type Err = ParseNamedError<T::Err>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) if !name.contains(['/', ':', '?']) => (Some(name), value),
            _ => (None, text),
        };
        if let Some(name) = name {
            let characters = name.chars().count();
            if !(1..=MAX_NAME_CHARACTERS).contains(&characters) {
                return Err(ParseNamedError::NameLength { characters });
            }
            if let Some(control) = name.chars().find(|c| c.is_control()) {
                return Err(ParseNamedError::ControlInName(control));
            }
        }
        if value.is_empty() {
            return Err(ParseNamedError::NoAddress);
        }
        Ok(Self {
            name: name.map(str::to_owned),
            value: value.parse().map_err(ParseNamedError::Value)?,
        })
    }
}

/// Parses a path, unless the text has no `/` and ends in `:` and digits: then it is `host:port`.
impl FromStr for Address {
    type Err = ParseAddressError;

    fn from_str(text: &str) -> Result<Self, ParseAddressError> {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        match text.rsplit_once(':') {
            Some((host, port)) if !text.contains('/') && is_number(port) => {
                host.parse::<Host>()?;
                check_port(port)?;
                Ok(Self::Tcp(text.to_owned()))
            }
            _ => Ok(Self::Unix(PathBuf::from(text))),
        }
    }
}

impl FromStr for HttpUrl {
    type Err = ParseUrlError;

    fn from_str(text: &str) -> Result<Self, ParseUrlError> {
        let rest = text.strip_prefix("http://").ok_or(ParseUrlError::Scheme)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err(ParseUrlError::User);
        }
        check_authority(authority)?;
        check_path(path)?;
        Ok(Self {
            authority: authority.to_owned(),
            path: path.to_owned(),
        })
    }
}

/// Checks a host with or without a port.
fn check_authority(text: &str) -> Result<(), ParseAddressError> {
    let host = match text.rsplit_once(':') {
        // A colon before the bracket belongs to an IPv6 address.
        Some((host, port)) if !port.ends_with(']') => {
            check_port(port)?;
            host
        }
        _ => text,
    };
    host.parse::<Host>()?;
    Ok(())
}

/// Checks the characters of a path with its query.
fn check_path(text: &str) -> Result<(), ParsePathError> {
    let is_allowed = |c: &char| c.is_ascii_graphic() && *c != '#';
    match text.chars().find(|c| !is_allowed(c)) {
        Some(c) => Err(ParsePathError::Character(c)),
        None => Ok(()),
    }
}

fn check_port(text: &str) -> Result<(), ParseAddressError> {
    let has_digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(1..=u16::MAX) if has_digits_only => Ok(()),
        _ => Err(ParseAddressError::Port(text.to_owned())),
    }
}

#[cfg(test)]
mod tests;
