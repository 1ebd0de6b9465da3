//! The tokens of `admin.http`: their holders' names and roles.
//!
//! The file has a line for each token: a name, a role, and the SHA-256 of the token in hex. Empty
//! lines and lines that begin with `#` are ignored.
//!
//! ```text
//! # printf %s "$TOKEN" | sha256sum
//! grafana  read     9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//! alice    operate  60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
//! ```

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use codeid_engine::ConfigDigest;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::api::role::Role;
use crate::error_chain::ErrorChain;
use crate::files::regular_file::{self, ReadError};
use crate::files::watch::{FileWatch, WatchedFiles};
use crate::settings;
use crate::sync::Mutex;

/// The most bytes of the file.
const MAX_BYTES: usize = 1 << 20;

/// The most tokens: a request is compared with all of them.
const MAX_TOKENS: usize = 1000;

/// The longest name, in characters.
const MAX_NAME_CHARACTERS: usize = 64;

/// The tokens, which are read again when their file changes.
#[derive(Debug)]
pub(crate) struct LiveTokens {
    path: PathBuf,
    live: Mutex<Arc<Vec<Token>>>,
}

#[derive(Clone, PartialEq, Eq)]
struct Token {
    name: String,
    role: Role,
    digest: [u8; 32],
}

/// The reason why a file of tokens is refused. No message contains a part of a digest.
#[derive(Debug, Error)]
pub(super) enum TokensError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("its mode {0:04o} lets other users change it; make it 0600 or 0644")]
    Writable(u32),
    #[error("it is not UTF-8")]
    NotUtf8,
    #[error("it holds no token, so admin.http could not be used")]
    Empty,
    #[error("it holds {0} tokens, more than {MAX_TOKENS}")]
    TooMany(usize),
    #[error("line {0}: the name {1:?} occurs twice")]
    DuplicateName(usize, String),
    #[error("line {0}")]
    Line(usize, #[source] LineError),
}

/// The reason why a line of the file is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum LineError {
    #[error("it must be a name, a role and a digest, separated by spaces")]
    Fields,
    #[error("the name must be 1 to {MAX_NAME_CHARACTERS} visible ASCII characters")]
    Name,
    #[error("the role must be read or operate")]
    Role,
    #[error("the digest must be a SHA-256 in hex, 64 digits in lower case")]
    Digest,
}

impl LiveTokens {
    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// [`TokensError`] unless the file holds at least one token.
    pub(super) fn open(path: &Path) -> Result<Self, TokensError> {
        Ok(Self {
            path: path.to_owned(),
            live: Mutex::new(Arc::new(read(path)?)),
        })
    }

    /// Returns the holder of `token` and its role. The time that this takes does not depend on the
    /// tokens in the file.
    pub(super) fn find(&self, token: &[u8]) -> Option<(String, Role)> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        let tokens = Arc::clone(&self.live.lock());
        let mut found = None;
        for token in tokens.iter() {
            if verify_slices_are_equal(&token.digest, &digest).is_ok() {
                found = Some((token.name.clone(), token.role));
            }
        }
        found
    }

    /// Watches the file for as long as the future is polled. A file that is refused changes nothing.
    pub(crate) async fn follow(self: Arc<Self>, watch: settings::Watch) {
        let file = FileWatch::new(&self.path, MAX_BYTES, &watch);
        let mut files = WatchedFiles::new([file], watch.poll_interval);
        let mut logged = None;
        loop {
            let path = self.path.clone();
            match files.next(move || read(&path)).await {
                Ok(tokens) => {
                    let mut live = self.live.lock();
                    if **live != tokens {
                        tracing::info!(tokens = tokens.len(), "the tokens were read again");
                        *live = Arc::new(tokens);
                    }
                    logged = None;
                }
                Err(error) => {
                    let why = ErrorChain(&error).to_string();
                    if logged.as_ref() != Some(&why) {
                        let path = self.path.display();
                        tracing::warn!(%path, why, "the file of tokens is refused, and the tokens before stay valid");
                    }
                    logged = Some(why);
                }
            }
        }
    }
}

