//! The key that signs.

use std::fmt;
use std::path::Path;

use aws_lc_rs::digest::Digest;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::pem::SectionKind;
use thiserror::Error;

use super::content::SignedContent;
use super::header::SignatureHeader;
use super::pem::{self, KeyError, KeyFileError};
use crate::key_content::KeyKind;
use crate::settings::{KeyVersion, Secrets};

/// A private key, with the version by which the other party knows its public key.
pub struct SigningKey {
    key: RsaKeyPair,
    version: KeyVersion,
}

/// The cryptographic library did not sign, and gives no reason.
#[derive(Clone, Copy, Debug, Error)]
#[error("the request could not be signed")]
pub struct SigningError;

impl SigningKey {
    /// Reads the private key in the file at `path`, of at most 64 KiB: an RSA key of 2048 to 8192 bits, as
    /// the PEM of PKCS#8 or PKCS#1, not encrypted.
    ///
    /// # Errors
    ///
    /// [`KeyFileError`] if the file cannot be read, does not hold exactly one such key, or may be read or
    /// replaced by users whom `secrets` does not allow that.
    pub fn read(path: &Path, version: KeyVersion, secrets: &Secrets) -> Result<Self, KeyFileError> {
        pem::read_private(path, secrets)
            .and_then(|pem| Self::from_pem(&pem, version))
            .map_err(|error| KeyFileError::new(path, error))
    }

    /// Parses the key in `pem`, of the same form as in the files of [`Self::read`].
    ///
    /// # Errors
    ///
    /// [`KeyError`] unless there is exactly one such key.
    pub fn from_pem(pem: &[u8], version: KeyVersion) -> Result<Self, KeyError> {
        let (section, der) = pem::only_key(pem, KeyKind::Private)?;
        let key = match section {
            SectionKind::PrivateKey => RsaKeyPair::from_pkcs8(&der),
            _ => RsaKeyPair::from_der(&der),
        };
        let key =
            key.map_err(|rejected| KeyError::rejected(rejected, &section, &der, KeyKind::Private))?;
        Ok(Self { key, version })
    }

    /// Signs `content`, and returns the value of the `Signature` header. Takes about a millisecond
    /// for a key of 2048 bits.
    ///
    /// # Errors
    ///
    /// [`SigningError`], which does not depend on the content.
    pub fn sign(&self, content: &SignedContent<'_>) -> Result<String, SigningError> {
        let header = SignatureHeader {
            key_version: self.version,
            signature: self.sign_digest(&content.digest())?,
        };
        Ok(header.to_string())
    }

    /// Signs the message with this SHA-256.
    ///
    /// # Errors
    ///
    /// [`SigningError`] if the cryptography library refuses to sign with this key.
    pub(super) fn sign_digest(&self, digest: &Digest) -> Result<Vec<u8>, SigningError> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign_digest(&RSA_PKCS1_SHA256, digest, &mut signature)
            .map_err(|_| SigningError)?;
        Ok(signature)
    }
}

/// Shows the version only.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}
