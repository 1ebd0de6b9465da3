//! The settings of the admin plane.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::declarations::Keys;
use super::error::Problem;
use super::kind::{Address, FilePath, HostNames, PeerSocket, Socket, Whole};
use super::{Secrets, ServerTls};
use crate::host::HostName;

/// The admin plane, by which the daemon is observed and operated.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Its Unix socket; `None`: not opened.
    pub unix: Option<PathBuf>,
    /// Its TCP listener, which asks for tokens; `None`: not opened.
    pub http: Option<AdminHttp>,
    /// The host names under which it may be reached, beside `localhost` and addresses; up to 32.
    pub hosts: Vec<HostName>,
    /// The log that records the actions of operators.
    pub audit: Audit,
}

/// The audit log.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The file that lines are appended to.
    pub path: PathBuf,
    /// The length from which on the file is rotated: 64 KiB to 1 GiB.
    pub max_bytes: u64,
    /// The time after its last line for which a rotated file is kept: 1 to 3650 days.
    pub keep: Duration,
    /// The socket of syslog, which takes the lines, too; `None`: only the file does.
    pub syslog_path: Option<PathBuf>,
}

/// The admin plane over TCP.
#[derive(Clone, Debug)]
pub struct AdminHttp {
    /// The address to listen on. Port 0 takes a free one.
    pub address: SocketAddr,
    /// The file of the tokens that are accepted.
    pub tokens_path: PathBuf,
    /// The certificate for TLS; `None`: it does not speak TLS.
    pub tls: Option<ServerTls>,
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
        let tls = ServerTls::declare(
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
            (
                "admin.tls-client-ca-path",
                "The authorities (PEM) of clients on admin.http: a client must show a certificate of one of\n\
                 them, and a token. Without it, clients need no certificate. The file is read again when it\n\
                 changes.",
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
             to make: before the change, and after it with its outcome.",
        );
        let audit_max_bytes: usize = keys.setting(
            "admin.audit-max-bytes",
            Whole::between(64 << 10, 1 << 30, "bytes"),
            16 << 20,
            "The length from which on that file is renamed, with the number of its last line at the end\n\
             of its name, and a new one begun.",
        );
        let audit_keep_days: usize = keys.setting(
            "admin.audit-keep-days",
            Whole::between(1, 3650, "days"),
            400,
            "The number of days after its last line for which a renamed file is kept. The log warns a\n\
             week before a file is deleted.",
        );
        let audit_syslog_path = keys.optional(
            "admin.audit-syslog-path",
            PeerSocket,
            "The socket of syslog, such as /dev/log, which takes the lines of the audit log, too. A\n\
             change is then made if one of the two can record it.",
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
            audit: Audit {
                path: audit_path,
                max_bytes: audit_max_bytes as u64,
                keep: Duration::from_hours(24 * audit_keep_days as u64),
                syslog_path: audit_syslog_path,
            },
        }
    }
}
