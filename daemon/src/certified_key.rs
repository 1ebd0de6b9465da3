//! A certificate with its private key, as rustls uses them.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys};
use thiserror::Error as ErrorEnum;
use zeroize::Zeroizing;

use crate::key_content::{KeyKind, OtherContent};

/// The reason why a file has no private key. It shows nothing of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ErrorEnum)]
pub(crate) enum NoPrivateKey {
    /// The content is not PEM.
    #[error("it is not valid PEM")]
    NotPem,
    /// The content has no section with a private key.
    #[error("it holds no private key in PEM")]
    NoKey,
    /// The content is something else.
    #[error(transparent)]
    Other(OtherContent),
}

/// Returns the first private key in `pem`. It is wiped from memory when it is dropped.
///
/// # Errors
///
/// [`NoPrivateKey`] if there is none.
pub(crate) fn private_key(pem: &[u8]) -> Result<Zeroizing<PrivateKeyDer<'static>>, NoPrivateKey> {
    let key = PrivateKeyDer::from_pem_slice(pem).map(Zeroizing::new);
    key.map_err(|error| {
        // The parser's errors quote the text that they cannot parse.
        let unrecognized = match error {
            pem::Error::NoItemsFound => NoPrivateKey::NoKey,
            _ => NoPrivateKey::NotPem,
        };
        let other = OtherContent::recognize(pem, KeyKind::Private);
        other.map_or(unrecognized, NoPrivateKey::Other)
    })
}

/// Returns the certificate at the beginning of `chain` with its key. Unlike the builders of rustls, which
/// take the key, this leaves it to the caller, who can wipe it.
///
/// # Errors
///
/// The [`Error`] of the library, for a type of key that is not supported, an empty chain, or a key that
/// is not that of the certificate.
pub(crate) fn certified_key(
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
