//! Errors and warnings at the start.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::{Authority, plan};
use crate::serve::daemon::Plan;

#[test]
fn a_start_with_a_malformed_pair_fails() {
    let authority = Authority::new();
    let pair = authority.issue("127.0.0.1");
    let other = authority.issue("127.0.0.1");
    let (chain, key) = (
        "listen.tls-cert-path server.pem: ",
        "listen.tls-key-path server.key: ",
    );
    let table = [
        ("", &*pair.key, chain, "it holds no certificate in PEM"),
        (
            &pair.key,
            &pair.key,
            chain,
            "it contains a private key instead of a certificate in PEM",
        ),
        (&pair.chain[..200], &pair.key, chain, "it is not valid PEM"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            &pair.key,
            chain,
            "its first certificate cannot be read: invalid peer certificate: BadEncoding",
        ),
        (&pair.chain, "", key, "it holds no private key in PEM"),
        (
            &pair.chain,
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            key,
            "it contains an encrypted private key; decrypt it with `openssl pkcs8 -in IN -out OUT`",
        ),
        (
            &pair.chain,
            &pair.chain,
            key,
            "it contains a certificate instead of a private key in PEM",
        ),
        (&pair.chain, &pair.key[..60], key, "it is not valid PEM"),
        (
            &pair.chain,
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            key,
            "its key type is not supported: unexpected error: failed to parse private key as RSA, \
             ECDSA, or EdDSA",
        ),
        (
            &pair.chain,
            &other.key,
            key,
            "it is not the key of the certificate in server.pem",
        ),
    ];
    for (chain, key, setting, why) in table {
        let plan = plan(&pair);
        plan.directory.write("server.pem", chain);
        plan.directory.write("server.key", key);
        assert_eq!(plan.fail(), format!("PARAM_ILLEGAL: {setting}{why}"));
    }
}

#[test]
fn a_start_with_a_missing_or_readable_key_fails() {
    let pair = Authority::new().issue("127.0.0.1");
    let plan = plan(&pair);
    let key = plan.directory.path().join("server.key");
    for mode in [0o604, 0o640, 0o660] {
        fs::set_permissions(&key, Permissions::from_mode(mode)).unwrap();
        let line = plan.fail();
        let expected = format!(
            "PARAM_ILLEGAL: listen.tls-key-path server.key: its mode {mode:04o} lets other users \
             use the secret; make it 0400 or 0600, or 0440 or 0640 for the group that secrets.group names"
        );
        assert_eq!(line, expected);
    }
    fs::remove_file(&key).unwrap();
    let line = plan.fail();
    assert_eq!(
        line,
        "PARAM_ILLEGAL: listen.tls-key-path server.key: there is no such file"
    );
}

#[test]
fn a_start_with_only_one_of_two_settings_fails() {
    for (given, missing) in [
        ("listen.tls-cert-path", "listen.tls-key-path"),
        ("listen.tls-key-path", "listen.tls-cert-path"),
        ("listen.tls-client-ca-path", "listen.tls-cert-path"),
        ("admin.tls-client-ca-path", "admin.tls-cert-path"),
    ] {
        let line = Plan::new().set(&format!("{given}=x.pem")).fail();
        assert_eq!(
            line,
            format!("PARAM_ILLEGAL: {given} is set, and {missing} is not")
        );
    }
}

#[test]
fn a_listener_that_others_reach_without_tls_gets_a_warning() {
    let warning = "listen.http is open to other machines without TLS";
    let mut daemon = Plan::new().set("listen.http=0.0.0.0:0").spawn();
    let line = daemon.wait_for_line(warning);
    assert!(
        line.contains(" WARN ") && line.contains("0.0.0.0:"),
        "{line}"
    );
    daemon.stop();
    let pair = Authority::new().issue("127.0.0.1");
    let private = [
        plan(&pair).set("listen.http=0.0.0.0:0"),
        Plan::new().set("listen.http=127.8.8.8:0"),
        Plan::new().set("listen.http=[::ffff:127.0.0.1]:0"),
        Plan::new().set("listen.http=off"),
    ];
    for plan in private {
        let log = plan.spawn().stop();
        assert!(!log.iter().any(|line| line.contains(warning)), "{log:?}");
    }
}
