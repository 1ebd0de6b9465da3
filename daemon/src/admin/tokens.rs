//! The list of tokens that `admin.http` accepts.
//!
//! A line of the list is a name, a role, and the SHA-256 of the token in hexadecimal digits. Empty
//! lines, and lines that begin with `#`, are comments.
//!
//! ```text
//! # printf %s "$TOKEN" | sha256sum
//! grafana  metrics  9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//! alice    operate  60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use codeid_engine::ConfigDigest;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::api::role::Role;
use crate::count::counted;

/// The most tokens of a list: a request's token is compared with all of them.
const MAX_TOKENS: usize = 1000;

/// The most characters of a name.
const MAX_NAME_CHARACTERS: usize = 64;

/// The accepted tokens, at least one.
#[derive(Debug, PartialEq, Eq)]
pub struct Tokens(Vec<Token>);

#[derive(PartialEq, Eq)]
struct Token {
    name: String,
    role: Role,
    digest: [u8; 32],
}

/// A new token, and the line that admits its holder.
pub struct NewToken {
    token: String,
    line: String,
}

/// The reason why a token was not made.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum NewTokenError {
    /// A token cannot have the name.
    #[error(transparent)]
    Name(#[from] LineError),
    /// The system has no random numbers.
    #[error("the system has no random numbers")]
    Random,
}

/// The reason why a list of tokens is refused. No message contains a digest.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum TokensError {
    /// The list is not UTF-8.
    #[error("it is not UTF-8 from byte {0} on, counted from 0")]
    NotUtf8(usize),
    /// A line, counted from 1, is not a token.
    #[error("line {number}")]
    Line {
        /// The number of the line.
        number: usize,
        /// The fault.
        source: LineError,
    },
    /// The list has no token, so that `admin.http` would be useless.
    #[error("it has no token, but at least one is needed")]
    Empty,
    /// The list has this number of tokens.
    #[error("it has {0} tokens, but at most {MAX_TOKENS} are allowed")]
    TooMany(usize),
}

/// The reason why a line is not a token.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum LineError {
    /// The line has this number of words, and not three.
    #[error(
        "a token must have a name, a role and a digest, separated by spaces, not {}",
        counted(*.0, "word")
    )]
    WordCount(usize),
    /// The name is too long or not visible ASCII, or begins with `#`.
    #[error(
        "the name has {}; it must have 1 to {MAX_NAME_CHARACTERS} visible ASCII characters, and must not \
         begin with #",
        counted(*characters, "character")
    )]
    Name {
        /// The number of its characters.
        characters: usize,
    },
    /// An earlier line has the same name.
    #[error("the name {0:?} occurs twice")]
    DuplicateName(String),
    /// An earlier line has the same digest, and could have another name or role.
    #[error("the digest is that of line {first}; each name needs a token of its own")]
    DuplicateToken {
        /// The number of the earlier line.
        first: usize,
    },
    /// The role is unknown. The message does not quote it: it may be a token in the wrong column.
    #[error("the role must be metrics, read or operate")]
    Role,
    /// The digest is malformed.
    #[error("the digest must be a SHA-256 of 64 hexadecimal digits in lower case")]
    Digest,
}

impl Tokens {
    /// Parses a list.
    ///
    /// # Errors
    ///
    /// [`TokensError`] if the list is not UTF-8, for the first line that is not a token or repeats
    /// an earlier one, or if the list has no token or too many.
    pub fn parse(bytes: &[u8]) -> Result<Self, TokensError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|error| TokensError::NotUtf8(error.valid_up_to()))?;
        let mut tokens = Vec::new();
        let mut names = BTreeSet::new();
        let mut line_of_digest = BTreeMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let refuse = |source| TokensError::Line { number, source };
            let token = Token::parse(line).map_err(refuse)?;
            if !names.insert(token.name.clone()) {
                return Err(refuse(LineError::DuplicateName(token.name)));
            }
            if let Some(first) = line_of_digest.insert(token.digest, number) {
                return Err(refuse(LineError::DuplicateToken { first }));
            }
            tokens.push(token);
        }
        match tokens.len() {
            0 => Err(TokensError::Empty),
            1..=MAX_TOKENS => Ok(Self(tokens)),
            count => Err(TokensError::TooMany(count)),
        }
    }

    /// Returns the name and the role of `token`, if it is in the list. The time is proportional to the
    /// length of the list, and does not depend on which of the tokens it resembles.
    #[must_use]
    pub fn find(&self, token: &[u8]) -> Option<(&str, Role)> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        let mut found = None;
        for token in &self.0 {
            if verify_slices_are_equal(&token.digest, &digest).is_ok() {
                found = Some((token.name.as_str(), token.role));
            }
        }
        found
    }

    /// Returns the number of tokens.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.0.len()
    }
}

impl NewToken {
    /// Makes a token of 256 random bits in 64 characters, for the holder `name` with the role `role`.
    ///
    /// # Errors
    ///
    /// [`NewTokenError`] if a token cannot have the name, or the system has no random numbers.
    pub fn generate(name: &str, role: Role) -> Result<Self, NewTokenError> {
        require_name(name)?;
        let mut random = [0; 32];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| NewTokenError::Random)?;
        // A digest of random bits is as random, and has a notation.
        let token = ConfigDigest::new(&random).to_string();
        let digest = ConfigDigest::new(token.as_bytes());
        Ok(Self {
            line: format!("{name} {role} {digest}"),
            token,
        })
    }

    /// Returns the token, as its holder sends it.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Returns the line for the list of tokens, without a line feed.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }
}

