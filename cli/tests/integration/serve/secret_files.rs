//! The files of private keys and of the bearer token are refused if others may read or replace them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

use nix::unistd::geteuid;

use super::daemon::Plan;
use crate::rules::remote::{Remote, Reply};
use crate::rules::{config, plan};
use crate::sdk_proxy::with_key_of_ours;
use crate::tls::with_certificate;

/// Returns a plan with the key `keys/name` for each setting that names one, and the setting.
fn plans() -> Vec<(&'static str, Plan)> {
    let in_keys = |plan: Plan| {
        fs::create_dir(plan.directory.path().join("keys")).unwrap();
        set_mode(&plan.directory.path().join("keys"), 0o755);
        plan
    };
    vec![
        (
            "proxy.private-key-path",
            with_key_of_ours(in_keys(Plan::new()), "keys/secret"),
        ),
        (
            "proxy.client-key-path",
            with_certificate(
                with_key_of_ours(in_keys(Plan::new()), "ours.pem"),
                ["proxy.client-cert-path", "proxy.client-key-path"],
                "keys/secret",
            ),
        ),
        (
            "listen.tls-key-path",
            with_certificate(
                in_keys(Plan::new()),
                ["listen.tls-cert-path", "listen.tls-key-path"],
                "keys/secret",
            ),
        ),
        ("admin.tls-key-path", {
            let plan = with_certificate(
                in_keys(Plan::new()),
                ["admin.tls-cert-path", "admin.tls-key-path"],
                "keys/secret",
            );
            let digest = codeid_engine::ConfigDigest::new(b"token");
            plan.directory.write("tokens", format!("a read {digest}\n"));
            plan.set("admin.http=127.0.0.1:0")
                .set("admin.tokens-path=tokens")
        }),
    ]
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Requires that the start fails because of a setting, with a line that has this part.
fn refused(plan: &Plan, setting: &str, part: &str) {
    let line = plan.fail();
    assert!(line.starts_with("PARAM_ILLEGAL: "), "{line}");
    // The two files of a client certificate are one error.
    let setting = setting.replace("proxy.client-key-path", "proxy.client-cert-path");
    assert!(line.contains(&setting), "{line}");
    assert!(line.contains(part), "{part}\nis not in\n{line}");
}

#[test]
fn a_key_that_others_can_read_or_replace_stops_the_start() {
    for (setting, plan) in plans() {
        let keys = plan.directory.path().join("keys");
        let key = keys.join("secret");
        set_mode(&key, 0o640);
        refused(
            &plan,
            setting,
            "secret: its mode 0640 lets other users use the secret; make it",
        );
        set_mode(&key, 0o600);
        set_mode(&keys, 0o777);
        let expected = "secret: its directory keys has the mode 0777, so that other users can replace \
                        the file; make it 0755 or less";
        refused(&plan, setting, expected);
        if geteuid().is_root() {
            set_mode(&keys, 0o755);
            chown(&key, Some(12345), None).unwrap();
            refused(
                &plan,
                setting,
                "it belongs to the user with the ID 12345, but must belong to root or to the user of \
                 this process, which has the ID 0",
            );
            chown(&key, Some(0), None).unwrap();
            chown(&keys, Some(12345), None).unwrap();
            refused(
                &plan,
                setting,
                "its directory keys belongs to the user with the ID 12345, but must belong to root",
            );
        }
    }
}

#[test]
fn a_group_that_the_settings_name_may_read_a_key() {
    for (setting, plan) in plans() {
        let key = plan.directory.path().join("keys/secret");
        set_mode(&key, 0o640);
        let own = fs::metadata(&key).unwrap().gid();
        let with_other = plan.set(&format!("secrets.group={}", own + 1));
        refused(
            &with_other,
            setting,
            &format!(
                "its mode 0640 lets the group with the ID {own} read the secret, but secrets.group has \
                 the ID {}",
                own + 1
            ),
        );
        let with_none = with_other.set("secrets.group=no-such-group-here");
        refused(
            &with_none,
            // Whichever file is read first.
            "",
            "secrets.group is not usable: there is no group no-such-group-here",
        );
        let with_own = with_none.set(&format!("secrets.group={own}"));
        set_mode(&key, 0o660);
        refused(
            &with_own,
            setting,
            "its mode 0660 lets other users use the secret",
        );
        set_mode(&key, 0o640);
        with_own.spawn().stop();
    }
}

/// Kubernetes mounts a secret as links to a directory for each version. The directory of the links can be
/// written by everyone and has the sticky bit; the group of all is the pod's `fsGroup`.
#[test]
fn a_secret_of_kubernetes_is_accepted_with_its_group() {
    for (_, plan) in plans() {
        let keys = plan.directory.path().join("keys");
        let version = keys.join("..2026_11_21");
        fs::create_dir(&version).unwrap();
        fs::rename(keys.join("secret"), version.join("secret")).unwrap();
        symlink("..2026_11_21", keys.join("..data")).unwrap();
        symlink("..data/secret", keys.join("secret")).unwrap();
        set_mode(&version.join("secret"), 0o440);
        set_mode(&version, 0o2755);
        set_mode(&keys, 0o3777);
        let group = fs::metadata(keys.join("secret")).unwrap().gid();
        plan.set(&format!("secrets.group={group}")).spawn().stop();
    }
}

#[test]
fn a_token_that_others_can_read_is_not_sent() {
    let remote = Remote::http(Reply::config(config("good")));
    let plan = plan();
    let token = plan.directory.write_secret("token", "planted\n");
    set_mode(&token, 0o644);
    let daemon = plan
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .set("remote.bearer-token-path=token")
        .set("ac.route.pull-route-config-exception-retry-delay=100")
        .spawn();
    let log = daemon.log.join("\n");
    let expected = "cannot use the bearer token in token: its mode 0644 lets other users use the secret; \
                    make it 0400 or 0600";
    assert!(log.contains(expected), "{log}");
    assert!(remote.requests().is_empty());
    set_mode(&token, 0o600);
    let requests = remote.wait_for(1);
    assert_eq!(requests[0].header("authorization"), Some("Bearer planted"));
    daemon.stop();
}
