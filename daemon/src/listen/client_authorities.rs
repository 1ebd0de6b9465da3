//! The authorities that issue certificates to clients.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use sha2::{Digest, Sha256};

use crate::certified_key::{Flaw, authorities};
use crate::regular_file;

/// The authorities of one file, of which a client must show a certificate.
pub(super) struct ClientAuthorities {
    /// Refuses a client without a certificate of one of them that is valid now.
    pub(super) verifier: Arc<dyn ClientCertVerifier>,
    /// The SHA-256 of the file.
    pub(super) digest: [u8; 32],
}

impl ClientAuthorities {
    /// Reads the file, which has at most `max_bytes`.
    ///
    /// # Errors
    ///
    /// [`Flaw`] unless the file has at least one certificate and every one can be used.
    pub(super) fn read(path: &Path, max_bytes: usize) -> Result<Self, Flaw> {
        let pem = regular_file::read(path, max_bytes)?.bytes;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(authorities(&pem)?), provider);
        Ok(Self {
            verifier: verifier.build().map_err(|_| Flaw::NoCertificate)?,
            digest: Sha256::digest(&pem).into(),
        })
    }
}
