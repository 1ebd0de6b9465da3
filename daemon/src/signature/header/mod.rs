//! The value of a `Signature` header: `algorithm=RSA256, keyVersion=1, signature=…`.

use std::fmt;

use thiserror::Error;

use super::encoding;
use crate::settings::KeyVersion;

/// The one algorithm: RSASSA-PKCS1-v1_5 with SHA-256.
const ALGORITHM: &str = "RSA256";

/// The most bytes of a value. The signature by a key of 8192 bits, with every character
/// percent-encoded, takes half of that.
const MAX_BYTES: usize = 8192;

/// The parts of a `Signature` header.
#[derive(Clone, PartialEq, Eq)]
pub struct SignatureHeader {
    /// The key that made the signature.
    pub key_version: KeyVersion,
    /// The signature, decoded. [`Self::parse`] accepts no empty one.
    pub signature: Vec<u8>,
}

/// The reason why a signature is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The header's value is too long.
    #[error("the Signature header has more than {MAX_BYTES} bytes")]
    TooLong,
    /// The header cannot be parsed, for this reason, which follows "the Signature header".
    #[error("the Signature header {0}")]
    Malformed(&'static str),
    /// The algorithm is not RSA256.
    #[error("the signature's algorithm is not {ALGORITHM}")]
    UnknownAlgorithm,
    /// No public key has this version.
    #[error("no public key has the version {0}")]
    UnknownKeyVersion(KeyVersion),
    /// The key did not make this signature of the content.
    #[error("the signature does not match the message")]
    Mismatch,
}

impl SignatureHeader {
    /// Parses a header's value of at most 8192 bytes: the three parts in any order, with or without spaces
    /// around them and around their first `=`; the signature percent-encoded or not.
    ///
    /// # Errors
    ///
    /// [`SignatureError::Malformed`] if a part is missing, repeated, unknown or invalid;
    /// [`SignatureError::UnknownAlgorithm`] or [`SignatureError::TooLong`].
    pub fn parse(value: &[u8]) -> Result<Self, SignatureError> {
        if value.len() > MAX_BYTES {
            return Err(SignatureError::TooLong);
        }
        let text =
            std::str::from_utf8(value).map_err(|_| SignatureError::Malformed("is not text"))?;
        let (mut algorithm, mut key_version, mut signature) = (None, None, None);
        for part in text.split(',') {
            let (name, value) = part
                .split_once('=')
                .ok_or(SignatureError::Malformed("has a part without `=`"))?;
            let place = match name.trim_matches(' ') {
                "algorithm" => &mut algorithm,
                "keyVersion" => &mut key_version,
                "signature" => &mut signature,
                _ => return Err(SignatureError::Malformed("has an unknown part")),
            };
            if place.replace(value.trim_matches(' ')).is_some() {
                return Err(SignatureError::Malformed("has a part twice"));
            }
        }
        if algorithm.ok_or(SignatureError::Malformed("has no algorithm"))? != ALGORITHM {
            return Err(SignatureError::UnknownAlgorithm);
        }
        let key_version = key_version.ok_or(SignatureError::Malformed("has no keyVersion"))?;
        let signature = signature.ok_or(SignatureError::Malformed("has no signature"))?;
        Ok(Self {
            key_version: key_version
                .parse()
                .map_err(|_| SignatureError::Malformed("has an invalid keyVersion"))?,
            signature: encoding::decode(signature)
                .filter(|signature| !signature.is_empty())
                .ok_or(SignatureError::Malformed(
                    "has a signature that is not base64",
                ))?,
        })
    }
}

/// Writes the value as it is sent.
impl fmt::Display for SignatureHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signature = encoding::encode(&self.signature);
        let version = self.key_version;
        write!(
            f,
            "algorithm={ALGORITHM}, keyVersion={version}, signature={signature}"
        )
    }
}

/// Shows only the length of the signature.
impl fmt::Debug for SignatureHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureHeader")
            .field("key_version", &self.key_version)
            .field("signature_bytes", &self.signature.len())
            .finish()
    }
}

#[cfg(test)]
mod tests;
