//! Settings that contradict each other stop the start, with a line that says why.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::gateway::{Authority, OURS, THEIRS};
use super::with_files;
use crate::serve::daemon::Plan;

fn refused(plan: &Plan, parts: &[&str]) {
    let line = plan.fail();
    assert!(line.starts_with("PARAM_ILLEGAL: "), "{line}");
    for part in parts {
        assert!(line.contains(part), "{part}\nis not in\n{line}");
    }
}

#[test]
fn an_upstream_needs_a_client_id_a_key_and_a_public_key() {
    let plan = Plan::new().set("proxy.upstream-url=https://h.example");
    refused(
        &plan,
        &[
            "proxy.upstream-url is set, and proxy.client-id is not",
            "proxy.upstream-url is set, and proxy.private-key-path is not",
            "proxy.upstream-url is set, and no public key of the upstream is",
        ],
    );
}

#[test]
fn a_login_check_needs_a_url_and_a_url_the_login_check() {
    let plan = Plan::new().set("proxy.customer-from=login-check");
    let no_url = "proxy.customer-from is login-check, and proxy.login-check-url is not set";
    refused(&plan, &[no_url]);
    for place in ["body", "header"] {
        let plan = Plan::new()
            .set("proxy.login-check-url=https://login.example/?planted")
            .set(&format!("proxy.customer-from={place}"));
        let line = plan.fail();
        let expected = "proxy.login-check-url is set, and proxy.customer-from is not login-check";
        assert!(
            line.contains(expected) && !line.contains("planted"),
            "{line}"
        );
    }
    let plan = Plan::new().set("proxy.login-check-headers=cookie,Content-Length,HOST");
    refused(
        &plan,
        &[
            "proxy.login-check-headers: content-length belongs to one message",
            "proxy.login-check-headers: host belongs to one message",
        ],
    );
}

#[test]
fn incomplete_pairs_and_times_outside_the_bounds_are_refused() {
    for (given, missing) in [
        ("proxy.client-cert-path", "proxy.client-key-path"),
        ("proxy.client-key-path", "proxy.client-cert-path"),
    ] {
        let plan = Plan::new().set(&format!("{given}=x.pem"));
        refused(&plan, &[&format!("{given} is set, and {missing} is not")]);
    }
    // T27: at 10 s the upstream may still be working.
    for value in ["10000", "0", "600001"] {
        let plan = Plan::new().set(&format!("proxy.total-timeout-ms={value}"));
        refused(
            &plan,
            &["proxy.total-timeout-ms must be a number of milliseconds from 10001"],
        );
    }
    Plan::new()
        .set("proxy.total-timeout-ms=10001")
        .start()
        .stop();
    for (value, why) in [
        ("http://h.example", "it is not an https URL"),
        ("https://h.example/", "it has a path or query"),
        ("https://u@h.example", "it names a user, which is not sent"),
        ("https://h.example:0", "a number from 1 to 65535"),
        ("https://[:]", "it is not an IPv6 address in brackets"),
        ("https://-", "a label begins or ends with -"),
        ("https://..", "a label is empty"),
        (
            "https://b\u{fc}cher.example",
            "write such a name in Punycode",
        ),
        ("h.example", "it is not an https URL"),
    ] {
        refused(
            &Plan::new().set(&format!("proxy.upstream-url={value}")),
            &["proxy.upstream-url must be https://HOST", why],
        );
    }
    refused(
        &Plan::new().set("proxy.login-check-url=https://planted..example/"),
        &[
            "proxy.login-check-url must be an http or https URL",
            "a label is empty",
        ],
    );
}

#[test]
fn a_key_that_cannot_be_used_stops_the_start_before_anything_listens() {
    let plan =
        || with_files(Plan::new(), &Authority::new()).set("proxy.upstream-url=https://h.example");
    let open = plan();
    let key = open.directory.path().join("ours.pem");
    fs::set_permissions(key, Permissions::from_mode(0o640)).unwrap();
    refused(
        &open,
        &[
            "invalid proxy.private-key-path: cannot use the key file ours.pem: ",
            "its mode 0640 lets other users use the secret; make it 0400 or 0600, or 0440 or 0640",
        ],
    );
    assert!(!open.directory.path().join("codeid.sock").exists());
    let missing = plan().set("proxy.public-keys.2=missing.pem");
    refused(
        &missing,
        &[
            "invalid proxy.public-keys.2: cannot use the key file missing.pem: there is no such file",
        ],
    );
    let private = plan().set("proxy.public-keys.1=ours.pem");
    refused(
        &private,
        &[
            "invalid proxy.public-keys.1: cannot use the key file ours.pem: it contains a private key instead \
             of a public key",
        ],
    );
    let line = private.fail();
    assert!(
        !line.contains(OURS.private.lines().nth(1).unwrap()),
        "{line}"
    );
    let swapped = plan();
    swapped.directory.write_secret("ours.pem", &THEIRS.public);
    refused(
        &swapped,
        &[
            "invalid proxy.private-key-path: cannot use the key file ours.pem: it contains a public key \
             instead of a private key",
        ],
    );
    let encrypted = plan();
    for (label, subcommand) in [
        ("ENCRYPTED PRIVATE KEY", "pkcs8"),
        ("RSA PRIVATE KEY", "pkey"),
    ] {
        let (headers, body) = match label {
            "RSA PRIVATE KEY" => (
                "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n",
                "AAAA",
            ),
            _ => ("", "AAAA"),
        };
        let pem = format!("-----BEGIN {label}-----\n{headers}{body}\n-----END {label}-----\n");
        encrypted.directory.write_secret("ours.pem", &pem);
        refused(
            &encrypted,
            &[
                "invalid proxy.private-key-path: cannot use the key file ours.pem: it contains an \
                 encrypted private key; decrypt it with ",
                &format!("`openssl {subcommand} -in IN -out OUT`"),
            ],
        );
    }
    let roots = plan().set("proxy.ca-path=theirs.pub.pem");
    refused(
        &roots,
        &[
            "invalid proxy.ca-path: cannot use theirs.pub.pem: it contains a public key instead of a certificate",
        ],
    );
}

#[test]
fn a_drain_deadline_below_the_time_out_of_the_proxy_is_a_warning() {
    let warning = "serve.drain-deadline-ms is shorter than proxy.total-timeout-ms";
    let plan =
        || with_files(Plan::new(), &Authority::new()).set("proxy.upstream-url=https://h.example");
    let log = plan().set("serve.drain-deadline-ms=11999").spawn().stop();
    let line = log.iter().find(|line| line.contains(warning));
    let line = line.unwrap_or_else(|| panic!("{log:?}"));
    for part in [
        " WARN ",
        "drain_deadline_ms=11999",
        "total_timeout_ms=12000",
    ] {
        assert!(line.contains(part), "{line}");
    }
    // Neither the default, nor a daemon without sdkProxy.
    let alone = Plan::new().set("serve.drain-deadline-ms=0");
    for plan in [plan(), plan().set("serve.drain-deadline-ms=12000"), alone] {
        let log = plan.spawn().stop();
        assert!(!log.iter().any(|line| line.contains(warning)), "{log:?}");
    }
}
