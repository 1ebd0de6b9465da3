//! The keys that verify, and the proof that they did.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use aws_lc_rs::digest::Digest;
use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256};

use super::content::SignedContent;
use super::header::{SignatureError, SignatureHeader};
use super::pem::{self, KeyError, KeyFileError};
use crate::key_content::KeyKind;
use crate::settings::KeyVersion;

/// The public keys of another party, by version.
#[derive(Clone, Default)]
pub struct VerifyingKeys {
    keys: BTreeMap<KeyVersion, ParsedPublicKey>,
}

/// A body whose signature was verified.
///
/// Only [`VerifyingKeys::verify`] makes one, so that a function that takes it cannot be called with
/// anything else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifiedBody<'a>(&'a [u8]);

impl VerifyingKeys {
    /// Creates a collection without a key, which verifies nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the public key in the file at `path`, of at most 64 KiB: an RSA key of 2048 to 8192 bits, as
    /// the PEM of a SubjectPublicKeyInfo. It replaces a key of the same version.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`] if the file cannot be read, or does not hold exactly one such key.
    pub fn read(&mut self, version: KeyVersion, path: &Path) -> Result<(), KeyFileError> {
        pem::read_public(path)
            .and_then(|pem| self.add_pem(version, &pem))
            .map_err(|error| KeyFileError::new(path, error))
    }

    /// Adds the key in `pem`, of the same form as in the files of [`Self::read`]. It replaces a key of the
    /// same version.
    ///
    /// # Errors
    ///
    /// [`KeyError`] unless there is exactly one such key.
    pub fn add_pem(&mut self, version: KeyVersion, pem: &[u8]) -> Result<(), KeyError> {
        let (section, der) = pem::only_key(pem, KeyKind::Public)?;
        // `ParsedPublicKey` checks the size of a key only when it verifies.
        let key = PublicEncryptingKey::from_der(&der)
            .and_then(|_| ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der))
            .map_err(|rejected| KeyError::rejected(rejected, &section, &der, KeyKind::Public))?;
        self.keys.insert(version, key);
        Ok(())
    }

    /// Returns `true` if there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Verifies that `header`, the value of a `Signature` header, is a signature of `content` by the
    /// key that it names. Does not check how old the message is, nor whether it was seen before.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Mismatch`] if the key did not make the signature,
    /// [`SignatureError::UnknownKeyVersion`] if no key has its version, or an error of
    /// [`SignatureHeader::parse`].
    pub fn verify<'a>(
        &self,
        header: &[u8],
        content: &SignedContent<'a>,
    ) -> Result<VerifiedBody<'a>, SignatureError> {
        let header = SignatureHeader::parse(header)?;
        self.verify_digest(&header, &content.digest())?;
        Ok(VerifiedBody(content.body))
    }

    /// Verifies a signature of the message with this SHA-256.
    ///
    /// # Errors
    ///
    /// [`SignatureError`] if the key is not known, or the signature is not one of it.
    pub(super) fn verify_digest(
        &self,
        header: &SignatureHeader,
        digest: &Digest,
    ) -> Result<(), SignatureError> {
        let version = header.key_version;
        let key = self.keys.get(&version);
        key.ok_or(SignatureError::UnknownKeyVersion(version))?
            .verify_digest_sig(digest, &header.signature)
            .map_err(|_| SignatureError::Mismatch)
    }
}

impl<'a> VerifiedBody<'a> {
    /// Returns the bytes of the body.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

/// Shows the versions only.
impl fmt::Debug for VerifyingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKeys")
            .field("versions", &self.keys.keys())
            .finish_non_exhaustive()
    }
}

/// Shows only the length of the body.
impl fmt::Debug for VerifiedBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifiedBody({} bytes)", self.0.len())
    }
}
