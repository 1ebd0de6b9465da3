//! Keys that sign and keys that verify.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use aws_lc_rs::error::KeyRejected;
use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use rustls::pki_types::pem::SectionKind;
use thiserror::Error;

use super::content::SignedContent;
use super::header::{SignatureError, SignatureHeader};
use super::pem::{self, KeyError};
use crate::settings::KeyVersion;

/// A private key, with the version that others know it by.
pub struct SigningKey {
    key: RsaKeyPair,
    version: KeyVersion,
}

/// The public keys of another party, by version.
#[derive(Clone, Default)]
pub struct VerifyingKeys {
    keys: BTreeMap<KeyVersion, ParsedPublicKey>,
}

/// The cryptographic library did not sign, for a reason that it does not tell.
#[derive(Clone, Copy, Debug, Error)]
#[error("the request could not be signed")]
pub struct SigningFailed;

impl SigningKey {
    /// Reads the private key in the file at `path`: RSA, 2048 to 8192 bits, PEM of PKCS#8 or
    /// PKCS#1, not encrypted.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the file holds no such key, or others than its owner have any permission.
    pub fn read(path: &Path, version: KeyVersion) -> Result<Self, KeyError> {
        let pem = pem::read_private(path)?;
        Self::from_pem(&pem, version).map_err(|why| KeyError::new(path, why))
    }

    /// The key in `pem`, as [`Self::read`] takes it.
    ///
    /// # Errors
    ///
    /// What is wrong, without any of the content.
    pub fn from_pem(pem: &[u8], version: KeyVersion) -> Result<Self, String> {
        let kinds = [SectionKind::PrivateKey, SectionKind::RsaPrivateKey];
        let wanted = "private key in PEM (BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY)";
        let (kind, der) = pem::only_section(pem, &kinds, wanted)?;
        let key = match kind {
            SectionKind::PrivateKey => RsaKeyPair::from_pkcs8(&der),
            _ => RsaKeyPair::from_der(&der),
        };
        let key = key.map_err(|rejected| describe(rejected, "private"))?;
        Ok(Self { key, version })
    }

    /// Signs, and tells the value of the `Signature` header. Takes about a millisecond for a key of
    /// 2048 bits.
    ///
    /// # Errors
    ///
    /// [`SigningFailed`], which nothing that is signed can bring about.
    pub fn sign(&self, content: &SignedContent<'_>) -> Result<String, SigningFailed> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign_digest(&RSA_PKCS1_SHA256, &content.digest(), &mut signature)
            .map_err(|_| SigningFailed)?;
        let header = SignatureHeader {
            key_version: self.version,
            signature,
        };
        Ok(header.to_string())
    }
}

impl VerifyingKeys {
    /// No keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the public key in the file at `path`: RSA, 2048 to 8192 bits, PEM of a
    /// SubjectPublicKeyInfo. It replaces one of the same version.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the file holds no such key.
    pub fn read(&mut self, version: KeyVersion, path: &Path) -> Result<(), KeyError> {
        let pem = pem::read_public(path)?;
        self.add_pem(version, &pem)
            .map_err(|why| KeyError::new(path, why))
    }

    /// Adds the key in `pem`, as [`Self::read`] does.
    ///
    /// # Errors
    ///
    /// What is wrong, without any of the content.
    pub fn add_pem(&mut self, version: KeyVersion, pem: &[u8]) -> Result<(), String> {
        let wanted = "public key in PEM (BEGIN PUBLIC KEY)";
        let (_, der) = pem::only_section(pem, &[SectionKind::PublicKey], wanted)?;
        // The other type looks at the size of a key only when it verifies.
        let key = PublicEncryptingKey::from_der(&der)
            .and_then(|_| ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &der))
            .map_err(|rejected| describe(rejected, "public"))?;
        self.keys.insert(version, key);
        Ok(())
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Checks that `header`, the value of a `Signature` header, is a signature of `content` by the
    /// key that it names.
    ///
    /// # Errors
    ///
    /// [`SignatureError`] if it is not.
    pub fn verify(&self, header: &[u8], content: &SignedContent<'_>) -> Result<(), SignatureError> {
        let header = SignatureHeader::parse(header)?;
        let version = header.key_version;
        let key = self.keys.get(&version);
        key.ok_or(SignatureError::UnknownKeyVersion(version))?
            .verify_digest_sig(&content.digest(), &header.signature)
            .map_err(|_| SignatureError::Mismatch)
    }
}

/// Tells the version only.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Tells the versions only.
impl fmt::Debug for VerifyingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKeys")
            .field("versions", &self.keys.keys())
            .finish_non_exhaustive()
    }
}

fn describe(rejected: KeyRejected, which: &str) -> String {
    match rejected.to_string().as_str() {
        "TooSmall" => format!("the {which} key has less than 2048 bits"),
        "TooLarge" => format!("the {which} key has more than 8192 bits"),
        _ => format!("it holds no {which} key for RSA"),
    }
}
