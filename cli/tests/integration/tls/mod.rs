//! TLS on `listen.http`, with foreign clients where possible.

mod authority;
mod client_certificates;
mod handshake;
mod replacement;
mod serving;
mod start;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

pub(crate) use self::authority::Authority;
use self::authority::Pair;
use super::serve::client::Client;
use super::serve::daemon::{Plan, Served};

/// Returns the plan of a daemon with this pair, in files of its directory.
pub(crate) fn plan(pair: &Pair) -> Plan {
    let plan = Plan::new()
        .set("listen.tls-cert-path=server.pem")
        .set("listen.tls-key-path=server.key")
        .set("watch.debounce-ms=10")
        .set("watch.poll-interval-ms=200");
    plan.directory.write("server.pem", &pair.chain);
    write_key(&plan.directory.path().join("server.key"), &pair.key, 0o600);
    plan
}

/// Adds a certificate to a plan, by the settings of its two files, with the file of its key at `key`.
pub(crate) fn with_certificate(plan: Plan, settings: [&str; 2], key: &str) -> Plan {
    let pair = Authority::new().issue("127.0.0.1");
    plan.directory.write("chain.pem", &pair.chain);
    plan.directory.write_secret(key, &pair.key);
    let [chain_setting, key_setting] = settings;
    plan.set(&format!("{chain_setting}=chain.pem"))
        .set(&format!("{key_setting}={key}"))
}

/// Replaces the file of a key. The file never has other permissions than `mode`.
fn write_key(path: &PathBuf, key: &str, mode: u32) {
    let aside = path.with_extension("new");
    fs::write(&aside, "").unwrap();
    fs::set_permissions(&aside, Permissions::from_mode(0o600)).unwrap();
    fs::write(&aside, key).unwrap();
    fs::set_permissions(&aside, Permissions::from_mode(mode)).unwrap();
    fs::rename(&aside, path).unwrap();
}

/// Connects with TLS to a daemon whose certificate is issued by `authority` for 127.0.0.1.
pub(crate) fn connect(daemon: &Served, authority: &Authority) -> Client {
    Client::tls(daemon.port, authority.roots()).unwrap()
}
