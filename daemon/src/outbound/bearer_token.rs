//! The bearer token of `remote.bearer-token-path`.

use std::path::PathBuf;

use hyper::header::HeaderValue;
use thiserror::Error;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use crate::files::secret_file::{self, SecretFileError};
use crate::settings::{Remote, Secrets};

/// The most bytes of a file with a bearer token.
const MAX_TOKEN_BYTES: usize = 16 << 10;

/// The file of a bearer token.
#[derive(Clone, Debug)]
pub(super) struct BearerTokenFile {
    /// The path of the file.
    pub(super) path: PathBuf,
    /// The access to the file.
    pub(super) secrets: Secrets,
}

/// The reason why the token in a file cannot be sent. No message contains a part of the token.
#[derive(Debug, Error)]
pub(crate) enum TokenError {
    /// The file was not read.
    #[error(transparent)]
    Unread(#[from] SecretFileError),
    /// The thread that read the file met an internal fault.
    #[error("reading it panicked")]
    Panicked,
    /// The file has white space alone.
    #[error("it is empty")]
    Empty,
    /// The content cannot be the value of a header.
    #[error("it contains something other than visible ASCII characters")]
    NotVisibleAscii,
}

/// Checks that the token of `remote.bearer-token-path` can be sent; `None` without that setting.
pub(crate) async fn rehearse(settings: &Remote) -> Option<Result<(), TokenError>> {
    let file = BearerTokenFile::of(settings)?;
    Some(file.authorization().await.map(drop))
}

impl BearerTokenFile {
    /// Returns the file that the settings name; `None` if they name none.
    pub(super) fn of(settings: &Remote) -> Option<Self> {
        let path = settings.bearer_token_path.clone()?;
        let secrets = settings.secrets.clone();
        Some(Self { path, secrets })
    }

    /// Returns the value of the `Authorization` header that carries the token in the file.
    ///
    /// The file is read for each request, so that the token can be replaced while the daemon runs.
    ///
    /// # Errors
    ///
    /// [`TokenError`] unless the file holds one token of visible ASCII characters, and only those have
    /// access to it who may.
    pub(super) async fn authorization(&self) -> Result<HeaderValue, TokenError> {
        let Self { path, secrets } = self.clone();
        let read =
            spawn_blocking(move || secret_file::read(&path, MAX_TOKEN_BYTES, &secrets)).await;
        let bytes = read.map_err(|_| TokenError::Panicked)??;
        let token = bytes.trim_ascii();
        if token.is_empty() {
            return Err(TokenError::Empty);
        }
        if !token.iter().all(u8::is_ascii_graphic) {
            return Err(TokenError::NotVisibleAscii);
        }
        // The copy in the header belongs to hyper, which does not wipe it.
        let value = Zeroizing::new([b"Bearer ", token].concat());
        let mut value = HeaderValue::from_bytes(&value).map_err(|_| TokenError::NotVisibleAscii)?;
        value.set_sensitive(true);
        Ok(value)
    }
}
