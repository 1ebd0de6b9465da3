//! Pulls and callbacks over TLS without `remote.ca-path`: the roots that the platform trusts decide.

use serde_json::json;

use super::remote::{Remote, Reply};
use super::{config, plan};
use crate::serve::daemon::{Plan, Served};

/// Returns the plan of a daemon that pulls from `remote`, and starts with the preset if that fails.
fn pulling(remote: &Remote) -> Plan {
    let plan = plan().set(&format!("ac.route.pull-route-config-url={}", remote.url()));
    plan.directory.write("remote.pem", &remote.certificate);
    let other = Remote::https("127.0.0.1", Reply::config(config("other")));
    plan.directory.write("other.pem", &other.certificate);
    plan
}

/// Returns the level of the live table, and the reason why the remote's last check failed; empty if it did
/// not.
fn level_and_reason(daemon: &Served) -> (String, String) {
    let status = daemon.status();
    let text = |pointer: &str| {
        let value = status.pointer(pointer);
        value
            .and_then(|value| value.as_str())
            .unwrap_or_default()
            .to_owned()
    };
    (text("/table/level"), text("/sources/remote/lastCheck/why"))
}

#[test]
fn the_platform_decides_whom_a_pull_trusts_unless_the_settings_do() {
    let remote = Remote::https("127.0.0.1", Reply::config(config("remote")));
    let trusted = |plan: Plan| {
        let daemon = plan.spawn();
        assert_eq!(
            level_and_reason(&daemon),
            ("REMOTE".to_owned(), String::new())
        );
        daemon.stop();
    };
    let untrusted = |plan: Plan| {
        let daemon = plan.spawn();
        let (level, why) = level_and_reason(&daemon);
        assert_eq!(level, "PRESET");
        assert!(why.contains("certificate"), "{why}");
        daemon.stop();
    };
    trusted(pulling(&remote).environment("SSL_CERT_FILE", "remote.pem"));
    untrusted(pulling(&remote).environment("SSL_CERT_FILE", "other.pem"));
    // The platform itself knows no certificate that signed itself.
    untrusted(pulling(&remote));
    // The settings replace what the platform trusts, in both directions.
    trusted(
        pulling(&remote)
            .environment("SSL_CERT_FILE", "other.pem")
            .set("remote.ca-path=remote.pem"),
    );
    untrusted(
        pulling(&remote)
            .environment("SSL_CERT_FILE", "remote.pem")
            .set("remote.ca-path=other.pem"),
    );
}

#[test]
fn the_platform_decides_whom_callbacks_trust() {
    let result = json!({"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "Success"});
    let result = json!({"result": result, "routeConfigData": config("called")}).to_string();
    let remote = Remote::https("127.0.0.1", Reply::config(&*result));
    let store = Remote::https("127.0.0.1", Reply::config(&*result));
    for (roots, level, save_fails) in [
        (vec![&remote, &store], "REMOTE", false),
        (vec![&remote], "REMOTE", true),
        (vec![&store], "LOCAL", false),
        (vec![], "PRESET", false),
    ] {
        let plan = pulling(&remote)
            .set(&format!(
                "ac.route.pull-route-config-url=callback+{}",
                remote.url()
            ))
            .set(&format!(
                "ac.route.save-route-config-path=callback+{}",
                store.url()
            ))
            .environment("SSL_CERT_FILE", "roots.pem");
        let other = std::fs::read_to_string(plan.directory.path().join("other.pem")).unwrap();
        let trusted = roots.iter().map(|server| server.certificate.as_str());
        let trusted: String = [&*other].into_iter().chain(trusted).collect();
        plan.directory.write("roots.pem", trusted);
        let daemon = plan.spawn();
        let (actual, why) = level_and_reason(&daemon);
        assert_eq!(actual, level);
        assert_eq!(why.contains("certificate"), level != "REMOTE", "{why}");
        let failure = daemon.status()["save"]["failure"].to_string();
        assert_eq!(failure.contains("certificate"), save_fails, "{failure}");
        daemon.stop();
    }
}

#[test]
fn a_directory_can_have_the_roots_of_the_platform_in_files_of_any_name() {
    let remote = Remote::https("127.0.0.1", Reply::config(config("remote")));
    let plan = pulling(&remote);
    std::fs::create_dir(plan.directory.path().join("roots")).unwrap();
    plan.directory
        .write("roots/remote.crt", &remote.certificate);
    let daemon = plan.environment("SSL_CERT_DIR", "roots").spawn();
    assert_eq!(level_and_reason(&daemon).0, "REMOTE");
    daemon.stop();
}

#[test]
fn a_platform_without_roots_is_an_error_that_names_the_setting() {
    let remote = Remote::https("127.0.0.1", Reply::config(config("remote")));
    let plan = pulling(&remote)
        .environment("SSL_CERT_FILE", "empty.pem")
        .environment("SSL_CERT_DIR", "");
    plan.directory.write("empty.pem", "");
    let line = plan.fail();
    assert!(
        line.starts_with("PARAM_ILLEGAL: remote.ca-path must name the certificates to trust: "),
        "{line}"
    );
}
