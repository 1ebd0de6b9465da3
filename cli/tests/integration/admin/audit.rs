//! The audit log: every change is recorded before its response, with its caller and both configs.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{apply, audit, good, post, post_with, refusal};
use crate::rules::{config, plan};

#[test]
fn every_change_and_every_attempt_is_a_line() {
    let daemon = plan().spawn();
    let first = daemon.status()["table"]["sha256"].clone();
    let applied = apply(&daemon, &config("one"))["sha256"].clone();
    post_with(&daemon, "/v1/apply", "", &config("two"));
    good(&post(&daemon, "/v1/rollback", r#"{"generation": 1}"#));
    good(&post(&daemon, "/v1/thaw", ""));
    good(&post(&daemon, "/v1/reload", ""));
    good(&post(&daemon, "/v1/freeze", ""));
    post(&daemon, "/v1/reload", "");
    good(&post(&daemon, "/v1/log-level", r#"{"level": "warn"}"#));
    // Queries are not recorded.
    good(&post(&daemon, "/v1/check", &config("one")));
    good(&post(
        &daemon,
        "/v1/explain",
        r#"{"codeValue": "secret-code", "openId": "secret-user"}"#,
    ));
    for path in [
        "/v1/status",
        "/v1/rules",
        "/v1/history",
        "/v1/config",
        "/metrics",
        "/v1/apply",
    ] {
        daemon.admin("GET", path);
    }
    let lines = audit(&daemon);
    let recorded: Vec<(&str, &str)> = lines
        .iter()
        .map(|line| {
            (
                line["action"].as_str().unwrap(),
                line["outcome"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        recorded,
        [
            ("apply", "done"),
            ("apply", "ifMatchMissing"),
            ("rollback", "done"),
            ("thaw", "done"),
            ("reload", "done"),
            ("freeze", "done"),
            ("reload", "frozen"),
            ("logLevel", "done"),
        ]
    );
    assert_eq!((&lines[0]["from"], &lines[0]["to"]), (&first, &applied));
    assert_eq!((&lines[1]["from"], &lines[1]["to"]), (&applied, &applied));
    assert_eq!((&lines[2]["from"], &lines[2]["to"]), (&applied, &first));
    let uid = nix::unistd::Uid::current();
    assert!(lines.iter().all(|line| line["who"] == format!("uid {uid}")));
    assert!(
        lines
            .iter()
            .all(|line| line["time"].as_str().unwrap().len() == 25)
    );
    let path = daemon.directory.path().join("data/audit.jsonl");
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
        0o600
    );
    assert!(!fs::read_to_string(&path).unwrap().contains("secret"));
    let log = daemon.stop().join("\n");
    assert!(!log.contains("secret"), "{log}");
}

#[test]
fn a_change_that_cannot_be_recorded_is_not_made() {
    let daemon = plan().start();
    let path = daemon.directory.path().join("data/audit.jsonl");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let answer = post_with(&daemon, "/v1/apply", super::ANYTHING, &config("one"));
    assert_eq!(refusal(&answer), (507, "notAudited".to_owned()));
    assert_eq!(daemon.status()["table"]["generation"], 1);
    fs::remove_dir(&path).unwrap();
    apply(&daemon, &config("one"));
    assert_eq!(audit(&daemon).len(), 1);
    daemon.stop();
}

#[test]
fn a_start_fails_without_an_audit_log() {
    let line = plan().set("admin.audit-path=/proc/none/audit.jsonl").fail();
    assert!(
        line.starts_with("PARAM_ILLEGAL: admin.audit-path /proc/none/audit.jsonl: "),
        "{line}"
    );
}
