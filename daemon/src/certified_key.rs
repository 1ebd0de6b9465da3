//! A certificate with its private key, as rustls uses them.

use std::sync::Arc;

use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{Error, InconsistentKeys};
use zeroize::Zeroizing;

/// Returns the first private key in `pem`. It is wiped from memory when it is dropped.
///
/// # Errors
///
/// The parser's error, which may quote `pem`.
pub(crate) fn private_key(pem: &[u8]) -> Result<Zeroizing<PrivateKeyDer<'static>>, pem::Error> {
    PrivateKeyDer::from_pem_slice(pem).map(Zeroizing::new)
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
