//! Long requests: they are answered in slices, between which others have their turn, from the table that
//! they began with.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::client::{body, request};
use super::daemon::{Plan, Served};
use crate::admin::apply;
use crate::resp::client::{Reply, command};
use crate::rules::{CODE, config, plan};

const BATCH: &str = "/v1/identifyCodes";

/// Responses that other clients get while one long request is answered. Without slices there are a few,
/// between the reads of the request.
const MANY: usize = 30;

/// A batch of the most and longest code values that a rule with a pattern has to look at.
fn long_codes() -> Vec<String> {
    vec![format!("28100104{}", "a".repeat(8184)); 1024]
}

fn batch(codes: &[String]) -> String {
    let elements: Vec<String> = codes.iter().map(|code| body(code, "user-42")).collect();
    format!("[{}]", elements.join(","))
}

fn several(codes: &[String]) -> Vec<u8> {
    let pairs = codes.iter().flat_map(|code| [code.as_str(), "user-42"]);
    command(&[&["MIDENTIFY"], pairs.collect::<Vec<_>>().as_slice()].concat())
}

/// Counts what `other` does until `long` has returned.
fn count_during(long: impl FnOnce() + Send, mut other: impl FnMut()) -> usize {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            long();
            is_over.store(true, Ordering::SeqCst);
        });
        let mut count = 0;
        while !is_over.load(Ordering::SeqCst) {
            other();
            count += 1;
        }
        count
    })
}

#[test]
fn a_long_batch_does_not_hold_up_other_clients() {
    let daemon = Plan::new().set("serve.worker-threads=1").start();
    let request = request(BATCH, batch(&long_codes()));
    let (mut long, mut other) = (daemon.unix(), daemon.unix());
    long.send(request);
    let answered = count_during(
        || {
            let responses = long.receive().json();
            assert_eq!(responses.as_array().unwrap().len(), 1024);
        },
        || assert_eq!(other.identify("28100104x", "user-42").status, 200),
    );
    assert!(answered > MANY, "{answered}");
}

#[test]
fn a_malformed_batch_does_not_hold_up_other_clients() {
    let daemon = Plan::new().set("serve.worker-threads=1").start();
    let body = batch(&long_codes()).replace(']', "}");
    let (mut long, mut other) = (daemon.unix(), daemon.unix());
    long.send(request(BATCH, body));
    let answered = count_during(
        || assert_eq!(long.receive().status, 400),
        || assert_eq!(other.identify("28100104x", "user-42").status, 200),
    );
    assert!(answered > MANY, "{answered}");
}

#[test]
fn a_long_command_does_not_hold_up_other_clients() {
    let daemon = Plan::new().set("serve.worker-threads=1").start();
    let (mut long, mut other) = (daemon.resp(), daemon.resp());
    long.send(several(&long_codes()));
    let answered = count_during(
        || {
            let Reply::Array(replies) = long.receive() else {
                panic!("not an array");
            };
            assert_eq!(replies.len(), 1024);
        },
        || assert_eq!(other.command(&["PING"]), Reply::simple("PONG")),
    );
    assert!(answered > MANY, "{answered}");
}

/// Checks that a request which was sent before is answered from one table, while others replace it.
fn holds_its_table(daemon: &Served, mut labels: impl FnMut() -> Vec<String>) {
    for label in ["second", "third"] {
        // Not the next config nor the one after it waits for the request.
        assert_eq!(apply(daemon, &config(label))["outcome"], "activated");
        let live = daemon.unix().identify(CODE, "user-42").json();
        assert_eq!(live["codeValue"], format!("{label}:{CODE}"));
    }
    let labels = labels();
    assert_eq!(labels.len(), 1024);
    assert!(labels.iter().all(|label| label == "first"), "{labels:?}");
}

fn label(code_value: &str) -> String {
    code_value.split(':').next().unwrap().to_owned()
}

#[test]
fn a_batch_that_its_client_does_not_take_keeps_its_table_and_holds_up_no_apply() {
    let daemon = plan().start();
    apply(&daemon, &config("first"));
    let mut client = daemon.unix();
    client.send(request(BATCH, batch(&long_codes())));
    client.wait_for_response();
    holds_its_table(&daemon, || {
        let response = client.receive();
        assert_eq!(response.header("x-codeid-generation"), Some("2"));
        let elements = response.json();
        let text = |element: &Value| label(element["codeValue"].as_str().unwrap());
        elements.as_array().unwrap().iter().map(text).collect()
    });
    assert_eq!(
        client.identify(CODE, "user-42").json()["codeValue"],
        format!("third:{CODE}")
    );
}

