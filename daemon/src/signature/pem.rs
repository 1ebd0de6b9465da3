//! Key files: PEM, one key in each.

use std::path::{Path, PathBuf};

use aws_lc_rs::error::KeyRejected;
use rustls::pki_types::pem::{PemObject, SectionKind};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::files::secret_file::{self, SecretFileError};
use crate::key_content::{KeyKind, Needed, OtherContent, other_algorithm};
use crate::regular_file::{self, ReadError};
use crate::settings::Secrets;
use crate::uri::shown_path;

/// The most bytes of a key file. A key of 8192 bits has less than a tenth of that.
const MAX_BYTES: usize = 64 << 10;

/// A key file that cannot be used; the source says why.
#[derive(Debug, Error)]
#[error("cannot use the key file {}", shown_path(.path))]
pub struct KeyFileError {
    path: PathBuf,
    source: KeyError,
}

/// The reason why a key cannot be used. It shows nothing of the key.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file was not read.
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// The file of a private key was not read.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    /// The content is not PEM.
    #[error("it is not valid PEM")]
    NotPem,
    /// The content has several keys of this kind.
    #[error("it contains more than one {0} key")]
    SeveralKeys(KeyKind),
    /// The content has no key of this kind.
    #[error("it contains no {0} key in PEM ({begin})", begin = begin(*.0))]
    NoKey(KeyKind),
    /// The content is something else than a key of the kind that is needed.
    #[error(transparent)]
    Other(OtherContent),
    /// The key has fewer than 2048 bits.
    #[error("the {0} key has fewer than 2048 bits")]
    TooSmall(KeyKind),
    /// The key has more than 8192 bits.
    #[error("the {0} key has more than 8192 bits")]
    TooLarge(KeyKind),
    /// The key is one for another algorithm.
    #[error("the {0} key is one for {1}, not for RSA")]
    OtherAlgorithm(KeyKind, &'static str),
    /// The key is damaged, or is one for an algorithm that is not recognized.
    #[error("it contains no {0} key for RSA")]
    NotRsa(KeyKind),
}

/// Reads the file of a private key, and returns its content.
///
/// # Errors
///
/// [`KeyError::Secret`] if it cannot be read, or `secrets` does not allow a user access who has it.
pub(super) fn read_private(path: &Path, secrets: &Secrets) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    Ok(secret_file::read(path, MAX_BYTES, secrets)?)
}

/// Reads the file of a public key, and returns its content.
///
/// # Errors
///
/// [`KeyError::Unreadable`] if it cannot be read.
pub(super) fn read_public(path: &Path) -> Result<Vec<u8>, KeyError> {
    Ok(regular_file::read(path, MAX_BYTES)?.bytes)
}

/// Returns the only key of this kind in `pem`, in DER, and the kind of its section. Sections of other
/// kinds are ignored. The key is wiped from memory when it is dropped.
///
/// # Errors
///
/// [`KeyError`] unless there is exactly one.
pub(super) fn only_key(
    pem: &[u8],
    kind: KeyKind,
) -> Result<(SectionKind, Zeroizing<Vec<u8>>), KeyError> {
    find_only_key(pem, kind).map_err(|error| match error {
        KeyError::NotPem | KeyError::NoKey(_) => {
            OtherContent::recognize(pem, Needed::RsaKey(kind)).map_or(error, KeyError::Other)
        }
        error => error,
    })
}

fn find_only_key(pem: &[u8], kind: KeyKind) -> Result<(SectionKind, Zeroizing<Vec<u8>>), KeyError> {
    let mut found = None;
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem) {
        // The parser's errors quote the text that they cannot parse.
        let (section, der) = section.map_err(|_| KeyError::NotPem)?;
        let der = Zeroizing::new(der);
        if sections(kind).contains(&section) && found.replace((section, der)).is_some() {
            return Err(KeyError::SeveralKeys(kind));
        }
    }
    found.ok_or(KeyError::NoKey(kind))
}

/// Returns the kinds of PEM sections that hold a key of this kind.
const fn sections(kind: KeyKind) -> &'static [SectionKind] {
    match kind {
        KeyKind::Private => &[SectionKind::PrivateKey, SectionKind::RsaPrivateKey],
        KeyKind::Public => &[SectionKind::PublicKey],
    }
}

/// Returns the words with which these sections begin, for a message.
const fn begin(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Private => "BEGIN PRIVATE KEY or BEGIN RSA PRIVATE KEY",
        KeyKind::Public => "BEGIN PUBLIC KEY",
    }
}

impl KeyFileError {
    /// Returns the error for the key file at `path`.
    pub(super) fn new(path: &Path, source: KeyError) -> Self {
        Self {
            path: path.to_owned(),
            source,
        }
    }
}

impl KeyError {
    /// Returns the error for a key in DER, from a section of this kind, that aws-lc-rs rejected.
    pub(super) fn rejected(
        rejected: KeyRejected,
        section: &SectionKind,
        der: &[u8],
        kind: KeyKind,
    ) -> Self {
        let label: &[u8] = match section {
            SectionKind::RsaPrivateKey => b"RSA PRIVATE KEY",
            SectionKind::PrivateKey => b"PRIVATE KEY",
            _ => b"PUBLIC KEY",
        };
        if let Some(other) = OtherContent::mislabelled(label, der, Needed::RsaKey(kind)) {
            return Self::Other(other);
        }
        // The type has no variants: its description is a code, which this string is the only way to
        // read. The tests hold `TooSmall`; a code that changes is reported as `NotRsa`.
        match rejected.description_() {
            "TooSmall" => Self::TooSmall(kind),
            "TooLarge" => Self::TooLarge(kind),
            _ => match other_algorithm(der) {
                Some(name) => Self::OtherAlgorithm(kind, name),
                None => Self::NotRsa(kind),
            },
        }
    }
}