/// Hides the token.
impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewToken").finish_non_exhaustive()
    }
}

impl Token {
    fn parse(line: &str) -> Result<Self, LineError> {
        let mut words = line.split_whitespace();
        let (Some(name), Some(role), Some(digest), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(LineError::WordCount(line.split_whitespace().count()));
        };
        require_name(name)?;
        let role = Role::OF_TOKENS
            .into_iter()
            .find(|known| known.name() == role)
            .ok_or(LineError::Role)?;
        // The notation of a config's digest.
        let digest: ConfigDigest = digest.parse().map_err(|_| LineError::Digest)?;
        Ok(Self {
            name: name.to_owned(),
            role,
            digest: *digest.as_bytes(),
        })
    }
}

/// Requires that a token may have this name.
fn require_name(name: &str) -> Result<(), LineError> {
    let is_visible = name.bytes().all(|byte| byte.is_ascii_graphic());
    let has_length = (1..=MAX_NAME_CHARACTERS).contains(&name.len());
    match is_visible && has_length && !name.starts_with('#') {
        true => Ok(()),
        false => Err(LineError::Name {
            characters: name.chars().count(),
        }),
    }
}

/// Leaves the digest out, because a weak token could be guessed from it.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}, {:?})", self.name, self.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_chain::ErrorChain;

    fn digest(token: &str) -> String {
        ConfigDigest::new(token.as_bytes()).to_string()
    }

    #[test]
    fn a_token_has_a_name_and_a_role() {
        let [a, b, c] = ["secret-a", "secret-b", "secret-c"].map(digest);
        let list =
            format!("# comment\n\n  bob read {a}\nalice\toperate {b}\ngrafana metrics {c}\n");
        let tokens = Tokens::parse(list.as_bytes()).unwrap();
        assert_eq!(tokens.find(b"secret-a"), Some(("bob", Role::Read)));
        assert_eq!(tokens.find(b"secret-c"), Some(("grafana", Role::Metrics)));
        assert_eq!(tokens.find(b"secret-b"), Some(("alice", Role::Operate)));
        for other in ["", "secret-", "secret-aa", &a] {
            assert_eq!(tokens.find(other.as_bytes()), None, "{other}");
        }
        assert!(!format!("{tokens:?}").contains(&a));
    }

    #[test]
    fn an_invalid_list_is_refused_with_the_number_of_the_line() {
        let digest = digest("x");
        for (text, expected) in [
            (String::new(), "it has no token"),
            ("# comment".to_owned(), "it has no token"),
            ("a read".to_owned(), "line 1: a token must have"),
            (
                "a".to_owned(),
                "line 1: a token must have a name, a role and a digest, separated by spaces, not 1 word",
            ),
            (format!("\na read {digest} x"), "line 2: a token must have"),
            (
                format!("a write {digest}"),
                "line 1: the role must be metrics, read or operate",
            ),
            (
                format!("a anonymous {digest}"),
                "line 1: the role must be metrics, read or operate",
            ),
            (
                format!("a read {}", &digest[1..]),
                "line 1: the digest must be",
            ),
            (
                format!("a read {}", digest.to_uppercase()),
                "line 1: the digest must be",
            ),
            (
                format!("ü read {digest}"),
                "line 1: the name has 1 character; it must have",
            ),
            (
                format!("a read {digest}\na read {digest}"),
                "line 2: the name \"a\" occurs twice",
            ),
            (
                format!("a read {digest}\n\nb operate {digest}"),
                "line 3: the digest is that of line 1",
            ),
        ] {
            let error = Tokens::parse(text.as_bytes()).unwrap_err();
            let error = ErrorChain(&error).to_string();
            assert!(error.starts_with(expected), "{text:?}: {error}");
            assert!(!error.contains(&digest), "{error}");
        }
        assert_eq!(Tokens::parse(b"a\xff"), Err(TokensError::NotUtf8(1)));
    }

    #[test]
    fn a_new_token_is_found_by_its_line() {
        for role in Role::OF_TOKENS {
            let new = NewToken::generate("alice", role).unwrap();
            let other = NewToken::generate("alice", role).unwrap();
            let tokens = Tokens::parse(new.line().as_bytes()).unwrap();
            assert_eq!(tokens.find(new.token().as_bytes()), Some(("alice", role)));
            assert_eq!(tokens.find(other.token().as_bytes()), None);
            assert!(!format!("{new:?}").contains(new.token()));
        }
        for name in ["", "#alice", "a b", "é", &"a".repeat(65)] {
            let refused = NewToken::generate(name, Role::Read).unwrap_err();
            let characters = name.chars().count();
            let expected = NewTokenError::Name(LineError::Name { characters });
            assert_eq!(refused, expected, "{name}");
        }
    }

    #[test]
    fn a_list_has_at_most_a_thousand_tokens() {
        let list = |count| -> String {
            let lines = (0..count).map(|n| format!("t{n} read {}\n", digest(&n.to_string())));
            lines.collect()
        };
        assert_eq!(Tokens::parse(list(1000).as_bytes()).unwrap().count(), 1000);
        let error = Tokens::parse(list(1001).as_bytes()).unwrap_err();
        assert_eq!(error, TokensError::TooMany(1001));
    }
}
