//! TLS to other servers: the certificates to trust, and the configuration of a client.
//!
//! The provider aws-lc-rs is passed explicitly wherever rustls needs one, so nothing depends on the
//! process-wide default.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};
use thiserror::Error;

use crate::certified_key::{NoPrivateKey, certified_key, private_key};
use crate::files::secret_file::{self, SecretFileError};
use crate::regular_file::{self, ReadError};
use crate::settings::Tls;
use crate::uri::shown_path;

/// The size limit of a PEM file, in bytes; the platform's own bundles have a few hundred KiB.
const MAX_PEM_BYTES: usize = 16 << 20;

/// The reason why there are no root certificates to trust.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum RootsError {
    #[error("cannot read {}", shown_path(path))]
    Unreadable { path: PathBuf, source: ReadError },
    #[error("{} is not PEM", shown_path(path))]
    NotPem { path: PathBuf, source: pem::Error },
    #[error("entry {number} in {} is not a valid certificate", shown_path(path))]
    NotACertificate {
        path: PathBuf,
        /// The certificate's position among those of the file, counted from 1.
        number: usize,
        source: rustls::Error,
    },
    #[error("{} holds no certificate in PEM", shown_path(path))]
    Empty { path: PathBuf },
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

/// The flaw of one of the two files, which [`ClientCertificateError`] names.
#[derive(Debug, Error)]
enum Flaw {
    #[error(transparent)]
    File(ReadError),
    #[error(transparent)]
    KeyFile(SecretFileError),
    // The parser's error is left out: it quotes the text that it cannot parse.
    #[error("it is not valid PEM")]
    NotPem,
    #[error("it holds no certificate in PEM")]
    NoCertificate,
    #[error("its first certificate cannot be read")]
    BadCertificate(#[source] rustls::Error),
    #[error(transparent)]
    NoKey(NoPrivateKey),
    #[error("it is not the key of the certificate")]
    OtherKey,
    #[error("its key type is not supported")]
    UnusableKey(#[source] rustls::Error),
}

/// Returns the roots in the PEM file at `path`, without the platform's.
///
/// # Errors
///
/// [`RootsError`] unless `path` leads to a regular file of at most 16 MiB that holds at least one
/// certificate, and every one of them can be used.
pub(crate) fn roots_from_file(path: &Path) -> Result<RootCertStore, RootsError> {
    let path = path.to_owned();
    let file =
        regular_file::read(&path, MAX_PEM_BYTES).map_err(|source| RootsError::Unreadable {
            path: path.clone(),
            source,
        })?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&file.bytes) {
        let certificate = certificate.map_err(|source| RootsError::NotPem {
            path: path.clone(),
            source,
        })?;
        roots
            .add(certificate)
            .map_err(|source| RootsError::NotACertificate {
                path: path.clone(),
                number: roots.len() + 1,
                source,
            })?;
    }
    if roots.is_empty() {
        return Err(RootsError::Empty { path });
    }
    Ok(roots)
}

/// Returns the roots that the platform trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` override them.
/// Entries that are not certificates are skipped.
///
/// # Errors
///
/// [`RootsError::NoPlatformRoots`] if no certificate is found, and [`RootsError::Unreadable`] if
/// `SSL_CERT_FILE` does not name a file.
pub(crate) fn platform_roots() -> Result<RootCertStore, RootsError> {
    if let Some(path) = std::env::var_os("SSL_CERT_FILE") {
        let path = PathBuf::from(path);
        // The library would wait for the writer of a FIFO. It reports other faults itself.
        if let Err(source @ ReadError::NotAFile(_)) = regular_file::open(&path) {
            return Err(RootsError::Unreadable { path, source });
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

/// Like [`client_config`], with the certificate in `files` for servers that ask for one.
///
/// # Errors
///
/// [`ClientCertificateError`] unless the files hold a chain and the key of its first certificate, and
/// only those have access to the key who may.
pub(crate) fn client_config_with_certificate(
    roots: RootCertStore,
    files: &Tls,
) -> Result<ClientConfig, ClientCertificateError> {
    let in_chain = |source| ClientCertificateError {
        path: files.cert_path.clone(),
        source,
    };
    let in_key = |source| ClientCertificateError {
        path: files.key_path.clone(),
        source,
    };
    let chain = regular_file::read(&files.cert_path, MAX_PEM_BYTES)
        .map_err(|error| in_chain(Flaw::File(error)))?;
    let key = secret_file::read(&files.key_path, MAX_PEM_BYTES, &files.secrets)
        .map_err(|error| in_key(Flaw::KeyFile(error)))?;
    let chain = CertificateDer::pem_slice_iter(&chain.bytes)
        .collect::<Result<Vec<_>, _>>()
        // The parser's errors quote the text that they cannot parse.
        .map_err(|_| in_chain(Flaw::NotPem))?;
    let key = private_key(&key).map_err(|error| in_key(Flaw::NoKey(error)))?;
    let certified = certified_key(chain, &key).map_err(|error| match error {
        rustls::Error::NoCertificatesPresented => in_chain(Flaw::NoCertificate),
        rustls::Error::InconsistentKeys(_) => in_key(Flaw::OtherKey),
        error @ rustls::Error::InvalidCertificate(_) => in_chain(Flaw::BadCertificate(error)),
        error => in_key(Flaw::UnusableKey(error)),
    })?;
    Ok(trusting(roots).with_client_cert_resolver(certified))
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
                "holds no certificate",
            ),
            ("-----BEGIN CERTIFICATE-----\nAA", "is not PEM"),
            (&format!("{good}{not_a_certificate}"), "entry 2 in "),
        ];
        for (content, expected) in table {
            std::fs::write(&path, content).unwrap();
            let error = roots_from_file(&path).unwrap_err().to_string();
            assert!(error.contains(expected), "{content:?}: {error}");
        }
        std::fs::write(&path, format!("# a comment\n{good}\n{good}")).unwrap();
        assert!(!roots_from_file(&path).unwrap().is_empty());
        std::fs::remove_dir_all(&directory).unwrap();
        let error = roots_from_file(&path).unwrap_err().to_string();
        assert!(error.contains("cannot read"), "{error}");
    }
}
