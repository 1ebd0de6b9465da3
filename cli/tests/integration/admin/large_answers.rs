//! Answers that are too large to be made at once: they are made as they are read.

use codeid_daemon::api::check::Checked;
use codeid_daemon::api::explain::Explained;
use codeid_daemon::api::history::History;
use codeid_daemon::api::refusal::{ErrorCode, Refusal};
use codeid_daemon::api::rules::Rules;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{ANYTHING, apply, client, post, post_with};
use crate::rules::{large_config, plan};
use crate::serve::client::{Client, Response};
use crate::serve::daemon::{Plan, Process, Served};

/// The number of connections that the admin plane serves at once on its Unix socket.
const READERS: usize = 16;

/// Returns a config with rules that all accept 281, and have the same action.
fn overlapping(version: &str, action: &Value) -> String {
    let rules: Vec<_> = (0..700)
        .map(|n| json!({"id": format!("rule-{n}"), "match": {"prefix": "281"}, "action": action}))
        .collect();
    json!({"format": "codeid/1", "version": version, "rules": rules}).to_string()
}

/// Requires that a body is the document of this type, byte for byte, and that it came in pieces if it is
/// longer than one.
fn exact<T: DeserializeOwned + Serialize>(status: u16, answer: &Response) -> T {
    assert_eq!(answer.status, status);
    let document: T = serde_json::from_slice(&answer.body).unwrap();
    let mut expected = serde_json::to_vec(&document).unwrap();
    expected.push(b'\n');
    assert_eq!(answer.body.len(), expected.len());
    assert!(answer.body == expected);
    let is_long = expected.len() > 64 << 10;
    assert_eq!(answer.header("transfer-encoding").is_some(), is_long);
    assert_eq!(answer.header("content-length").is_none(), is_long);
    document
}

#[test]
fn large_documents_are_those_of_the_api_byte_for_byte() {
    let decode = json!({"type": "DECODE"});
    let text = overlapping("one", &decode);
    let plan = plan();
    plan.directory.write("routes.json", &text);
    let daemon = plan
        .set("ac.route.preset-route-config-path=routes.json")
        .start();

    let rules: Rules = exact(200, &daemon.admin("GET", "/v1/rules"));
    assert_eq!((rules.rules.len(), rules.rules[699].position), (700, 700));
    let request = r#"{"codeValue": "28100104", "openId": "user-42"}"#;
    let explained: Explained = exact(200, &post(&daemon, "/v1/explain", request));
    assert_eq!(explained.explanation.len(), 700);
    assert_eq!(explained.explanation[699].rule, "rule-699");
    let unsupported = overlapping("two", &json!({"type": "UNSUPPORTED"}));
    let checked: Checked = exact(200, &post(&daemon, "/v1/check", &unsupported));
    assert_eq!(checked.warnings.len(), 699);
    let changes = checked.changes.unwrap();
    assert_eq!((changes.changed.len(), changes.rules.len()), (700, 700));
    let bad = overlapping("three", &json!({"type": "NONE", "more": 1}));
    let refused: Checked = exact(200, &post(&daemon, "/v1/check", &bad));
    assert!(!refused.ok && refused.problems.len() >= 700);
    let problems = refused.problems;
    let refused: Refusal = exact(422, &post_with(&daemon, "/v1/apply", ANYTHING, &bad));
    assert_eq!(refused.error, ErrorCode::Refused);
    assert_eq!(refused.problems, problems);
    apply(&daemon, &unsupported);
    let history: History = exact(200, &daemon.admin("GET", "/v1/history"));
    assert_eq!(history.entries.len(), 2);

    for (path, text) in [("/v1/config", &unsupported), ("/v1/history/1", &text)] {
        let answer = daemon.admin("GET", path);
        assert_eq!(answer.body, text.as_bytes());
        let length = text.len().to_string();
        assert_eq!(answer.header("content-length"), Some(&*length));
    }
    assert_eq!(daemon.admin("HEAD", "/v1/rules").body, b"");
    // HTTP/1.0 has no pieces: the body ends with the connection.
    let whole = daemon.admin("GET", "/v1/rules").body;
    let mut old = client(&daemon);
    old.send("GET /v1/rules HTTP/1.0\r\nHost: localhost\r\n\r\n");
    assert!(old.rest().ends_with(&whole));
    daemon.stop();
}

#[test]
fn the_metrics_of_many_rules_have_every_line_once() {
    let plan = plan();
    let text = overlapping("one", &json!({"type": "DECODE"}));
    plan.directory.write("routes.json", text);
    let daemon = plan
        .set("ac.route.preset-route-config-path=routes.json")
        .start();
    assert_eq!(daemon.unix().identify("28100104", "user-42").status, 200);
    let answer = daemon.admin("GET", "/metrics");
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
    let text = String::from_utf8(answer.body).unwrap();
    for metric in [
        "codeid_rule_decided_total",
        "codeid_rule_refused_by_canary_total",
    ] {
        let lines = text.lines().filter(|line| line.starts_with(metric));
        let lines: Vec<&str> = lines.collect();
        assert_eq!(lines.len(), 700);
        for (n, line) in lines.into_iter().enumerate() {
            let decided = u8::from(n == 0 && metric.contains("decided"));
            assert_eq!(line, format!("{metric}{{rule=\"rule-{n}\"}} {decided}"));
        }
        let described = text.matches(&format!("# TYPE {metric} counter\n")).count();
        assert_eq!(described, 1);
    }
    assert!(text.contains("\ncodeid_connections_open{") && text.ends_with('\n'));
    daemon.stop();
}

/// Returns a daemon whose rules are larger than the buffers of sockets.
fn with_large_rules() -> Process {
    let plan = Plan::bare()
        .set("listen.http=off")
        .set("ac.route.max-config-characters=1000000");
    plan.directory
        .write("routes.json", large_config("one", 800_000));
    plan.set("ac.route.preset-route-config-path=routes.json")
        .spawn()
}

/// Sends a request whose answer is not read yet.
fn begin(daemon: &Served, path: &str) -> Client {
    let mut reader = client(daemon);
    reader.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    reader.wait_for_response();
    reader
}

#[test]
fn a_document_is_of_one_table_although_another_becomes_live_meanwhile() {
    let daemon = with_large_rules();
    let mut reader = begin(&daemon, "/v1/rules");
    apply(&daemon, &large_config("two", 1000));
    let rules: Rules = exact(200, &reader.receive());
    assert_eq!((rules.generation, &*rules.version), (1, "one"));
    assert!(rules.rules.len() > 5000);
    assert_eq!(rules.rules.last().unwrap().id, "one");
    daemon.stop();
}

#[test]
fn slow_readers_hold_no_copies_of_an_answer() {
    let daemon = with_large_rules();
    for path in ["/v1/config", "/v1/rules"] {
        let whole = daemon.admin("GET", path).body;
        let before = daemon.resident_bytes();
        let mut readers: Vec<_> = (0..READERS).map(|_| begin(&daemon, path)).collect();
        let grown = daemon.resident_bytes().saturating_sub(before);
        assert!(
            grown < READERS / 2 * whole.len(),
            "{path}: {grown} bytes for {READERS} answers of {}",
            whole.len()
        );
        for reader in &mut readers {
            assert!(reader.receive().body == whole);
        }
    }
    daemon.stop();
}
