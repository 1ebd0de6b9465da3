//! TLS to other servers: the certificates to trust, and the configuration of a client.
//!
//! The provider aws-lc-rs is passed explicitly wherever rustls needs one, so nothing depends on the
//! process-wide default.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};
use thiserror::Error;

use crate::certified_key::{Flaw, Pair, PairFlaw, authorities, read_pair};
use crate::regular_file::{self, ReadError};
use crate::settings::Tls;
use crate::uri::shown_path;

/// The size limit of a PEM file, in bytes; the platform's own bundles have a few hundred KiB.
const MAX_PEM_BYTES: usize = 16 << 20;

/// The reason why there are no root certificates to trust.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum RootsError {
    /// The file that should hold them cannot be used.
    #[error("cannot use {}", shown_path(path))]
    File {
        /// The file.
        path: PathBuf,
        /// The fault of the file.
        source: Flaw,
    },
    /// The platform trusts no authority.
    #[error("the platform has no root certificates")]
    NoPlatformRoots {
        /// The last error of reading them, if there was one.
        source: Option<rustls_native_certs::Error>,
    },
}

/// The reason why a client's certificate and key cannot be used. No message contains a part of the
/// key.
#[derive(Debug, Error)]
#[error("cannot use {}", shown_path(path))]
pub(crate) struct ClientCertificateError {
    path: PathBuf,
    source: Flaw,
}

/// Returns the roots in the PEM file at `path`, without the platform's.
///
/// # Errors
///
/// [`RootsError`] unless `path` leads to a regular file of at most 16 MiB that holds at least one
/// certificate, and every one of them can be used.
pub(crate) fn roots_from_file(path: &Path) -> Result<RootCertStore, RootsError> {
    let file = regular_file::read(path, MAX_PEM_BYTES).map_err(Flaw::from);
    let roots = file.and_then(|file| authorities(&file.bytes));
    roots.map_err(|source| RootsError::File {
        path: path.to_owned(),
        source,
    })
}

/// Returns the roots that the platform trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` override them.
/// Entries that are not certificates are skipped.
///
/// # Errors
///
/// [`RootsError::NoPlatformRoots`] if no certificate is found, and [`RootsError::File`] if
/// `SSL_CERT_FILE` does not name a file.
pub(crate) fn platform_roots() -> Result<RootCertStore, RootsError> {
    if let Some(path) = std::env::var_os("SSL_CERT_FILE") {
        let path = PathBuf::from(path);
        // The library would wait for the writer of a FIFO. It reports other faults itself.
        if let Err(error @ ReadError::NotAFile(_)) = regular_file::open(&path) {
            let source = error.into();
            return Err(RootsError::File { path, source });
        }
    }
    let mut loaded = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(loaded.certs);
    if roots.is_empty() {
        return Err(RootsError::NoPlatformRoots {
            source: loaded.errors.pop(),
        });
    }
    Ok(roots)
}

/// Returns the configuration of a client that trusts `roots`, offers TLS 1.2 and 1.3, and has no
/// certificate of its own.
pub(crate) fn client_config(roots: RootCertStore) -> ClientConfig {
    trusting(roots).with_no_client_auth()
}

/// Like [`client_config`], with a certificate for servers that ask for one.
pub(crate) fn client_config_with_certificate(roots: RootCertStore, own: Pair) -> ClientConfig {
    trusting(roots).with_client_cert_resolver(own.certified)
}

/// Reads the certificate that is shown to servers, and its key.
///
/// # Errors
///
/// [`ClientCertificateError`] unless the files hold a chain and the key of its first certificate, and
/// only those have access to the key who may.
pub(crate) fn client_certificate(files: &Tls) -> Result<Pair, ClientCertificateError> {
    read_pair(files, MAX_PEM_BYTES).map_err(|flaw| {
        let (path, source) = match flaw {
            PairFlaw::Chain(flaw) => (files.cert_path.clone(), flaw),
            PairFlaw::Key(flaw) => (files.key_path.clone(), flaw),
        };
        ClientCertificateError { path, source }
    })
}

fn trusting(roots: RootCertStore) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("aws-lc-rs has cipher suites for TLS 1.2 and 1.3")
        .with_root_certificates(roots)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_chain::ErrorChain;

    #[test]
    fn a_file_that_is_not_a_list_of_certificates_is_rejected_with_the_reason() {
        let directory = std::env::temp_dir().join(format!("codeid-roots-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join("ca.pem");
        let certified = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
        let good = certified.cert.pem();
        let not_a_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let table: &[(&str, &str)] = &[
            ("", "holds no certificate"),
            ("not pem at all", "holds no certificate"),
            (
                &certified.signing_key.serialize_pem(),
                "contains a private key instead of a certificate in PEM",
            ),
            ("-----BEGIN CERTIFICATE-----\nAA", "is not valid PEM"),
            (
                &format!("{good}{not_a_certificate}"),
                "certificate number 2 cannot be read",
            ),
        ];
        for (content, expected) in table {
            std::fs::write(&path, content).unwrap();
            let error = roots_from_file(&path).unwrap_err();
            let error = ErrorChain(&error).to_string();
            assert!(error.contains(expected), "{content:?}: {error}");
        }
        std::fs::write(&path, format!("# a comment\n{good}\n{good}")).unwrap();
        assert!(!roots_from_file(&path).unwrap().is_empty());
        std::fs::remove_dir_all(&directory).unwrap();
        let error = ErrorChain(&roots_from_file(&path).unwrap_err()).to_string();
        assert!(error.contains("there is no such file"), "{error}");
    }
}
