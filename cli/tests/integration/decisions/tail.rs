//! `codeid tail`, and the stream that it shows.

use std::fs;
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::{CODE, MASKED_CODE, MASKED_OPEN_ID, OPEN_ID, identify_in_every_way, lines, plan};
use crate::resp::client::command;
use crate::rules::remote::wait_until;
use crate::serve::client::Client;
use crate::serve::daemon::{Plan, Served};

/// Starts `codeid tail` with these arguments, and waits until it is shown decisions beside `others` watchers.
fn tail(daemon: &Served, others: usize, arguments: &[&str]) -> Child {
    let child = Command::new(env!("CARGO_BIN_EXE_codeid"))
        .arg("tail")
        .args(arguments)
        .arg("--socket")
        .arg(daemon.directory.path().join("run/codeid.admin.sock"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_watchers(daemon, others + 1);
    child
}

fn wait_for_watchers(daemon: &Served, count: usize) {
    wait_until("watchers", || {
        (daemon.status()["daemon"]["decisionWatchers"] == count).then_some(())
    });
}

/// Waits for its end, which must be a success. Returns its output and what it wrote to standard error.
fn texts(child: Child) -> (String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    let (stdout, stderr) = (
        String::from_utf8(stdout).unwrap(),
        String::from_utf8(stderr).unwrap(),
    );
    assert!(status.success(), "{status}: {stdout}{stderr}");
    (stdout, stderr)
}

/// A client that watches, and takes nothing until it is asked to.
fn watch(daemon: &Served, body: &str) -> Client {
    let mut client = Client::unix(&daemon.directory.path().join("run/codeid.admin.sock"));
    client.send(format!(
        "POST /v1/decisions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    client
}

/// Returns the status of the response that a watcher gets.
fn status(client: &mut Client) -> u16 {
    let line = client.line().unwrap();
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_tail_shows_the_decisions_of_every_listener_without_a_log() {
    let daemon = Plan::new().start();
    let child = tail(&daemon, 0, &["--json", "--count", "14"]);
    assert_eq!(identify_in_every_way(&daemon), 14);
    let (stdout, _) = texts(child);
    let lines: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 14);
    for listener in ["http", "unix", "resp"] {
        let decided = |line: &&Value| line["listener"] == listener && line["rule"] == "order";
        let line = lines.iter().find(decided).unwrap();
        assert_eq!(line["codeValue"], MASKED_CODE);
        assert_eq!(line["openId"], MASKED_OPEN_ID);
    }
    assert!(!stdout.contains("secret"), "{stdout}");
    assert_eq!(daemon.status()["daemon"]["decisionLog"], Value::Null);
    wait_for_watchers(&daemon, 0);
}

#[test]
fn a_tail_shows_the_decisions_of_its_rules_as_rows() {
    let daemon = Plan::new().start();
    let arguments = ["--rule", "order", "--rule", "@none", "--count", "2"];
    let child = tail(&daemon, 0, &arguments);
    let mut client = daemon.tcp();
    for code in [CODE, "https://qr.example.com/secret", "29"] {
        client.identify(code, OPEN_ID);
    }
    let (stdout, _) = texts(child);
    let rows: Vec<Vec<&str>> = stdout
        .lines()
        .map(|row| row.split_whitespace().skip(1).collect())
        .collect();
    assert_eq!(
        rows,
        [
            ["http", "DECODE", "order", MASKED_CODE, "19", MASKED_OPEN_ID],
            ["http", "UNSUPPORTED", "-", "*", "2", MASKED_OPEN_ID],
        ]
    );
}

#[test]
fn a_share_of_0_shows_nothing_and_a_log_keeps_its_hashes_to_itself() {
    let plan = plan()
        .set("decision-log.values=hashed")
        .set("decision-log.hash-key-path=key");
    plan.directory.write_secret("key", "x".repeat(32));
    let daemon = plan.start();
    let none = tail(&daemon, 0, &["--json", "--sample", "0"]);
    let all = tail(&daemon, 1, &["--json", "--count", "1"]);
    daemon.tcp().identify(CODE, OPEN_ID);
    let (stdout, _) = texts(all);
    assert_eq!(
        serde_json::from_str::<Value>(&stdout).unwrap()["codeValue"],
        MASKED_CODE
    );
    let logged = lines(&daemon, 1);
    assert_eq!(logged[0]["codeValue"].as_str().unwrap().len(), 32);
    interrupt(&none);
    assert_eq!(texts(none).0, "");
}

fn interrupt(child: &Child) {
    let process = Pid::from_raw(i32::try_from(child.id()).unwrap());
    kill(process, Signal::SIGINT).unwrap();
}

#[test]
fn a_drain_ends_a_tail_and_both_are_in_the_audit_log() {
    let daemon = Plan::new().spawn();
    let child = tail(&daemon, 0, &["--json"]);
    daemon.tcp().identify(CODE, OPEN_ID);
    assert_eq!(crate::admin::post(&daemon, "/v1/drain", "").status, 200);
    let (stdout, stderr) = texts(child);
    assert_eq!(stdout.lines().count(), 1);
    assert!(stderr.contains("it is stopping or was drained"), "{stderr}");
    let refused = status(&mut watch(&daemon, "{}"));
    assert_eq!(refused, 409);
    let outcomes = wait_until("the end in the audit log", || {
        let text = fs::read_to_string(daemon.directory.path().join("data/audit.jsonl")).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let outcomes: Vec<Value> = lines
            .filter(|line: &Value| line["action"] == "tail")
            .map(|line| line["outcome"].clone())
            .collect();
        outcomes.contains(&json!("done")).then_some(outcomes)
    });
    assert_eq!(outcomes[0], "intended");
    daemon.stop();
}

#[test]
fn the_stop_of_a_daemon_ends_a_tail() {
    let daemon = Plan::new().spawn();
    let child = tail(&daemon, 0, &[]);
    daemon.stop();
    let (_, stderr) = texts(child);
    assert!(stderr.contains("it is stopping or was drained"), "{stderr}");
}

#[test]
fn four_clients_may_watch_and_a_fifth_once_one_has_gone() {
    let daemon = Plan::new().start();
    let mut watching: Vec<Client> = (0..4).map(|_| watch(&daemon, "{}")).collect();
    for client in &mut watching {
        assert_eq!(status(client), 200);
    }
    assert_eq!(status(&mut watch(&daemon, "{}")), 429);
    drop(watching.pop());
    wait_for_watchers(&daemon, 3);
    assert_eq!(status(&mut watch(&daemon, "{}")), 200);
    // The others of the plane's connections are for others.
    assert_eq!(daemon.admin("GET", "/v1/status").status, 200);
}

#[test]
fn a_filter_that_means_nothing_is_refused() {
    let daemon = Plan::new().start();
    for body in [
        r#"{"rules": ["a b"]}"#,
        r#"{"sample": 1.5}"#,
        r#"{"sample": -1}"#,
        r#"{"rule": "a"}"#,
        "",
    ] {
        assert_eq!(status(&mut watch(&daemon, body)), 400, "{body}");
    }
    wait_for_watchers(&daemon, 0);
}

#[test]
fn a_client_that_is_too_slow_is_shown_how_many_decisions_it_has_lost() {
    const BATCHES: usize = 40;
    let daemon = Plan::new().set("serve.worker-threads=1").start();
    let mut slow = watch(&daemon, "{}");
    assert_eq!(status(&mut slow), 200);
    let mut arguments = vec!["MIDENTIFY"];
    arguments.extend([CODE, OPEN_ID].repeat(1024));
    let batch = command(&arguments);
    let mut resp = daemon.resp();
    for _ in 0..BATCHES {
        resp.send(&batch);
        resp.receive();
    }
    let (mut shown, mut lost) = (0, 0);
    while shown + lost < BATCHES * 1024 {
        let line = slow.line().unwrap();
        if let Some(count) = line.strip_prefix("{\"dropped\":") {
            lost += count
                .trim_end()
                .trim_end_matches('}')
                .parse::<usize>()
                .unwrap();
        } else if line.starts_with('{') {
            shown += 1;
        }
    }
    assert_eq!(shown + lost, BATCHES * 1024);
    assert!(shown > 0 && lost > 0, "{shown} shown, {lost} lost");
}
