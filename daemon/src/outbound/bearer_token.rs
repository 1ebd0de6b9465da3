//! The bearer token of `remote.bearer-token-path`.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use hyper::header::HeaderValue;
use thiserror::Error;
use tokio::task::spawn_blocking;

/// The most bytes of a file with a bearer token.
const MAX_TOKEN_BYTES: u64 = 16 << 10;

/// The reason why the token in a file cannot be sent. No message contains a part of the token.
#[derive(Debug, Error)]
pub(crate) enum TokenError {
    #[error("cannot read it")]
    Unreadable(#[source] io::Error),
    #[error("reading it panicked")]
    Panicked,
    #[error("it is longer than {MAX_TOKEN_BYTES} bytes")]
    TooLong,
    #[error("it is empty")]
    Empty,
    #[error("it contains something other than visible ASCII characters")]
    NotVisibleAscii,
}

/// Returns the value of the `Authorization` header that carries the token in the file at `path`.
///
/// The file is read for each request, so that the token can be replaced while the daemon runs.
///
/// # Errors
///
/// [`TokenError`] unless the file holds one token of visible ASCII characters.
pub(super) async fn authorization(path: PathBuf) -> Result<HeaderValue, TokenError> {
    let read = spawn_blocking(move || read(&path)).await;
    let bytes = read
        .map_err(|_| TokenError::Panicked)?
        .map_err(TokenError::Unreadable)?;
    if bytes.len() as u64 > MAX_TOKEN_BYTES {
        return Err(TokenError::TooLong);
    }
    let token = bytes.trim_ascii();
    if token.is_empty() {
        return Err(TokenError::Empty);
    }
    if !token.iter().all(u8::is_ascii_graphic) {
        return Err(TokenError::NotVisibleAscii);
    }
    let mut value = HeaderValue::from_bytes(&[b"Bearer ", token].concat())
        .map_err(|_| TokenError::NotVisibleAscii)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Reads up to one byte more than the limit, which shows that the file is longer.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_TOKEN_BYTES + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
