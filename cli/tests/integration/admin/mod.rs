//! The admin plane from outside: its queries, its commands, their callers and the audit log.

pub(crate) mod access;
mod audit;
mod changes;
mod drain;
mod explain;
mod figures;
mod flood;
mod forget;
mod freeze;
mod health;
mod large_answers;
mod openapi;
mod plane;
mod schemathesis;

use serde_json::Value;

use crate::serve::client::{Client, Response};
use crate::serve::daemon::Served;

/// The header that lets any live config be replaced.
const ANYTHING: &str = "If-Match: *\r\n";

/// A connection to the Unix socket.
fn client(daemon: &Served) -> Client {
    Client::unix(&daemon.directory.path().join("run/codeid.admin.sock"))
}

/// Sends a POST of JSON to the Unix socket.
pub(crate) fn post(daemon: &Served, path: &str, body: &str) -> Response {
    post_with(daemon, path, "", body)
}

/// Sends a POST of JSON with further headers, each with its line end.
pub(crate) fn post_with(daemon: &Served, path: &str, headers: &str, body: &str) -> Response {
    let mut client = client(daemon);
    client.send(format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    client.receive()
}

/// Returns the JSON of an answer, which must be a success.
pub(crate) fn good(answer: &Response) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()
}

/// Returns the status and the error code of an answer, which must be a refusal with a sentence.
fn refusal(answer: &Response) -> (u16, String) {
    let json = answer.json();
    assert!(
        json["detail"].as_str().unwrap().ends_with(['.', ')']),
        "{json}"
    );
    (answer.status, json["error"].as_str().unwrap().to_owned())
}

/// Makes a config live, whichever is.
pub(crate) fn apply(daemon: &Served, config: &str) -> Value {
    good(&post_with(daemon, "/v1/apply", ANYTHING, config))
}

/// Returns the version of the live config.
fn version(daemon: &Served) -> String {
    daemon.status()["table"]["version"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Returns the lines of the audit log.
fn audit(daemon: &Served) -> Vec<Value> {
    let text = std::fs::read_to_string(daemon.directory.path().join("data/audit.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}
