//! The audit log: an action is recorded before it takes effect, and its outcome before its response.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use codeid_daemon::api::admin::ROUTES;
use serde_json::Value;

use super::{ANYTHING, apply, audit, client, good, post, post_with, refusal};
use crate::rules::{config, plan, store};
use crate::serve::client::Client;
use crate::serve::daemon::{PATIENCE, Plan};

#[test]
fn the_lines_of_an_action_name_its_trace() {
    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let daemon = plan().spawn();
    let traced = format!("traceparent: {PARENT}\r\n");
    good(&post_with(&daemon, "/v1/reload", &traced, ""));
    good(&post_with(
        &daemon,
        "/v1/reload",
        "traceparent: 00-0-0-0\r\n",
        "",
    ));
    assert_eq!(post_with(&daemon, "/v1/apply", &traced, "").status, 428);
    let lines = audit(&daemon);
    let traces: Vec<_> = lines.iter().map(|line| line.get("traceparent")).collect();
    let parent = Value::from(PARENT);
    assert_eq!(traces, [Some(&parent), Some(&parent), None, None, None]);
    sound(daemon.directory.path());
    let log = daemon.stop();
    let named = format!("request{{traceparent=\"{PARENT}\"}}");
    let commands: Vec<_> = log
        .iter()
        .filter(|line| line.contains("admin command"))
        .collect();
    assert_eq!(commands.len(), 3, "{log:#?}");
    assert!(commands[0].contains(&named), "{}", commands[0]);
    assert!(!commands[1].contains("traceparent"), "{}", commands[1]);
    assert!(commands[2].contains(&named), "{}", commands[2]);
}

