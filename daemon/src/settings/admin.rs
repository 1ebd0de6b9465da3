//! The settings of the admin plane.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::Tls;
use super::typed::Values;

/// How the daemon is looked into and steered.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Over a Unix socket; `None`: not opened.
    pub unix: Option<PathBuf>,
    /// Over TCP, with tokens; `None`: not opened.
    pub http: Option<AdminHttp>,
    /// The host names under which it may be reached, beside `localhost` and addresses, in lower case.
    pub hosts: Vec<String>,
    /// The file that tells what operators did.
    pub audit_path: PathBuf,
}

/// The admin plane over TCP.
#[derive(Clone, Debug)]
pub struct AdminHttp {
    /// Port 0 takes a free one.
    pub address: SocketAddr,
    /// The file of the tokens that are accepted.
    pub tokens_path: PathBuf,
    /// The certificate with which it speaks TLS; `None`: it does not.
    pub tls: Option<Tls>,
}

pub(super) fn read(values: &Values<'_>) -> Admin {
    let http = values.address("admin.http");
    let http = http.zip(values.path("admin.tokens-path"));
    Admin {
        unix: values.socket("admin.unix"),
        http: http.map(|(address, tokens_path)| AdminHttp {
            address,
            tokens_path,
            tls: values.tls("admin"),
        }),
        hosts: values.list("admin.hosts").to_vec(),
        audit_path: values
            .path("admin.audit-path")
            .expect("the key has a default"),
    }
}

/// What is wrong with values that are valid each by itself.
pub(super) fn contradictions(values: &Values<'_>) -> Vec<String> {
    let mut problems = Vec::new();
    if let Some(address) = values.address("admin.http") {
        if values.path("admin.tokens-path").is_none() {
            problems.push(
                "admin.http is set, and admin.tokens-path is not: over TCP nobody is let in \
                 without a token"
                    .to_owned(),
            );
        }
        let is_loopback = address.ip().to_canonical().is_loopback();
        if !is_loopback && values.text("admin.tls-cert-path").is_none() {
            problems.push(format!(
                "admin.http is {address}, which other machines reach, and admin.tls-cert-path is \
                 not set: a token must not be sent in the clear"
            ));
        }
    }
    problems
}
