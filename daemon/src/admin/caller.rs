//! Who asks, and what they may do.

use std::fmt;

use hyper::HeaderMap;
use hyper::header::AUTHORIZATION;

use super::live_tokens::LiveTokens;
use super::role::Role;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// A process of this machine that could open the Unix socket: that makes it the operator.
    Process { uid: u32 },
    /// The holder of a token.
    Token { name: String, role: Role },
    /// Somebody over TCP with no token, or with one that is not known.
    Unknown { gave_one: bool },
}

impl Caller {
    /// Who sent a request over TCP.
    pub(super) fn of_request(headers: &HeaderMap, tokens: &LiveTokens) -> Self {
        let given = headers.get(AUTHORIZATION);
        let token = given.and_then(|value| bearer(value.as_bytes()));
        match token.and_then(|token| tokens.find(token)) {
            Some((name, role)) => Self::Token { name, role },
            None => Self::Unknown {
                gave_one: given.is_some(),
            },
        }
    }

    pub(super) const fn role(&self) -> Role {
        match self {
            Self::Process { .. } => Role::Operate,
            Self::Token { role, .. } => *role,
            Self::Unknown { .. } => Role::Nobody,
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process { uid } => write!(f, "uid {uid}"),
            Self::Token { name, .. } => write!(f, "token {name}"),
            Self::Unknown { .. } => f.write_str("unknown"),
        }
    }
}

/// The token of an `Authorization` header; the scheme's case does not matter.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_token_is_what_follows_the_scheme() {
        assert_eq!(bearer(b"Bearer abc"), Some(&b"abc"[..]));
        assert_eq!(bearer(b"bearer   a b "), Some(&b"a b"[..]));
        for other in [&b"Basic abc"[..], b"Bearer", b"", b"abc"] {
            assert_eq!(bearer(other), None);
        }
    }
}
