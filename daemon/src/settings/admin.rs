//! The settings of the admin plane.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::declarations::Keys;
use super::error::Problem;
use super::kind::{Address, FilePath, HostNames, Socket};
use super::{Secrets, Tls};

/// The admin plane, by which the daemon is observed and operated.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Its Unix socket; `None`: not opened.
    pub unix: Option<PathBuf>,
    /// Its TCP listener, which asks for tokens; `None`: not opened.
    pub http: Option<AdminHttp>,
    /// The host names under which it may be reached, beside `localhost` and addresses, in lower case.
    pub hosts: Vec<String>,
    /// The file that records the actions of operators.
    pub audit_path: PathBuf,
}

/// The admin plane over TCP.
#[derive(Clone, Debug)]
pub struct AdminHttp {
    /// The address to listen on. Port 0 takes a free one.
    pub address: SocketAddr,
    /// The file of the tokens that are accepted.
    pub tokens_path: PathBuf,
    /// The certificate for TLS; `None`: it does not speak TLS.
    pub tls: Option<Tls>,
}

impl Admin {
    /// Declares the keys of `admin`.
    pub(super) fn declare(keys: &mut Keys, secrets: &Secrets) -> Self {
        let unix = keys.setting(
            "admin.unix",
            Socket,
            Some("run/codeid.admin.sock".into()),
            "The Unix socket, of mode 0600, that serves the admin plane. Its directory is created with\n\
             mode 0750 if it is missing.",
        );
        let address = keys.setting(
            "admin.http",
            Address,
            None,
            "The TCP address that serves the admin plane, to holders of a token only. Beyond loopback\n\
             it needs a certificate, too. Port 0 takes a free one, which the log names.",
        );
        let tokens_path = keys.optional(
            "admin.tokens-path",
            FilePath,
            "The tokens that admin.http accepts: a line for each with a name, its role (metrics, read\n\
             or operate) and the SHA-256 of the token in hex. The file is read again when it changes.",
        );
        let tls = Tls::declare(
            keys,
            secrets,
            "admin",
            (
                "admin.tls-cert-path",
                "The certificate (PEM, with its chain) for TLS on admin.http. The certificate and its\n\
                 key are read again when they change.",
            ),
            (
                "admin.tls-key-path",
                "The private key (PEM) of that certificate. Only its owner, and the group of secrets.group,\n\
                 may have access to the file.",
            ),
        );
        let hosts = keys.optional(
            "admin.hosts",
            HostNames,
            "The host names under which the admin plane may be reached, beside localhost and addresses.\n\
             A request for another host is refused, since a foreign page may have made a browser send\n\
             it.",
        );
        let audit_path = keys.setting(
            "admin.audit-path",
            FilePath,
            "data/audit.jsonl".into(),
            "The file to which a line of JSON is added for every change that an operator makes or tries\n\
             to make.",
        );
        let http = address.and_then(|address| {
            if !address.ip().to_canonical().is_loopback() && tls.is_none() {
                keys.contradiction(Problem::AdminInTheClear(address));
            }
            match tokens_path {
                Some(tokens_path) => Some(AdminHttp {
                    address,
                    tokens_path,
                    tls,
                }),
                None => {
                    keys.contradiction(Problem::AdminWithoutTokens);
                    None
                }
            }
        });
        Self {
            unix,
            http,
            hosts: hosts.unwrap_or_default(),
            audit_path,
        }
    }
}
