//! The directory of the files that both sides need: created once, and reused.
//!
//! | file | use |
//! |---|---|
//! | `mock-gateway-ca-key.pem` | the key of the authority, which only tests should trust |
//! | `ca.pem` | the certificate of the authority: `proxy.ca-path` |
//! | `gateway-private-key.pem`, `gateway-public-key.pem` | the signing key of the stand-in; `proxy.public-keys.1` |
//! | `client-private-key.pem` | `proxy.private-key-path` |
//! | `codeid.toml` | the settings that name these files |

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use codeid_daemon::files::secret_file::{self, SecretFileError};
use codeid_daemon::regular_file::{self, ReadError};
use codeid_daemon::settings::Secrets;
use codeid_daemon::signature::{KeyError, KeyVersion, SigningKey, VerifyingKeys};
use codeid_daemon::uri::shown_path;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256, RsaKeySize,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// The size limit of a key file, in bytes.
const MAX_KEY_BYTES: usize = 64 << 10;

/// The file that marks a directory of the mock gateway.
const CA_KEY: &str = "mock-gateway-ca-key.pem";

/// A function that generates a key.
type Generate = fn() -> Result<KeyPair, rcgen::Error>;

/// The directory, with its files loaded.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    /// The keys that the stand-in signs and verifies with.
    pub(super) keys: Keys,
    /// The TLS configuration, with a new certificate.
    pub(super) tls: Arc<ServerConfig>,
}

/// The keys for signatures, all of version 1.
#[derive(Debug)]
pub(super) struct Keys {
    /// Signs the responses.
    pub(super) gateway: SigningKey,
    /// Verify the requests of the daemon.
    pub(super) client: VerifyingKeys,
}

/// The settings file for the daemon.
#[derive(Debug)]
pub(super) struct Settings {
    /// The path of the file.
    pub(super) path: String,
    /// The content, as TOML.
    pub(super) text: String,
}

