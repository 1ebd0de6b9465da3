//! The key under which code values and openIds are hashed.

use std::fmt;

use aws_lc_rs::hmac;
use thiserror::Error;

use crate::files::secret_file::{self, SecretFileError};
use crate::settings::HashKeyFile;

/// The fewest and the most bytes of a key. HMAC-SHA-256 has no use for more than 64, and fewer than 32 would
/// be weaker than the hash.
const KEY_BYTES: (usize, usize) = (32, 1024);

/// The number of bytes of a hash that are shown: enough that no two values of a log have the same.
pub(super) const HASH_BYTES: usize = 16;

/// The beginning of an HMAC.
pub(super) type Hash = [u8; HASH_BYTES];

/// The key of `decision-log.hash-key-path`.
#[derive(Clone)]
pub(super) struct HashKey(hmac::Key);

/// A kind of value, each of which has hashes of its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hashed {
    /// A code value.
    CodeValue,
    /// An openId.
    OpenId,
}

/// The reason why a file has no key. No message contains a part of it.
#[derive(Debug, Error)]
pub(super) enum HashKeyError {
    /// The file was not read.
    #[error(transparent)]
    Unread(#[from] SecretFileError),
    /// The key is too short.
    #[error(
        "the key has {0} bytes, but must have at least {least}; `openssl rand -hex 32` makes one",
        least = KEY_BYTES.0
    )]
    TooShort(usize),
}

impl HashKey {
    /// Reads the key in a file. White space around it does not count.
    ///
    /// # Errors
    ///
    /// [`HashKeyError`] unless the file holds a key, and only those have access to it who may.
    pub(super) fn read(file: &HashKeyFile) -> Result<Self, HashKeyError> {
        let bytes = secret_file::read(&file.path, KEY_BYTES.1, &file.secrets)?;
        Self::new(bytes.trim_ascii())
    }

    pub(super) fn new(key: &[u8]) -> Result<Self, HashKeyError> {
        match key.len() < KEY_BYTES.0 {
            true => Err(HashKeyError::TooShort(key.len())),
            false => Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, key))),
        }
    }

    /// Returns the hash of a value.
    pub(super) fn hash(&self, kind: Hashed, value: &str) -> Hash {
        let mut context = hmac::Context::with_key(&self.0);
        // Otherwise a code value that is an openId would have its hash.
        context.update(match kind {
            Hashed::CodeValue => b"codeValue:",
            Hashed::OpenId => b"openId:",
        });
        context.update(value.as_bytes());
        let tag = context.sign();
        tag.as_ref().first_chunk().copied().unwrap_or_default()
    }
}

/// Shows nothing of the key.
impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";

    #[test]
    fn a_hash_is_the_beginning_of_hmac_sha_256_of_the_kind_and_the_value() {
        let key = HashKey::new(KEY).unwrap();
        // printf openId:user-42 | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
        for (kind, value, expected) in [
            (Hashed::OpenId, "user-42", OPEN_ID),
            (Hashed::CodeValue, "user-42", CODE_VALUE),
        ] {
            let hash = u128::from_be_bytes(key.hash(kind, value));
            assert_eq!(format!("{hash:032x}"), expected);
        }
    }

    const OPEN_ID: &str = "7c563f942d2f93c4a779b828d3ec9ada";
    const CODE_VALUE: &str = "3505d1ef1387ec6ac99893cb57bc1c32";

    #[test]
    fn a_key_of_less_than_32_bytes_is_refused() {
        let error = HashKey::new(&KEY[1..]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the key has 31 bytes, but must have at least 32; `openssl rand -hex 32` makes one"
        );
    }
}
