//! TLS towards other servers: whom to trust, and how a client is configured.
//!
//! rustls, with the provider aws-lc-rs named wherever one is needed: nothing depends on which one
//! was installed for the process.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore};
use thiserror::Error;

use crate::files::regular_file;
use crate::settings::Tls;

/// The most bytes of a file of certificates; the platform's own bundles have a few hundred KiB.
const MAX_PEM_BYTES: u64 = 16 << 20;

/// Why it is not known whom to trust.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum RootsError {
    #[error("{path} cannot be read: {why}")]
    Unreadable { path: PathBuf, why: io::Error },
    #[error("{path} is longer than {MAX_PEM_BYTES} bytes")]
    TooLong { path: PathBuf },
    #[error("{path} is not PEM: {why}")]
    NotPem { path: PathBuf, why: pem::Error },
    #[error("certificate {number} in {path} is not a certificate: {why}")]
    NotACertificate {
        path: PathBuf,
        /// Counted from 1.
        number: usize,
        why: rustls::Error,
    },
    #[error("{path} holds no certificate in PEM")]
    Empty { path: PathBuf },
    #[error("the platform has no root certificates{}", .why.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    NoPlatformRoots {
        why: Option<rustls_native_certs::Error>,
    },
}

/// The certificates in the PEM file at `path`, and no others.
///
/// # Errors
///
/// [`RootsError`] unless the file holds certificates, every one of which can be used.
pub(crate) fn roots_from_file(path: &Path) -> Result<RootCertStore, RootsError> {
    let path = path.to_owned();
    let mut pem = Vec::new();
    let read = File::open(&path)
        .and_then(|file| file.take(MAX_PEM_BYTES + 1).read_to_end(&mut pem))
        .map_err(|why| RootsError::Unreadable {
            path: path.clone(),
            why,
        })?;
    if read as u64 > MAX_PEM_BYTES {
        return Err(RootsError::TooLong { path });
    }
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|why| RootsError::NotPem {
            path: path.clone(),
            why,
        })?;
        roots
            .add(certificate)
            .map_err(|why| RootsError::NotACertificate {
                path: path.clone(),
                number: roots.len() + 1,
                why,
            })?;
    }
    if roots.is_empty() {
        return Err(RootsError::Empty { path });
    }
    Ok(roots)
}

/// The roots that the platform trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others. Of these,
/// what is not a certificate is passed over.
///
/// # Errors
///
/// [`RootsError`] if there is none.
pub(crate) fn platform_roots() -> Result<RootCertStore, RootsError> {
    let mut loaded = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(loaded.certs);
    if roots.is_empty() {
        return Err(RootsError::NoPlatformRoots {
            why: loaded.errors.pop(),
        });
    }
    Ok(roots)
}

/// A client that trusts `roots`, with TLS 1.2 or 1.3 and no certificate of its own.
pub(crate) fn client_config(roots: RootCertStore) -> ClientConfig {
    trusting(roots).with_no_client_auth()
}

/// As [`client_config`], with the certificate in `files` for servers that ask for one.
///
/// # Errors
///
/// Which file cannot be used, and why, without a part of the key.
pub(crate) fn client_config_showing(
    roots: RootCertStore,
    files: &Tls,
) -> Result<ClientConfig, String> {
    let in_chain = |why: &dyn Display| format!("{}: {why}", files.cert_path.display());
    let in_key = |why: &dyn Display| format!("{}: {why}", files.key_path.display());
    let limit = usize::try_from(MAX_PEM_BYTES).expect("a few megabytes fit the address space");
    let chain = regular_file::read(&files.cert_path, limit).map_err(|why| in_chain(&why))?;
    let key = regular_file::read_private(&files.key_path, limit).map_err(|why| in_key(&why))?;
    // The parser's errors quote what they do not understand.
    let chain = CertificateDer::pem_slice_iter(&chain.bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| in_chain(&"it is not valid PEM"))?;
    let key = PrivateKeyDer::from_pem_slice(&key.bytes)
        .map_err(|_| in_key(&"it holds no private key in PEM"))?;
    trusting(roots)
        .with_client_auth_cert(chain, key)
        .map_err(|why| match why {
            rustls::Error::NoCertificatesPresented => in_chain(&"it holds no certificate in PEM"),
            rustls::Error::InconsistentKeys(_) => in_key(&"it is not the key of the certificate"),
            rustls::Error::InvalidCertificate(_) => {
                in_chain(&"its first certificate cannot be read")
            }
            _ => in_key(&"its key is of no kind that can be used"),
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

    #[test]
    fn a_file_that_is_no_list_of_certificates_is_refused_with_the_reason() {
        let directory = std::env::temp_dir().join(format!("codeid-roots-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let path = directory.join("ca.pem");
        let certified = rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap();
        let good = certified.cert.pem();
        let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let table: &[(&str, &str)] = &[
            ("", "holds no certificate"),
            ("not pem at all", "holds no certificate"),
            (
                &certified.signing_key.serialize_pem(),
                "holds no certificate",
            ),
            ("-----BEGIN CERTIFICATE-----\nAA", "is not PEM"),
            (&format!("{good}{no_certificate}"), "certificate 2 in "),
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
        assert!(error.contains("cannot be read"), "{error}");
    }
}
