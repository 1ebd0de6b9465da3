//! The tokens of `admin.http`: who holds one, and what they may do.
//!
//! A line for each: a name, a role, and the SHA-256 of the token in hex. Empty lines, and those that
//! begin with `#`, are passed over.
//!
//! ```text
//! # printf %s "$TOKEN" | sha256sum
//! grafana  read     9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//! alice    operate  60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
//! ```

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use codeid_engine::ConfigDigest;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::caller::Role;
use crate::error_chain::ErrorChain;
use crate::files::regular_file;
use crate::files::watch::{FileWatch, WatchedFiles};
use crate::settings;
use crate::sync::Mutex;

/// The most bytes of the file.
const MAX_BYTES: usize = 1 << 20;

/// The most tokens: all of them are compared with what a request brings.
const MAX_TOKENS: usize = 1000;

/// The longest name, in characters.
const MAX_NAME_CHARACTERS: usize = 64;

/// The tokens, read again when their file changes.
#[derive(Debug)]
pub(crate) struct LiveTokens {
    path: PathBuf,
    current: Mutex<Arc<Vec<Token>>>,
}

/// One token.
#[derive(Clone, PartialEq, Eq)]
struct Token {
    name: String,
    role: Role,
    digest: [u8; 32],
}

/// Why the file is refused. Never with a part of a digest.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}: {why}", .path.display())]
pub(super) struct TokensError {
    path: PathBuf,
    why: String,
}

impl TokensError {
    /// Without the path.
    pub(super) fn why(&self) -> &str {
        &self.why
    }
}

impl LiveTokens {
    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// [`TokensError`] unless it holds tokens, one at least.
    pub(super) fn load(path: &Path) -> Result<Self, TokensError> {
        Ok(Self {
            path: path.to_owned(),
            current: Mutex::new(Arc::new(read(path)?)),
        })
    }

    /// Who holds `token`. Takes as long whichever of them it is like.
    pub(super) fn find(&self, token: &[u8]) -> Option<(String, Role)> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        let tokens = Arc::clone(&self.current());
        let mut found = None;
        for token in tokens.iter() {
            if verify_slices_are_equal(&token.digest, &digest).is_ok() {
                found = Some((token.name.clone(), token.role));
            }
        }
        found
    }

    /// Watches the file, for as long as it is polled. One that is refused changes nothing.
    pub(crate) async fn follow(self: Arc<Self>, watch: settings::Watch) {
        let file = FileWatch::new(&self.path, MAX_BYTES, &watch);
        let mut files = WatchedFiles::new([file], watch.poll_interval);
        let mut refused = None;
        loop {
            let path = self.path.clone();
            match files.next(move || read(&path)).await {
                Ok(tokens) => {
                    let mut current = self.current();
                    if **current != tokens {
                        tracing::info!(tokens = tokens.len(), "admin.tokens-path was read again");
                        *current = Arc::new(tokens);
                    }
                    refused = None;
                }
                Err(error) => {
                    if refused.as_ref() != Some(&error) {
                        tracing::warn!(%error, "the tokens before still hold, the new file is refused");
                    }
                    refused = Some(error);
                }
            }
        }
    }

    fn current(&self) -> MutexGuard<'_, Arc<Vec<Token>>> {
        self.current.lock()
    }
}

/// Without the digest, which could be tried to be reversed.
impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({}, {:?})", self.name, self.role)
    }
}

fn read(path: &Path) -> Result<Vec<Token>, TokensError> {
    let refuse = |why: String| TokensError {
        path: path.to_owned(),
        why,
    };
    let read = regular_file::read(path, MAX_BYTES);
    let file = read.map_err(|error| refuse(ErrorChain(&error).to_string()))?;
    if file.mode & 0o022 != 0 {
        let mode = file.mode & 0o7777;
        return Err(refuse(format!(
            "others than its owner may change it, its mode is {mode:04o}; make it 0600 or 0644"
        )));
    }
    let text = String::from_utf8(file.bytes).map_err(|_| refuse("it is not UTF-8".to_owned()))?;
    parse(&text).map_err(refuse)
}

fn parse(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut names = BTreeSet::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let token = parse_line(line).map_err(|why| format!("line {number}: {why}"))?;
        if !names.insert(token.name.clone()) {
            return Err(format!(
                "line {number}: the name {:?} is there twice",
                token.name
            ));
        }
        tokens.push(token);
    }
    match tokens.len() {
        0 => Err("it holds no token, so nobody could use admin.http".to_owned()),
        1..=MAX_TOKENS => Ok(tokens),
        many => Err(format!("it holds {many} tokens, {MAX_TOKENS} are allowed")),
    }
}

fn parse_line(line: &str) -> Result<Token, &'static str> {
    let mut words = line.split_whitespace();
    let (Some(name), Some(role), Some(digest), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err("it must be a name, a role and a digest, with spaces between");
    };
    let is_visible = name.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_visible || name.len() > MAX_NAME_CHARACTERS {
        return Err("the name must be 1 to 64 visible ASCII characters");
    }
    let role = match role {
        "read" => Role::Read,
        "operate" => Role::Operate,
        _ => return Err("the role must be read or operate"),
    };
    // It is written like the digest of a config.
    let digest: ConfigDigest = digest
        .parse()
        .map_err(|_| "the digest must be a SHA-256 in hex, 64 digits in lower case")?;
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
    fn a_token_tells_its_holder_and_role() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tokens");
        let [a, b] = ["secret-a", "secret-b"].map(digest);
        fs::write(
            &path,
            format!("# comment\n\n  grafana read {a}\nalice\toperate {b}\n"),
        )
        .unwrap();
        let tokens = LiveTokens::load(&path).unwrap();
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
    fn what_is_no_list_of_tokens_is_refused_with_its_line() {
        let digest = digest("x");
        for (text, expected) in [
            (String::new(), "it holds no token"),
            ("# nobody".to_owned(), "it holds no token"),
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
                "line 2: the name \"a\" is there twice",
            ),
        ] {
            let why = parse(&text).unwrap_err();
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
        let error = LiveTokens::load(&path).unwrap_err().to_string();
        assert!(error.contains("its mode is 0666"), "{error}");
    }
}