#[test]
fn a_command_whose_client_does_not_take_the_reply_keeps_its_table_and_holds_up_no_apply() {
    let daemon = plan().start();
    apply(&daemon, &config("first"));
    let mut client = daemon.resp();
    client.send(
        [
            several(&long_codes()),
            command(&["IDENTIFY", CODE, "user-42"]),
        ]
        .concat(),
    );
    client.wait_for_reply();
    holds_its_table(&daemon, || {
        let Reply::Array(replies) = client.receive() else {
            panic!("not an array");
        };
        let text = |reply: &Reply| label(reply.get("codeValue").unwrap().text().unwrap());
        replies.iter().map(text).collect()
    });
    // The command behind it is answered from the live table.
    let live = format!("third:{CODE}");
    assert_eq!(client.receive().get("codeValue"), Some(&Reply::bulk(&live)));
}

#[test]
fn a_batch_that_its_client_does_not_take_ends_at_the_drain_deadline() {
    let daemon = plan().set("serve.drain-deadline-ms=100").spawn();
    apply(&daemon, &config("first"));
    let mut client = daemon.unix();
    client.send(request(BATCH, batch(&long_codes())));
    client.wait_for_response();
    let log = daemon.stop();
    assert!(
        log.iter().any(|line| line.contains("cut connections")),
        "{log:?}"
    );
    assert!(client.try_receive(true).is_err());
}

/// A rule whose response to one of [`long_codes`] has about 40 kilobytes.
fn repeating() -> String {
    json!({"format": "codeid/1", "version": "1", "rules": [
        {"id": "r", "match": {"prefix": "281"},
         "action": {"type": "DECODE", "codeValue": "{code}{code}{code}{code}{code}"}}
    ]})
    .to_string()
}

/// Checks which of 1024 responses of 40 kilobytes fit into 32 MiB.
fn fits(responses: usize) {
    assert!((815..=819).contains(&responses), "{responses}");
}

#[test]
fn elements_without_room_in_the_response_fail_in_their_places() {
    let daemon = Plan::with_rules(repeating()).start();
    let mut client = daemon.unix();
    let mut codes = long_codes();
    codes[1023] = CODE.to_owned();
    let response = client.post(BATCH, batch(&codes));
    assert!(response.body.len() < (32 << 20) + (200 << 10));
    let elements = response.json();
    let elements = elements.as_array().unwrap();
    let failed = elements
        .iter()
        .position(|e| e["result"]["resultCode"] != "SUCCESS");
    fits(failed.unwrap());
    for element in &elements[failed.unwrap()..1023] {
        assert_eq!(element["result"]["resultCode"], "UNKNOWN_EXCEPTION");
        assert_eq!(
            element["detail"],
            "The response has more than 33554432 bytes."
        );
    }
    // A short one may still fit.
    assert_eq!(elements.len(), 1024);
    assert_eq!(client.identify(CODE, "user-42").status, 200);
}

#[test]
fn code_values_without_room_in_the_reply_fail_in_their_places() {
    let daemon = Plan::with_rules(repeating()).start();
    let mut client = daemon.resp();
    client.send(several(&long_codes()));
    let Reply::Array(replies) = client.receive() else {
        panic!("not an array");
    };
    assert_eq!(replies.len(), 1024);
    let failed = replies
        .iter()
        .position(|reply| matches!(reply, Reply::Error(_)));
    fits(failed.unwrap());
    let error = Reply::error("UNKNOWN_EXCEPTION The reply has more than 33554432 bytes.");
    assert!(
        replies[failed.unwrap()..]
            .iter()
            .all(|reply| *reply == error)
    );
    assert_eq!(client.command(&["PING"]), Reply::simple("PONG"));
}

#[test]
fn a_long_response_to_http_1_0_ends_with_the_connection() {
    let daemon = Plan::new().start();
    let body = batch(&long_codes());
    let mut client = daemon.unix();
    client.send(format!(
        "POST {BATCH} HTTP/1.0\r\nContent-Type: application/json\r\nConnection: keep-alive\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    let response = String::from_utf8(client.rest()).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.ends_with("\r\nConnection: close"), "{head}");
    assert!(
        !head.contains("chunked") && !head.contains("Content-Length"),
        "{head}"
    );
    let elements: Value = serde_json::from_str(body).unwrap();
    assert_eq!(elements.as_array().unwrap().len(), 1024);
}

#[test]
fn long_and_short_requests_follow_each_other_on_a_connection() {
    let daemon = Plan::new().start();
    let (mut receiver, mut sender) = daemon.tcp().split();
    let short = batch(&[CODE.to_owned()]);
    let all = [&short, &batch(&long_codes()), "[]", "[1}", &short].map(|body| request(BATCH, body));
    thread::scope(|scope| {
        scope.spawn(move || sender.send(all.concat()));
        let mut next = || receiver.receive();
        assert_eq!(next().json().as_array().unwrap().len(), 1);
        assert_eq!(next().json().as_array().unwrap().len(), 1024);
        assert_eq!(next().body, b"[]");
        assert_eq!(next().status, 400);
        assert_eq!(next().json().as_array().unwrap().len(), 1);
    });
}
