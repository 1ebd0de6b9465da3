//! The admin plane from outside: what it shows, what it changes, for whom, and what it writes down.

mod access;
mod audit;
mod drain;
mod explain;
mod hold;
mod openapi;
mod plane;
mod schemathesis;
mod steer;

use serde_json::Value;

use crate::serve::client::{Client, Response};
use crate::serve::daemon::Served;

/// The header that lets whatever serves be replaced.
const ANYTHING: &str = "If-Match: *\r\n";

/// A connection to the Unix socket.
fn client(daemon: &Served) -> Client {
    Client::unix(&daemon.directory.path().join("run/codeid.admin.sock"))
}

/// What a POST of JSON is answered there.
fn post(daemon: &Served, path: &str, body: &str) -> Response {
    post_with(daemon, path, "", body)
}

/// The same with more headers, each with its line's end.
fn post_with(daemon: &Served, path: &str, headers: &str, body: &str) -> Response {
    let mut client = client(daemon);
    client.send(format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    client.receive()
}

/// The JSON of an answer that must be one of success.
fn good(answer: &Response) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()
}

/// The status and the word of an answer that must be a refusal, with a sentence.
fn refusal(answer: &Response) -> (u16, String) {
    let json = answer.json();
    assert!(
        json["detail"].as_str().unwrap().ends_with(['.', ')']),
        "{json}"
    );
    (answer.status, json["error"].as_str().unwrap().to_owned())
}

/// Has a config serve, whatever does.
fn apply(daemon: &Served, config: &str) -> Value {
    good(&post_with(daemon, "/v1/apply", ANYTHING, config))
}

/// The version of what serves.
fn version(daemon: &Served) -> String {
    daemon.status()["table"]["version"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The lines of the audit log.
fn audit(daemon: &Served) -> Vec<Value> {
    let text = std::fs::read_to_string(daemon.directory.path().join("data/audit.jsonl")).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}
