//! A certificate and its key, as they lie in two files, and what clients must show in return.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::server::NoServerSessionStorage;
use sha2::{Digest, Sha256};

use super::certificate_error::CertificateError;
use super::client_authorities::ClientAuthorities;
use crate::certified_key::{Pair, PairFlaw, read_pair};
use crate::settings::{ServerTls, Tls};

/// The most bytes of each file. A chain of ten certificates has about twenty thousand.
pub(super) const MAX_BYTES: usize = 1 << 20;

/// The protocol within TLS.
const ALPN: &[u8] = b"http/1.1";

/// A certificate with its private key, as new connections use it.
#[derive(Debug)]
pub(super) struct Certificate {
    /// The configuration of TLS that serves it.
    pub(super) config: Arc<ServerConfig>,
    /// The time after which it is not valid; `None` if that cannot be read.
    pub(super) not_after: Option<SystemTime>,
    /// The SHA-256 of both files.
    pub(super) digest: [u8; 32],
    /// The SHA-256 of the file of the clients' authorities; `None` if clients need no certificate.
    pub(super) client_ca_digest: Option<[u8; 32]>,
}

impl Certificate {
    /// Reads all files. The key may be RSA, ECDSA or Ed25519, in PKCS#8, PKCS#1 or SEC1.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] unless the files hold a chain and the key of its first certificate, only
    /// those have access to the key who may, and the authorities of clients, if any, can be used.
    pub(super) fn read(files: &ServerTls) -> Result<Self, CertificateError> {
        let pair = read_own(&files.certificate)?;
        let digest = Sha256::new()
            .chain_update(Sha256::digest(&pair.chain_pem))
            .chain_update(Sha256::digest(pair.key_pem.as_slice()))
            .finalize();
        let clients = read_clients(files)?;
        let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("aws-lc-rs has cipher suites for TLS 1.2 and 1.3");
        let mut config = match &clients {
            None => builder.with_no_client_auth(),
            Some(clients) => builder.with_client_cert_verifier(Arc::clone(&clients.verifier)),
        }
        .with_cert_resolver(pair.certified);
        if clients.is_some() {
            // A session that is resumed shows no certificate, which may have expired meanwhile.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        config.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Self {
            config: Arc::new(config),
            not_after: pair.not_after,
            digest: digest.into(),
            client_ca_digest: clients.map(|clients| clients.digest),
        })
    }
}

/// Returns the time after which the certificate of a listener is not valid; `None` if it has no such time.
///
/// # Errors
///
/// [`CertificateError`] if the certificate or its key cannot be served.
pub(crate) fn inspect_certificate(
    files: &ServerTls,
) -> Result<Option<SystemTime>, CertificateError> {
    Ok(read_own(&files.certificate)?.not_after)
}

/// Checks the authorities of a listener's clients, if the settings name some.
///
/// # Errors
///
/// [`CertificateError`] if they cannot be used.
pub(crate) fn inspect_client_authorities(files: &ServerTls) -> Result<(), CertificateError> {
    read_clients(files).map(drop)
}

/// Reads the chain and its key.
fn read_own(files: &Tls) -> Result<Pair, CertificateError> {
    let refuse = |name: &str, path: &Path, source| CertificateError {
        setting: format!("{}.{name}", files.table),
        path: path.to_owned(),
        source,
    };
    read_pair(files, MAX_BYTES).map_err(|flaw| match flaw {
        PairFlaw::Chain(flaw) => refuse("tls-cert-path", &files.cert_path, flaw),
        PairFlaw::Key(flaw) => refuse("tls-key-path", &files.key_path, flaw),
    })
}

/// Reads the authorities of clients; `None` if clients need no certificate.
fn read_clients(files: &ServerTls) -> Result<Option<ClientAuthorities>, CertificateError> {
    let read = |path: &PathBuf| {
        ClientAuthorities::read(path, MAX_BYTES).map_err(|source| CertificateError {
            setting: format!("{}.tls-client-ca-path", files.certificate.table),
            path: path.clone(),
            source,
        })
    };
    files.client_ca_path.as_ref().map(read).transpose()
}
