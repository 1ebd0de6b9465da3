//! The settings of the serving listeners.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::Secrets;
use super::declarations::Keys;
use super::error::Problem;
use super::kind::{Address, FilePath, Permissions, Socket, Text, Whole};

/// The listeners that serve.
#[derive(Clone, Debug)]
pub struct Listen {
    /// HTTP over TCP; `None`: not opened. Port 0 takes a free one.
    pub http: Option<SocketAddr>,
    /// The certificate for TLS on `http`; `None`: it does not speak TLS.
    pub tls: Option<ServerTls>,
    /// HTTP over a Unix socket; `None`: not opened.
    pub unix: Option<PathBuf>,
    /// RESP over a Unix socket; `None`: not opened.
    pub resp: Option<PathBuf>,
    /// The permission bits of the Unix sockets, such as `0o660`: 0 to 0o777.
    pub unix_mode: u32,
    /// The group of the Unix sockets, by name or number; `None`: that of the process.
    pub unix_group: Option<String>,
    /// The number of connections that may wait to be accepted, of each listener: 1 to 65535.
    pub backlog: u32,
}

/// The files of a listener that speaks TLS.
#[derive(Clone, Debug)]
pub struct ServerTls {
    /// The certificate that it shows.
    pub certificate: Tls,
    /// The authorities (PEM) of which a client must show a certificate; `None`: clients need none.
    pub client_ca_path: Option<PathBuf>,
}

/// The files of a certificate, both PEM.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The table of its settings, such as `listen`.
    pub table: &'static str,
    /// The chain: the server's own certificate first, then those that signed it.
    pub cert_path: PathBuf,
    /// The private key of the first certificate.
    pub key_path: PathBuf,
    /// The access to the file of the key.
    pub secrets: Secrets,
}

/// The key and help of a setting.
type KeyAndHelp = (&'static str, &'static str);

impl Listen {
    /// Declares the keys of `listen`.
    pub(super) fn declare(keys: &mut Keys, secrets: &Secrets) -> Self {
        let http = keys.setting(
            "listen.http",
            Address,
            Some(SocketAddr::from(([127, 0, 0, 1], 8080))),
            "The TCP address that serves HTTP. Port 0 takes a free one, which the log names.",
        );
        let tls = ServerTls::declare(
            keys,
            secrets,
            "listen",
            (
                "listen.tls-cert-path",
                "The certificate (PEM, with its chain) for TLS on listen.http; without it, plain HTTP.\n\
                 The certificate and its key are read again when they change.",
            ),
            (
                "listen.tls-key-path",
                "The private key (PEM) of that certificate. Only its owner, and the group of secrets.group,\n\
                 may have access to the file.",
            ),
            (
                "listen.tls-client-ca-path",
                "The authorities (PEM) of clients on listen.http: a client must show a certificate of one of\n\
                 them. Without it, clients need no certificate. The file is read again when it changes.",
            ),
        );
        let unix = keys.setting(
            "listen.unix",
            Socket,
            Some("run/codeid.sock".into()),
            "The Unix socket that serves HTTP. Its directory is created with mode 0750 if it is\n\
             missing.",
        );
        let unix_mode = keys.setting(
            "listen.unix-mode",
            Permissions,
            0o660,
            "The permissions of the Unix sockets of listen.unix and listen.resp, in octal.",
        );
        let unix_group = keys.optional(
            "listen.unix-group",
            Text { max: 64 },
            "The group of these Unix sockets, by name or number; without it, that of the process. It is\n\
             also the group of a directory that is created for them.",
        );
        let backlog = keys.setting(
            "listen.backlog",
            Whole::between(1, 65_535, "connections"),
            4096,
            "The number of connections that may wait to be accepted; the kernel caps it at\n\
             net.core.somaxconn.",
        );
        let resp = keys.setting(
            "listen.resp",
            Socket,
            Some("run/codeid.resp.sock".into()),
            "The Unix socket that serves the Redis protocol. Its directory is created like that of\n\
             listen.unix.",
        );
        if http.is_none() && unix.is_none() && resp.is_none() {
            keys.contradiction(Problem::NothingToServe);
        }
        Self {
            http,
            tls,
            unix,
            resp,
            unix_mode,
            unix_group,
            backlog,
        }
    }
}

impl ServerTls {
    /// Declares the keys of a listener's TLS: of a certificate, and of the authorities of clients, which
    /// need a certificate.
    pub(super) fn declare(
        keys: &mut Keys,
        secrets: &Secrets,
        table: &'static str,
        cert: KeyAndHelp,
        key: KeyAndHelp,
        (ca_key, ca_help): KeyAndHelp,
    ) -> Option<Self> {
        let certificate = Tls::declare(keys, secrets, table, cert, key);
        let client_ca_path = keys.optional(ca_key, FilePath, ca_help);
        if client_ca_path.is_some() && certificate.is_none() {
            keys.contradiction(Problem::Incomplete {
                given: ca_key,
                missing: cert.0,
            });
        }
        certificate.map(|certificate| Self {
            certificate,
            client_ca_path,
        })
    }
}

impl Tls {
    /// Declares the two keys of a certificate, which are given both or not at all.
    pub(super) fn declare(
        keys: &mut Keys,
        secrets: &Secrets,
        table: &'static str,
        (cert_key, cert_help): KeyAndHelp,
        (key_key, key_help): KeyAndHelp,
    ) -> Option<Self> {
        let cert_path = keys.optional(cert_key, FilePath, cert_help);
        let key_path = keys.optional(key_key, FilePath, key_help);
        let (given, missing) = match (cert_path, key_path) {
            (Some(cert_path), Some(key_path)) => {
                return Some(Self {
                    table,
                    cert_path,
                    key_path,
                    secrets: secrets.clone(),
                });
            }
            (None, None) => return None,
            (Some(_), None) => (cert_key, key_key),
            (None, Some(_)) => (key_key, cert_key),
        };
        keys.contradiction(Problem::Incomplete { given, missing });
        None
    }
}
