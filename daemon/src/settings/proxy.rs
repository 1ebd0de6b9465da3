//! What sdkProxy is told: checked as a whole, since most of it is needed if any of it is.

use std::path::PathBuf;
use std::time::Duration;

use super::keys::PUBLIC_KEYS_PREFIX;
use super::typed::Values;
use super::{Effective, Tls};
use crate::signature::KeyVersion;

/// Headers that belong to one connection or one message, and cannot be handed on with another.
const NOT_HANDED_ON: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
];

/// How requests of the client SDK are forwarded.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Scheme, host and port of the upstream.
    pub upstream: String,
    /// The Client-Id that Alipay+ assigned.
    pub client_id: String,
    /// The file of the key that signs requests.
    pub private_key_path: PathBuf,
    /// The version by which the upstream knows it.
    pub key_version: KeyVersion,
    /// The files of the upstream's public keys, one or more.
    pub public_keys: Vec<(KeyVersion, PathBuf)>,
    /// The file of the only certificates that are trusted; `None`: the platform's roots.
    pub ca_path: Option<PathBuf>,
    /// The certificate that is shown to the upstream; `None`: none is.
    pub client_certificate: Option<Tls>,
    /// How long connecting may take: the look-up of the name, TCP and TLS together.
    pub connect_timeout: Duration,
    /// How long forwarding a request may take, until the last byte of the answer.
    pub total_timeout: Duration,
    /// How many requests are forwarded at once.
    pub max_in_flight: usize,
    /// Who says who the customer is.
    pub customer_from: CustomerFrom,
}

/// Who says who the customer is.
#[derive(Clone, Debug)]
pub enum CustomerFrom {
    /// The body of the request.
    Body,
    /// A header of the request.
    Header,
    /// A server that is asked.
    LoginCheck(LoginCheck),
}

/// The server that is asked who the customer is.
#[derive(Clone, Debug)]
pub struct LoginCheck {
    /// The URL.
    pub url: String,
    /// The request's headers that are handed on.
    pub headers: Vec<String>,
    /// How long it may take, connecting included.
    pub timeout: Duration,
}

/// What the settings say; `None` without an upstream. Contradictions are told apart from it.
pub(super) fn read(settings: &[Effective]) -> Option<Proxy> {
    let values = Values(settings);
    let path = |name| values.text(name).map(PathBuf::from);
    let text = |name| values.text(name).unwrap_or_default().to_owned();
    Some(Proxy {
        upstream: values.text("proxy.upstream-url")?.to_owned(),
        client_id: text("proxy.client-id"),
        private_key_path: path("proxy.private-key-path").unwrap_or_default(),
        key_version: key_version(values.integer("proxy.key-version")),
        public_keys: public_keys(settings).collect(),
        ca_path: path("proxy.ca-path"),
        client_certificate: path("proxy.client-cert-path")
            .zip(path("proxy.client-key-path"))
            .map(|(cert_path, key_path)| Tls {
                table: "proxy",
                cert_path,
                key_path,
            }),
        connect_timeout: values.milliseconds("proxy.connect-timeout-ms"),
        total_timeout: values.milliseconds("proxy.total-timeout-ms"),
        max_in_flight: values.count("proxy.max-in-flight"),
        customer_from: match values.text("proxy.customer-from") {
            Some("header") => CustomerFrom::Header,
            Some("login-check") => CustomerFrom::LoginCheck(LoginCheck {
                url: text("proxy.login-check-url"),
                headers: values.list("proxy.login-check-headers").to_vec(),
                timeout: values.milliseconds("proxy.login-check-timeout-ms"),
            }),
            _ => CustomerFrom::Body,
        },
    })
}

/// What is wrong with values that are valid each by itself.
pub(super) fn contradictions(settings: &[Effective]) -> Vec<String> {
    let values = Values(settings);
    let is_set = |name| values.text(name).is_some();
    let mut problems = Vec::new();
    if is_set("proxy.upstream-url") {
        for needed in ["proxy.client-id", "proxy.private-key-path"] {
            if !is_set(needed) {
                problems.push(format!("proxy.upstream-url is set, and {needed} is not"));
            }
        }
        if public_keys(settings).next().is_none() {
            problems.push(
                "proxy.upstream-url is set, and no public key of the upstream is, such as \
                 proxy.public-keys.1"
                    .to_owned(),
            );
        }
    }
    let pair = ["proxy.client-cert-path", "proxy.client-key-path"];
    for [given, missing] in [pair, [pair[1], pair[0]]] {
        if is_set(given) && !is_set(missing) {
            problems.push(format!("{given} is set, and {missing} is not"));
        }
    }
    let asks = values.text("proxy.customer-from") == Some("login-check");
    match (asks, is_set("proxy.login-check-url")) {
        (true, false) => problems.push(
            "proxy.customer-from is login-check, and proxy.login-check-url is not set".to_owned(),
        ),
        (false, true) => problems.push(
            "proxy.login-check-url is set, and proxy.customer-from is not login-check".to_owned(),
        ),
        _ => {}
    }
    let names = values.list("proxy.login-check-headers").iter();
    for name in names.filter(|name| NOT_HANDED_ON.contains(&name.as_str())) {
        problems.push(format!(
            "proxy.login-check-headers: {name} belongs to one message or connection and cannot be \
             handed on"
        ));
    }
    problems
}

/// The keys of the upstream.
fn public_keys(settings: &[Effective]) -> impl Iterator<Item = (KeyVersion, PathBuf)> {
    settings.iter().filter_map(|setting| {
        let version = setting.name.strip_prefix(PUBLIC_KEYS_PREFIX)?;
        let path = Values(std::slice::from_ref(setting))
            .text(&setting.name)
            .map(PathBuf::from);
        Some((version.parse().ok()?, path?))
    })
}

fn key_version(number: u64) -> KeyVersion {
    let version = u32::try_from(number).ok().and_then(KeyVersion::new);
    version.expect("the bounds of the key are those of versions")
}
