//! The keys of both sides and the certificate of the upstream.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::messages::{CLIENT_ID, response, signed_content};
use super::openssl::openssl;
use crate::cannot;

/// A configuration for a server's certificate: the one that OpenSSL ships makes that of an authority.
const CERTIFICATE_CONFIG: &str = "[req]\ndistinguished_name = name\nx509_extensions = extensions\n\
    [name]\n[extensions]\nsubjectAltName = IP:127.0.0.1\n";

/// A directory with an RSA key of 2048 bits for each side and a certificate for `127.0.0.1`.
/// Dropping the value removes it.
#[derive(Debug)]
pub struct Credentials {
    directory: TempDir,
}

impl Credentials {
    /// Generates the keys and the certificate.
    ///
    /// # Errors
    ///
    /// If `openssl` is missing or fails.
    pub fn generate() -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        let credentials = Self { directory };
        for side in ["ours", "theirs"] {
            let private = credentials.path(&format!("{side}.pem"));
            let public = credentials.path(&format!("{side}.pub.pem"));
            let generate = "genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out";
            openssl(&arguments(generate, &[&private]))?;
            openssl(&arguments(
                "pkey -pubout -in",
                &[&private, "-out".as_ref(), &public],
            ))?;
            fs::set_permissions(&private, Permissions::from_mode(0o600))
                .map_err(cannot("protect", &private))?;
        }
        let (config, key) = (
            credentials.path("tls.conf"),
            credentials.path("tls.key.pem"),
        );
        fs::write(&config, CERTIFICATE_CONFIG).map_err(cannot("write", &config))?;
        let certify = "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 2 -subj /CN=bench \
                       -config";
        let certificate = credentials.path("tls.pem");
        openssl(&arguments(
            certify,
            &[
                &config,
                "-keyout".as_ref(),
                &key,
                "-out".as_ref(),
                &certificate,
            ],
        ))?;
        Ok(credentials)
    }

    /// Returns the path of the file with this name.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Returns the settings of a daemon whose upstream listens on `port`.
    #[must_use]
    pub fn settings(&self, port: u16) -> Vec<String> {
        let path = |name: &str| self.path(name).display().to_string();
        vec![
            format!("proxy.upstream-url=https://127.0.0.1:{port}"),
            format!("proxy.client-id={CLIENT_ID}"),
            format!("proxy.private-key-path={}", path("ours.pem")),
            format!("proxy.public-keys.1={}", path("theirs.pub.pem")),
            format!("proxy.ca-path={}", path("tls.pem")),
        ]
    }

    /// Renders and signs the response of the upstream with this body, in bytes of HTTP/1.1. One signature serves all
    /// requests, because a response does not depend on its request.
    ///
    /// # Errors
    ///
    /// If `openssl` fails.
    pub fn signed_response(&self, body: &str) -> io::Result<Vec<u8>> {
        let (content, signature) = (self.path("content"), self.path("signature"));
        fs::write(&content, signed_content(body)).map_err(cannot("write", &content))?;
        let key = self.path("theirs.pem");
        openssl(&arguments(
            "dgst -sha256 -sign",
            &[&key, "-out".as_ref(), &signature, &content],
        ))?;
        let base64 = openssl(&arguments("base64 -A -in", &[&signature]))?;
        Ok(response(body, base64.trim()))
    }
}

/// Splits a command into its words and appends `paths`.
fn arguments(command: &str, paths: &[&Path]) -> Vec<PathBuf> {
    let words = command.split_whitespace().map(PathBuf::from);
    words
        .chain(paths.iter().map(|path| path.to_path_buf()))
        .collect()
}
