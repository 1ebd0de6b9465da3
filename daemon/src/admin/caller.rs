//! The callers of the admin plane.

use std::fmt;
use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

use super::tokens::Tokens;
use crate::api::role::Role;

/// A client of the admin plane, by the credentials that it showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// A process of this machine that could open the Unix socket, which makes it an operator.
    Process {
        /// The user ID of the process.
        uid: u32,
    },
    /// The holder of a token.
    Token {
        /// The name of the token in the file of the tokens.
        name: String,
        /// The role that the file gives it.
        role: Role,
    },
    /// A client over TCP without a known token.
    Unknown {
        /// The address of its machine.
        peer: IpAddr,
        /// `true` if it sent an `Authorization` header.
        had_credentials: bool,
    },
}

impl Caller {
    /// Identifies the sender of a request over TCP, from the machine `peer`.
    pub(super) fn from_headers(headers: &HeaderMap, tokens: &Tokens, peer: IpAddr) -> Self {
        let credentials = headers.get(AUTHORIZATION);
        let token = credentials.and_then(|value| bearer_token(value.as_bytes()));
        match token.and_then(|token| tokens.find(token)) {
            Some((name, role)) => Self::Token {
                name: name.to_owned(),
                role,
            },
            None => Self::Unknown {
                peer: peer.to_canonical(),
                had_credentials: credentials.is_some(),
            },
        }
    }

    /// Returns `true` for a caller with a known token, and for a process.
    pub(super) const fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown { .. })
    }

    /// Returns what the caller may do.
    pub(super) const fn role(&self) -> Role {
        match self {
            Self::Process { .. } => Role::Operate,
            Self::Token { role, .. } => *role,
            Self::Unknown { .. } => Role::Anonymous,
        }
    }
}

/// Displays as the audit log names the caller: `uid 1000`, `token alice` or `unknown 192.0.2.1`.
impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process { uid } => write!(f, "uid {uid}"),
            Self::Token { name, .. } => write!(f, "token {name}"),
            Self::Unknown { peer, .. } => write!(f, "unknown {peer}"),
        }
    }
}

/// Returns the token of an `Authorization` header. The case of the scheme is ignored.
fn bearer_token(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_the_rest_of_the_header() {
        assert_eq!(bearer_token(b"Bearer abc"), Some(&b"abc"[..]));
        assert_eq!(bearer_token(b"bearer   a b "), Some(&b"a b"[..]));
        for other in [&b"Basic abc"[..], b"Bearer", b"", b"abc"] {
            assert_eq!(bearer_token(other), None);
        }
    }
}