/// Leaves the digest out: a weak token could be guessed from it.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({}, {:?})", self.name, self.role)
    }
}

fn read(path: &Path) -> Result<Vec<Token>, TokensError> {
    let file = regular_file::read(path, MAX_BYTES)?;
    if file.mode & 0o022 != 0 {
        return Err(TokensError::Writable(file.mode & 0o7777));
    }
    let text = String::from_utf8(file.bytes).map_err(|_| TokensError::NotUtf8)?;
    parse(&text)
}

fn parse(text: &str) -> Result<Vec<Token>, TokensError> {
    let mut tokens = Vec::new();
    let mut names = BTreeSet::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let token = parse_line(line).map_err(|error| TokensError::Line(number, error))?;
        if !names.insert(token.name.clone()) {
            return Err(TokensError::DuplicateName(number, token.name));
        }
        tokens.push(token);
    }
    match tokens.len() {
        0 => Err(TokensError::Empty),
        1..=MAX_TOKENS => Ok(tokens),
        count => Err(TokensError::TooMany(count)),
    }
}

fn parse_line(line: &str) -> Result<Token, LineError> {
    let mut words = line.split_whitespace();
    let (Some(name), Some(role), Some(digest), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(LineError::Fields);
    };
    let is_visible = name.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_visible || name.len() > MAX_NAME_CHARACTERS {
        return Err(LineError::Name);
    }
    let role = match role {
        "read" => Role::Read,
        "operate" => Role::Operate,
        _ => return Err(LineError::Role),
    };
    // A token's digest is written like a config's.
    let digest: ConfigDigest = digest.parse().map_err(|_| LineError::Digest)?;
    Ok(Token {
        name: name.to_owned(),
        role,
        digest: *digest.as_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn digest(token: &str) -> String {
        ConfigDigest::new(token.as_bytes()).to_string()
    }

    #[test]
    fn a_token_has_a_holder_and_a_role() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tokens");
        let [a, b] = ["secret-a", "secret-b"].map(digest);
        fs::write(
            &path,
            format!("# comment\n\n  grafana read {a}\nalice\toperate {b}\n"),
        )
        .unwrap();
        let tokens = LiveTokens::open(&path).unwrap();
        assert_eq!(
            tokens.find(b"secret-a"),
            Some(("grafana".to_owned(), Role::Read))
        );
        assert_eq!(
            tokens.find(b"secret-b"),
            Some(("alice".to_owned(), Role::Operate))
        );
        for wrong in ["", "secret-", "secret-aa", &a] {
            assert_eq!(tokens.find(wrong.as_bytes()), None, "{wrong}");
        }
        assert!(!format!("{tokens:?}").contains(&a));
    }

    #[test]
    fn a_file_that_is_not_a_list_of_tokens_is_refused_with_the_line() {
        let digest = digest("x");
        for (text, expected) in [
            (String::new(), "it holds no token"),
            ("# no token".to_owned(), "it holds no token"),
            ("a read".to_owned(), "line 1: it must be"),
            (format!("\na read {digest} x"), "line 2: it must be"),
            (format!("a write {digest}"), "line 1: the role must be"),
            (
                format!("a read {}", &digest[1..]),
                "line 1: the digest must be",
            ),
            (
                format!("a read {}", digest.to_uppercase()),
                "line 1: the digest must be",
            ),
            (format!("ü read {digest}"), "line 1: the name must be"),
            (
                format!("a read {digest}\na read {digest}"),
                "line 2: the name \"a\" occurs twice",
            ),
        ] {
            let error = parse(&text).unwrap_err();
            let why = ErrorChain(&error).to_string();
            assert!(why.starts_with(expected), "{text:?}: {why}");
            assert!(!why.contains(&digest), "{why}");
        }
    }

    #[test]
    fn a_file_that_others_may_change_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tokens");
        fs::write(&path, format!("a read {}", digest("x"))).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        let error = LiveTokens::open(&path).unwrap_err().to_string();
        assert!(error.contains("its mode 0666"), "{error}");
    }
}
