//! The decision log, from outside.

mod file;
mod log;
mod tail;

use std::fs;

use serde_json::Value;

use crate::rules::remote::wait_until;
use crate::serve::client::body;
use crate::serve::daemon::{Plan, Served};

/// The name of the log in the directory of a daemon.
const LOG: &str = "decisions.jsonl";

/// A code value that the rule `order` decodes, and what the log shows of it.
const CODE: &str = "28100104secret-code";
const MASKED_CODE: &str = "2810*";

/// An openId, and what the log shows of it.
const OPEN_ID: &str = "secret-user-42";
const MASKED_OPEN_ID: &str = "*42";

/// Returns a plan whose decision log is on.
fn plan() -> Plan {
    Plan::new()
        .set(&format!("decision-log.path={LOG}"))
        .set("serve.worker-threads=2")
}

/// Returns the text of the log; empty without one.
fn text(daemon: &Served) -> String {
    fs::read_to_string(daemon.directory.path().join(LOG)).unwrap_or_default()
}

/// Waits until the log has this many lines.
fn lines(daemon: &Served, count: usize) -> Vec<Value> {
    let text = wait_until("the lines of the log", || {
        let text = text(daemon);
        (text.lines().count() >= count && text.ends_with('\n')).then_some(text)
    });
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), count, "{text}");
    lines
}

/// Returns the number of lines with this outcome.
fn outcome(daemon: &Served, outcome: &str) -> f64 {
    let samples = daemon.metrics();
    samples.get(&format!(
        "codeid_decision_log_lines_total{{outcome=\"{outcome}\"}}"
    ))
}

/// Sends requests in every way. Returns the number of code values in them.
fn identify_in_every_way(daemon: &Served) -> usize {
    let element = body(CODE, OPEN_ID);
    for mut client in [daemon.tcp(), daemon.unix()] {
        assert_eq!(client.identify(CODE, OPEN_ID).status, 200);
        let batch = format!("[{element},7,{}]", body("28", "no"));
        assert_eq!(client.post("/v1/identifyCodes", batch).status, 200);
    }
    let mut resp = daemon.resp();
    resp.command(&["IDENTIFY", CODE, OPEN_ID]);
    resp.command(&["IDENTIFY", CODE, OPEN_ID, "AS", "JSON"]);
    resp.command(&["IDENTIFY", CODE]);
    resp.command(&["MIDENTIFY", CODE, OPEN_ID, "29", OPEN_ID]);
    resp.command(&["MULTI"]);
    resp.command(&["IDENTIFY", CODE, OPEN_ID]);
    resp.command(&["EXEC"]);
    2 * (1 + 3) + 1 + 1 + 1 + 2 + 1
}