#[test]
fn every_change_and_every_attempt_is_a_line() {
    let daemon = plan().spawn();
    let first = daemon.status()["table"]["sha256"].clone();
    let applied = apply(&daemon, &config("one"))["sha256"].clone();
    post_with(&daemon, "/v1/apply", "", &config("two"));
    good(&post(&daemon, "/v1/rollback", r#"{"generation": 1}"#));
    good(&post(&daemon, "/v1/thaw", ""));
    good(&post(&daemon, "/v1/reload", ""));
    good(&post(&daemon, "/v1/freeze", r#"{"reason": "hold it"}"#));
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
            ("apply", "intended"),
            ("apply", "done"),
            ("apply", "ifMatchMissing"),
            ("rollback", "intended"),
            ("rollback", "done"),
            ("thaw", "intended"),
            ("thaw", "done"),
            ("reload", "intended"),
            ("reload", "done"),
            ("freeze", "intended"),
            ("freeze", "done"),
            ("reload", "intended"),
            ("reload", "frozen"),
            ("logLevel", "intended"),
            ("logLevel", "done"),
        ]
    );
    for at in [0, 1] {
        assert_eq!((&lines[at]["from"], &lines[at]["to"]), (&first, &applied));
    }
    for at in [3, 4] {
        assert_eq!((&lines[at]["from"], &lines[at]["to"]), (&applied, &first));
    }
    assert_eq!(lines[9]["reason"], "hold it");
    assert_eq!(lines[13]["level"], "warn");
    for (intent, outcome) in [(0, 1), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14)] {
        assert_eq!(lines[outcome]["intent"], lines[intent]["seq"]);
    }
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
    let answer = post_with(&daemon, "/v1/apply", ANYTHING, &config("one"));
    assert_eq!(refusal(&answer), (507, "notAudited".to_owned()));
    assert_eq!(daemon.status()["table"]["generation"], 1);
    fs::remove_dir(&path).unwrap();
    apply(&daemon, &config("one"));
    assert_eq!(audit(&daemon).len(), 2);
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

/// Runs `codeid audit verify` in a directory of a daemon.
fn verify(directory: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codeid"));
    let command = command.args(["audit", "verify", "--json"]);
    command.current_dir(directory).output().unwrap()
}

/// Returns the report of a log that is sound.
fn sound(directory: &Path) -> Value {
    let output = verify(directory);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(output.status.success(), "{report}");
    report
}

/// Whatever the action, it is refused if it cannot be recorded, and nothing changes.
#[test]
fn no_action_takes_effect_without_a_record() {
    let daemon = plan().start();
    apply(&daemon, &config("one"));
    let saved = store(daemon.directory.path());
    fs::write(&saved, config("saved")).unwrap();
    let path = daemon.directory.path().join("data/audit.jsonl");
    let aside = daemon.directory.path().join("data/aside");
    let state = || {
        let mut status = daemon.status();
        (
            status["table"].take(),
            status["freeze"].take(),
            status["daemon"]["logLevel"].take(),
        )
    };
    let before = state();
    fs::rename(&path, &aside).unwrap();
    fs::create_dir(&path).unwrap();
    let actions: Vec<_> = ROUTES
        .iter()
        .filter(|route| route.action.is_some())
        .collect();
    assert!(actions.len() >= 7);
    for route in actions {
        let body = match route.path {
            "/v1/apply" => config("two"),
            "/v1/rollback" => r#"{"generation": 1}"#.to_owned(),
            "/v1/log-level" => r#"{"level": "error"}"#.to_owned(),
            _ => "{}".to_owned(),
        };
        let upgrade = "Connection: Upgrade\r\nUpgrade: codeid-take-over/1\r\n";
        let headers = match route.path {
            "/v1/take-over" => format!("{ANYTHING}{upgrade}"),
            _ => ANYTHING.to_owned(),
        };
        let refused = post_with(&daemon, route.path, &headers, &body);
        assert_eq!(
            refusal(&refused),
            (507, "notAudited".to_owned()),
            "{}",
            route.path
        );
    }
    assert_eq!(state(), before);
    assert!(saved.exists());
    assert_eq!(daemon.admin("GET", "/readyz").status, 200);
    fs::remove_dir(&path).unwrap();
    fs::rename(&aside, &path).unwrap();
    good(&post(&daemon, "/v1/thaw", ""));
    assert_eq!(sound(daemon.directory.path())["lines"], 4);
    daemon.stop();
}

/// The config that a killed daemon leaves is always one whose apply was recorded.
#[test]
fn a_killed_daemon_leaves_no_change_without_a_record() {
    let mut directory = plan().directory;
    for round in 0..8_u32 {
        let daemon = Plan::bare_in(directory).set("listen.http=off").spawn();
        let socket = daemon.directory.path().join("run/codeid.admin.sock");
        let applying = thread::spawn(move || {
            for number in 0.. {
                let body = config(&format!("{round}-{number}"));
                let Ok(mut client) = Client::try_unix(&socket) else {
                    return;
                };
                let head = format!(
                    "POST /v1/apply HTTP/1.1\r\nHost: localhost\r\nIf-Match: *\r\n\
                     Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                );
                if client.try_send(head + &body).is_err() || client.try_receive(true).is_err() {
                    return;
                }
            }
        });
        // After a number of applies that differs from round to round, in the middle of the next.
        while audit(&daemon).len() < 3 + usize::try_from(round).unwrap() {
            thread::yield_now();
        }
        directory = daemon.kill();
        applying.join().unwrap();
        let daemon = Plan::bare_in(directory).set("listen.http=off").spawn();
        let live = daemon.status()["table"]["sha256"].clone();
        let lines = audit(&daemon);
        assert!(
            lines
                .iter()
                .any(|line| line["to"] == live && line["outcome"] == "intended"),
            "{live} was never intended"
        );
        directory = daemon.kill();
        sound(directory.path());
    }
}

#[test]
fn a_change_of_a_line_is_found_and_a_torn_line_is_repaired() {
    let daemon = plan().spawn();
    for version in ["one", "two", "three"] {
        apply(&daemon, &config(version));
    }
    let directory = daemon.kill();
    let path = directory.path().join("data/audit.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("uid", "UID", 1)).unwrap();
    let output = verify(directory.path());
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["faults"][0]["line"], 2, "{report}");
    assert_eq!(report["faults"][0]["kind"], "wrongDigest");

    fs::write(&path, text + r#"{"seq": 7, "ti"#).unwrap();
    assert_eq!(verify(directory.path()).status.code(), Some(1));
    let daemon = Plan::bare_in(directory).set("listen.http=off").spawn();
    assert_eq!(audit(&daemon).last().unwrap()["action"], "repair");
    assert_eq!(sound(daemon.directory.path())["last"], 7);
    daemon.stop();
}

#[test]
fn a_long_log_is_rotated() {
    let daemon = plan().set("admin.audit-max-bytes=65536").start();
    while sound(daemon.directory.path())["files"]
        .as_array()
        .unwrap()
        .len()
        < 3
    {
        for _ in 0..50 {
            good(&post(
                &daemon,
                "/v1/freeze",
                &format!("{{\"reason\": \"{}\"}}", "x".repeat(200)),
            ));
        }
    }
    daemon.stop();
}

#[test]
fn a_caller_without_a_token_has_one_line_a_minute() {
    let daemon = plan().start();
    let mut admin = client(&daemon);
    admin.send("POST /v1/drain HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(admin.receive().status, 403);
    for _ in 0..200 {
        let mut admin = client(&daemon);
        admin.send("POST /v1/drain HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(admin.receive().status, 403);
    }
    let lines = audit(&daemon);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["outcome"], "foreignOrigin");
    // The rest is written at the end.
    let log = daemon.directory.path().join("data/audit.jsonl");
    let copy = daemon.directory.path().join("../").canonicalize().unwrap();
    let copy = copy.join(format!("codeid-audit-{}", std::process::id()));
    fs::hard_link(&log, &copy).unwrap();
    daemon.stop();
    let text = fs::read_to_string(&copy).unwrap();
    fs::remove_file(&copy).unwrap();
    let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(last["count"], 200);
}

#[test]
fn syslog_suffices_while_the_file_cannot_be_written() {
    let plan = plan().set("admin.audit-syslog-path=log");
    let syslog = UnixDatagram::bind(plan.directory.path().join("log")).unwrap();
    syslog.set_read_timeout(Some(PATIENCE)).unwrap();
    let daemon = plan.start();
    let path = daemon.directory.path().join("data/audit.jsonl");
    let aside = daemon.directory.path().join("data/aside");
    fs::rename(&path, &aside).unwrap();
    fs::create_dir(&path).unwrap();
    apply(&daemon, &config("one"));
    let mut bytes = [0; 4096];
    for outcome in ["intended", "done"] {
        let length = syslog.recv(&mut bytes).unwrap();
        let line = String::from_utf8_lossy(&bytes[..length]);
        assert!(
            line.starts_with("<85>codeid[") && line.contains(outcome),
            "{line}"
        );
    }
    fs::remove_dir(&path).unwrap();
    fs::rename(&aside, &path).unwrap();
    apply(&daemon, &config("two"));
    assert_eq!(sound(daemon.directory.path())["lines"], 4);
    daemon.stop();
}
