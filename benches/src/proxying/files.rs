//! The keys and the certificate of both sides, and the messages that they exchange.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::openssl::openssl;

const PATH: &str = "/aps/api/v1/mobile/sdkProxy";
const CLIENT_ID: &str = "BENCH_CLIENT";
const TIME: &str = "2026-11-21T09:30:00+08:00";

/// Not that of an authority, as it is in the configuration that OpenSSL brings.
const CERTIFICATE: &str = "[req]\ndistinguished_name = name\nx509_extensions = extensions\n[name]\n\
    [extensions]\nsubjectAltName = IP:127.0.0.1\n";

/// What the upstream answers: of the size of the published sample.
const ANSWER: &str = r#"{"result":{"resultCode":"SUCCESS","resultMessage":"Success","resultStatus":"S"},"sdkResponseHeader":"{\"Server-Time\":\"1795224600\",\"Mgw-TraceId\":\"00000000000000000000000000000\",\"Ac-UserId\":\"000000000000000000000\",\"Result-Status\":\"1000\"}","sdkResponseData":"{\"traceId\":\"00000000000000000000000000000\",\"success\":true,\"errorActions\":{},\"extendInfo\":{},\"status\":\"SILENT\"}"}"#;

/// A directory with an RSA key of 2048 bits for each side, and a certificate for `127.0.0.1`.
/// Removed with the value.
#[derive(Debug)]
pub struct Files {
    directory: TempDir,
}

impl Files {
    /// Makes them.
    ///
    /// # Errors
    ///
    /// If `openssl` is missing or fails.
    pub fn make() -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        let files = Self { directory };
        for side in ["ours", "theirs"] {
            let private = files.path(&format!("{side}.pem"));
            let public = files.path(&format!("{side}.pub.pem"));
            let make = "genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out";
            openssl(&words(make, &[&private]))?;
            openssl(&words(
                "pkey -pubout -in",
                &[&private, "-out".as_ref(), &public],
            ))?;
            fs::set_permissions(private, Permissions::from_mode(0o600))?;
        }
        let (config, key) = (files.path("tls.conf"), files.path("tls.key.pem"));
        fs::write(&config, CERTIFICATE)?;
        let certify = "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 2 -subj /CN=bench \
                       -config";
        let certificate = files.path("tls.pem");
        openssl(&words(
            certify,
            &[
                &config,
                "-keyout".as_ref(),
                &key,
                "-out".as_ref(),
                &certificate,
            ],
        ))?;
        Ok(files)
    }

    /// Where the file of this name is.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The settings of a daemon whose upstream is at this port.
    #[must_use]
    pub fn settings(&self, port: u16) -> Vec<String> {
        let at = |name: &str| self.path(name).display().to_string();
        vec![
            format!("proxy.upstream-url=https://127.0.0.1:{port}"),
            format!("proxy.client-id={CLIENT_ID}"),
            format!("proxy.private-key-path={}", at("ours.pem")),
            format!("proxy.public-keys.1={}", at("theirs.pub.pem")),
            format!("proxy.ca-path={}", at("tls.pem")),
        ]
    }

    /// What the upstream sends, signed once for all: nothing in it depends on the request.
    ///
    /// # Errors
    ///
    /// If `openssl` fails.
    pub fn answer(&self) -> io::Result<Vec<u8>> {
        let (content, signature) = (self.path("content"), self.path("signature"));
        fs::write(
            &content,
            format!("POST {PATH}\n{CLIENT_ID}.{TIME}.{ANSWER}"),
        )?;
        let key = self.path("theirs.pem");
        let to = "-out".as_ref();
        openssl(&words(
            "dgst -sha256 -sign",
            &[&key, to, &signature, &content],
        ))?;
        let base64 = openssl(&words("base64 -A -in", &[&signature]))?;
        let encoded = base64
            .trim()
            .replace('+', "%2B")
            .replace('/', "%2F")
            .replace('=', "%3D");
        let length = ANSWER.len();
        Ok(format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nClient-Id: {CLIENT_ID}\r\n\
             Response-Time: {TIME}\r\nTracer-Id: bench\r\n\
             Signature: algorithm=RSA256, keyVersion=1, signature={encoded}\r\n\
             Content-Length: {length}\r\n\r\n{ANSWER}"
        )
        .into_bytes())
    }

    /// The body of that.
    #[must_use]
    pub const fn answer_body() -> &'static str {
        ANSWER
    }

    /// A request of the size of the published sample, in bytes of HTTP/1.1.
    #[must_use]
    pub fn request() -> Vec<u8> {
        let header = r#"{"AppId":"WALLET_ID","AppKey":"WALLET_ID_ANDROID","workspaceId":"default","Content-Type":"application/x-www-form-urlencoded"}"#;
        let body = serde_json::json!({
            "sdkRequestHeader": header,
            "sdkRequestData": format!("operationType=bench&requestData={}", "%22a%22%3A".repeat(80)),
            "customerId": "20261122000000000000BENCH0000000000000001",
        });
        let body = body.to_string();
        let length = body.len();
        format!(
            "POST {PATH} HTTP/1.1\r\nHost: codeid\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

/// The words of a command, and more after them.
fn words(command: &str, more: &[&Path]) -> Vec<PathBuf> {
    let words = command.split_whitespace().map(PathBuf::from);
    words
        .chain(more.iter().map(|path| path.to_path_buf()))
        .collect()
}
