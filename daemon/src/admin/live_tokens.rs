//! The tokens of `admin.http`, read again when their file changes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use super::tokens::{Tokens, TokensError};
use crate::error_chain::ErrorChain;
use crate::files::watch::{FileWatch, WatchedFiles};
use crate::regular_file::{self, ReadError};
use crate::settings;
use crate::sync::Mutex;
use crate::uri::shown_path;

/// The most bytes of the file.
const MAX_BYTES: usize = 1 << 20;

/// The tokens of the file that was accepted last.
#[derive(Debug)]
pub(crate) struct LiveTokens {
    path: PathBuf,
    tokens: Mutex<Arc<Tokens>>,
}

/// The reason why a file of tokens is refused. No message contains a digest.
#[derive(Debug, Error)]
pub(super) enum TokensFileError {
    /// The file was not read.
    #[error(transparent)]
    Unread(#[from] ReadError),
    /// The mode of the file, with these permission bits, lets another user add tokens.
    #[error("its mode {0:04o} lets users other than its owner change it; make it 0600 or 0644")]
    Writable(u32),
    /// The content is not a list of tokens.
    #[error(transparent)]
    Invalid(#[from] TokensError),
}

impl LiveTokens {
    /// Reads the file at `path`.
    ///
    /// # Errors
    ///
    /// [`TokensFileError`] if the file cannot be read, may be changed by others, or is not a list of
    /// tokens.
    pub(super) fn open(path: &Path) -> Result<Self, TokensFileError> {
        Ok(Self {
            path: path.to_owned(),
            tokens: Mutex::new(Arc::new(read(path)?)),
        })
    }

    /// Returns the accepted tokens.
    pub(super) fn live(&self) -> Arc<Tokens> {
        Arc::clone(&self.tokens.lock())
    }

    /// Watches the file, as long as it is polled. A file that is refused changes nothing.
    pub(crate) async fn follow(self: Arc<Self>, watch: settings::Watch) {
        let file = FileWatch::new(&self.path, MAX_BYTES, &watch);
        let mut files = WatchedFiles::new([file], watch.poll_interval);
        let mut refused = None;
        loop {
            let path = self.path.clone();
            match files.next(move || read(&path)).await {
                Ok(tokens) => {
                    let mut live = self.tokens.lock();
                    if **live != tokens {
                        tracing::info!(tokens = tokens.count(), "the tokens were read again");
                        *live = Arc::new(tokens);
                    }
                    refused = None;
                }
                Err(error) => {
                    let error = ErrorChain(&error).to_string();
                    if refused.as_ref() != Some(&error) {
                        tracing::warn!(
                            path = %shown_path(&self.path),
                            error,
                            "the file of tokens is refused; the previous tokens stay valid"
                        );
                    }
                    refused = Some(error);
                }
            }
        }
    }
}

fn read(path: &Path) -> Result<Tokens, TokensFileError> {
    let file = regular_file::read(path, MAX_BYTES)?;
    if file.mode & 0o022 != 0 {
        return Err(TokensFileError::Writable(file.mode & 0o7777));
    }
    Ok(Tokens::parse(&file.bytes)?)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use codeid_engine::ConfigDigest;

    use super::*;
    use crate::api::role::Role;

    #[test]
    fn a_file_that_others_may_change_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tokens");
        fs::write(&path, format!("a read {}", ConfigDigest::new(b"x"))).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        let error = LiveTokens::open(&path).unwrap_err().to_string();
        assert!(error.contains("its mode 0666"), "{error}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let tokens = LiveTokens::open(&path).unwrap();
        assert_eq!(tokens.live().find(b"x"), Some(("a", Role::Read)));
    }
}
