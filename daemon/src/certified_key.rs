//! The files of TLS, for both of its sides: a certificate with its private key, and the authorities to trust.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys, RootCertStore};
use thiserror::Error as ErrorEnum;
use zeroize::Zeroizing;

use crate::files::secret_file::{self, SecretFileError};
use crate::key_content::{Needed, OtherContent, valid_until};
use crate::regular_file::{self, ReadError};
use crate::settings::Tls;
use crate::uri::opened_path;

/// The flaw of a file of TLS, which the error around it names. It shows nothing of a key.
#[derive(Debug, ErrorEnum)]
pub(crate) enum Flaw {
    /// The file of certificates was not read.
    #[error(transparent)]
    File(#[from] ReadError),
    /// The file of the private key was not read.
    #[error(transparent)]
    KeyFile(#[from] SecretFileError),
    /// The content is not PEM. The parser's error is left out: it quotes the text that it cannot parse.
    #[error("it is not valid PEM")]
    NotPem,
    /// The content has no section with a certificate.
    #[error("it holds no certificate in PEM")]
    NoCertificate,
    /// The content has no section with a private key.
    #[error("it holds no private key in PEM")]
    NoKey,
    /// The content is something else than what is needed.
    #[error(transparent)]
    Other(#[from] OtherContent),
    /// The certificate that should belong to the key is not one.
    #[error("its first certificate cannot be read")]
    BadCertificate(#[source] Error),
    /// The certificate with this number, from 1, is not one of an authority.
    #[error("its certificate number {number} cannot be read")]
    BadAuthority {
        /// The number of the certificate, from 1.
        number: usize,
        /// The cause.
        source: Error,
    },
    /// The key does not belong to the certificate in this file.
    #[error("it is not the key of the certificate in {}", opened_path(.0))]
    OtherKey(PathBuf),
    /// The library supports no key of this type, or of this size.
    #[error("its key type is not supported")]
    UnusableKey(#[source] Error),
}

/// The flaw of one of the two files of a certificate with its key.
#[derive(Debug)]
pub(crate) enum PairFlaw {
    /// The file of the certificate and those that sign it.
    Chain(Flaw),
    /// The file of the private key.
    Key(Flaw),
}

/// A certificate with its key, and the content of their files.
pub(crate) struct Pair {
    /// The pair, as rustls uses it.
    pub(crate) certified: Arc<SingleCertAndKey>,
    /// The last second at which the certificate is valid, since 1970; `None` if that cannot be read.
    pub(crate) valid_until: Option<u64>,
    /// The content of the file of the certificate.
    pub(crate) chain_pem: Vec<u8>,
    /// The content of the file of the key, which is wiped from memory when it is dropped.
    pub(crate) key_pem: Zeroizing<Vec<u8>>,
}

/// Reads the chain and the key in `files`, of at most `max_bytes` each. The key may be RSA, ECDSA or Ed25519,
/// in PKCS#8, PKCS#1 or SEC1.
///
/// # Errors
///
/// [`PairFlaw`] unless the files hold a chain and the key of its first certificate, and only those have
/// access to the key who may.
pub(crate) fn read_pair(files: &Tls, max_bytes: usize) -> Result<Pair, PairFlaw> {
    let chain_pem = regular_file::read(&files.cert_path, max_bytes)
        .map_err(|error| PairFlaw::Chain(error.into()))?
        .bytes;
    let key_pem = secret_file::read(&files.key_path, max_bytes, &files.secrets)
        .map_err(|error| PairFlaw::Key(error.into()))?;
    let chain = certificates(&chain_pem).map_err(PairFlaw::Chain)?;
    let key = private_key(&key_pem).map_err(PairFlaw::Key)?;
    let first = chain.first().cloned();
    let valid_until = first.as_ref().and_then(|first| valid_until(first));
    let certified = certified_key(chain, &key).map_err(|error| match error {
        Error::InconsistentKeys(_) => PairFlaw::Key(Flaw::OtherKey(files.cert_path.clone())),
        Error::InvalidCertificate(_) => PairFlaw::Chain(
            first
                .and_then(|first| mislabelled_certificate(&first))
                .unwrap_or(Flaw::BadCertificate(error)),
        ),
        error => PairFlaw::Key(mislabelled_key(&key).unwrap_or(Flaw::UnusableKey(error))),
    })?;
    Ok(Pair {
        certified,
        valid_until,
        chain_pem,
        key_pem,
    })
}

/// Returns the authorities in `pem`.
///
/// # Errors
///
/// [`Flaw`] unless there is at least one certificate, and every one of them can be used.
pub(crate) fn authorities(pem: &[u8]) -> Result<RootCertStore, Flaw> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        let number = roots.len() + 1;
        let other = mislabelled_certificate(&certificate);
        let added = roots.add(certificate);
        added.map_err(|source| other.unwrap_or(Flaw::BadAuthority { number, source }))?;
    }
    Ok(roots)
}

/// Returns the certificates in `pem`, at least one.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Flaw> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let unrecognized = match certificates {
        Ok(certificates) if !certificates.is_empty() => return Ok(certificates),
        Ok(_) => Flaw::NoCertificate,
        Err(_) => Flaw::NotPem,
    };
    Err(OtherContent::recognize(pem, Needed::Certificate).map_or(unrecognized, Flaw::Other))
}

/// Returns the first private key in `pem`. It is wiped from memory when it is dropped.
fn private_key(pem: &[u8]) -> Result<Zeroizing<PrivateKeyDer<'static>>, Flaw> {
    let key = PrivateKeyDer::from_pem_slice(pem).map(Zeroizing::new);
    key.map_err(|error| {
        let unrecognized = match error {
            pem::Error::NoItemsFound => Flaw::NoKey,
            _ => Flaw::NotPem,
        };
        OtherContent::recognize(pem, Needed::TlsKey).map_or(unrecognized, Flaw::Other)
    })
}

/// Returns the certificate at the beginning of `chain` with its key. Unlike the builders of rustls, which
/// take the key, this leaves it to the caller, who can wipe it.
fn certified_key(
    chain: Vec<CertificateDer<'static>>,
    key: &PrivateKeyDer<'_>,
) -> Result<Arc<SingleCertAndKey>, Error> {
    let certified = CertifiedKey::new(chain, any_supported_type(key)?);
    match certified.keys_match() {
        // The builders of rustls accept this as well.
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => {
            Ok(Arc::new(SingleCertAndKey::from(certified)))
        }
        Err(error) => Err(error),
    }
}

fn mislabelled_certificate(der: &CertificateDer<'_>) -> Option<Flaw> {
    OtherContent::mislabelled(b"CERTIFICATE", der, Needed::Certificate).map(Flaw::Other)
}

fn mislabelled_key(key: &PrivateKeyDer<'_>) -> Option<Flaw> {
    let label: &[u8] = match key {
        PrivateKeyDer::Pkcs1(_) => b"RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => b"EC PRIVATE KEY",
        _ => b"PRIVATE KEY",
    };
    OtherContent::mislabelled(label, key.secret_der(), Needed::TlsKey).map(Flaw::Other)
}