/// The reason why the directory, or a file in it, cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum DirectoryError {
    /// The directory cannot be created or read.
    #[error("cannot use the directory {}", shown_path(path))]
    Unusable { path: PathBuf, source: io::Error },
    /// The directory contains files, but not those of a mock gateway.
    #[error(
        "the directory {} contains files that are not of a mock-gateway; name an empty or a new \
         directory", shown_path(.0)
    )]
    NotOurs(PathBuf),
    /// The path of a file is not UTF-8, so that settings cannot name it.
    #[error("the path {} is not UTF-8", shown_path(.0))]
    PathNotUtf8(PathBuf),
    /// The file of a key cannot be read.
    #[error("{}", shown_path(path))]
    KeyUnreadable {
        path: PathBuf,
        source: SecretFileError,
    },
    /// The file does not contain a private key.
    #[error("{}: not a private key in PEM", shown_path(.0))]
    NotAKey(PathBuf),
    /// The key for a file cannot be generated.
    #[error("{}: cannot make a key", shown_path(path))]
    KeyGeneration { path: PathBuf, source: rcgen::Error },
    /// The file of a new key cannot be written.
    #[error("{}: cannot be written", shown_path(path))]
    KeyUnwritable { path: PathBuf, source: io::Error },
    /// A file that holds no key cannot be written.
    #[error("{} cannot be written", shown_path(path))]
    Unwritable { path: PathBuf, source: io::Error },
    /// A key cannot sign or verify.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A certificate cannot be made.
    #[error("cannot make a certificate")]
    CertificateGeneration(#[from] rcgen::Error),
    /// TLS refuses the certificate or its key.
    #[error("cannot use the certificate")]
    CertificateRefused(#[source] rustls::Error),
}

impl Directory {
    /// Opens the directory at `path`; creates it and its missing files. The certificate is valid
    /// for this machine and for `address`.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`] if the directory or one of its files cannot be used, made or written.
    pub(super) fn open(path: &Path, address: IpAddr) -> Result<Self, DirectoryError> {
        let failed = |source| DirectoryError::Unusable {
            path: path.to_owned(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(failed)?;
        let path = path.canonicalize().map_err(failed)?;
        require_ours(&path)?;
        let rsa: Generate = || KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048);
        let authority = key(&path.join(CA_KEY), || {
            KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
        })?;
        let gateway = key(&path.join("gateway-private-key.pem"), rsa)?;
        let client = key(&path.join("client-private-key.pem"), rsa)?;
        write(
            &path.join("gateway-public-key.pem"),
            gateway.public_key_pem().as_bytes(),
        )?;
        let tls = server_config(&path, authority, address)?;
        let keys = Keys::new(&gateway, &client)?;
        Ok(Self { path, keys, tls })
    }

    /// Writes the settings with which the daemon sends its requests to `address`.
    ///
    /// # Errors
    ///
    /// [`DirectoryError::PathNotUtf8`] if TOML cannot name the files;
    /// [`DirectoryError::Unwritable`] if the file of the settings cannot be written.
    pub(super) fn write_settings(
        &self,
        address: SocketAddr,
        client_id: &str,
    ) -> Result<Settings, DirectoryError> {
        let host = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => "127.0.0.1".to_owned(),
            IpAddr::V6(ip) if ip.is_unspecified() => "[::1]".to_owned(),
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("[{ip}]"),
        };
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let file = |name: &str| {
            let path = self.path.join(name);
            let quoted = path.to_str().map(quoted);
            quoted.ok_or(DirectoryError::PathNotUtf8(path))
        };
        let text = format!(
            "[proxy]\nupstream-url = {}\nclient-id = {}\nprivate-key-path = {}\nca-path = {}\n\
             public-keys.1 = {}\n",
            quoted(&format!("https://{host}:{}", address.port())),
            quoted(client_id),
            file("client-private-key.pem")?,
            file("ca.pem")?,
            file("gateway-public-key.pem")?,
        );
        let path = self.path.join("codeid.toml");
        let note = "# Settings for a stand-in for Alipay+, written by codeid mock-gateway.\n";
        write(&path, format!("{note}{text}").as_bytes())?;
        Ok(Settings {
            path: shown_path(&path).to_string(),
            text,
        })
    }
}

impl Keys {
    fn new(gateway: &KeyPair, client: &KeyPair) -> Result<Self, KeyError> {
        let version = KeyVersion::new(1).expect("1 is a version");
        let mut keys = VerifyingKeys::new();
        keys.add_pem(version, client.public_key_pem().as_bytes())?;
        Ok(Self {
            gateway: SigningKey::from_pem(gateway.serialize_pem().as_bytes(), version)?,
            client: keys,
        })
    }
}

/// Refuses a directory with other files than those of a mock gateway, to overwrite none of them.
fn require_ours(path: &Path) -> Result<(), DirectoryError> {
    let mut entries = fs::read_dir(path).map_err(|source| DirectoryError::Unusable {
        path: path.to_owned(),
        source,
    })?;
    if entries.next().is_none() || path.join(CA_KEY).exists() {
        Ok(())
    } else {
        Err(DirectoryError::NotOurs(path.to_owned()))
    }
}

/// Reads the key in a file; generates and writes one if the file does not exist.
fn key(path: &Path, generate: Generate) -> Result<KeyPair, DirectoryError> {
    match secret_file::read(path, MAX_KEY_BYTES, &Secrets::default()) {
        Ok(pem) => std::str::from_utf8(&pem)
            .ok()
            .and_then(|pem| KeyPair::from_pem(pem).ok())
            .ok_or_else(|| DirectoryError::NotAKey(path.to_owned())),
        Err(SecretFileError::Unread(ReadError::Absent)) => {
            let key = generate().map_err(|source| DirectoryError::KeyGeneration {
                path: path.to_owned(),
                source,
            })?;
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(path)
                .and_then(|mut file| file.write_all(key.serialize_pem().as_bytes()))
                .map_err(|source| DirectoryError::KeyUnwritable {
                    path: path.to_owned(),
                    source,
                })?;
            Ok(key)
        }
        Err(source) => Err(DirectoryError::KeyUnreadable {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Writes a file that holds no secret.
fn write(path: &Path, content: &[u8]) -> Result<(), DirectoryError> {
    // An unchanged file is not written again, so that its watchers are not notified.
    match regular_file::read(path, content.len()) {
        Ok(there) if there.bytes == content => return Ok(()),
        // Another content, or an error that writing reports.
        _ => {}
    }
    regular_file::write(path, content).map_err(|source| DirectoryError::Unwritable {
        path: path.to_owned(),
        source,
    })
}

/// Builds the TLS configuration with a certificate signed by the authority, and writes the
/// authority's own certificate to `ca.pem`.
fn server_config(
    directory: &Path,
    authority: KeyPair,
    address: IpAddr,
) -> Result<Arc<ServerConfig>, DirectoryError> {
    let mut ca = named("codeid mock-gateway authority, not Alipay+", Vec::new())?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let ca_path = directory.join("ca.pem");
    // A new certificate with the same key and name would also work, but an unchanged file is easier
    // to trust.
    if !ca_path.exists() {
        let certificate = ca.self_signed(&authority)?;
        write(&ca_path, certificate.pem().as_bytes())?;
    }
    let mut names = ["localhost", "127.0.0.1", "::1"]
        .map(str::to_owned)
        .to_vec();
    if !address.is_unspecified() && !address.is_loopback() {
        names.push(address.to_string());
    }
    let mut server = named("codeid mock-gateway, not Alipay+", names)?;
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    server.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let issuer = Issuer::new(ca, authority);
    let certificate = server.signed_by(&key, &issuer)?;
    let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("aws-lc-rs has cipher suites for TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(DirectoryError::CertificateRefused)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn named(name: &str, hosts: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}
