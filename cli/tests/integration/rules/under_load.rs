//! T1: reloads under load. Every response and every reply is whole and that of exactly one config, and
//! no connection goes back to an older one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::plan;
use super::remote::{Remote, Reply, wait_until};
use crate::resp::client::{Reply as RespReply, RespClient, command};
use crate::serve::client::{Client, Response};
use crate::serve::daemon::Served;

const RELOADS: u64 = 1000;

/// Code values in each batch.
const BATCH: usize = 64;

/// Commands in each pipeline.
const PIPELINE: usize = 16;

/// The pause of a client between two exchanges. The load is steady: it leaves time for the reloads.
const PAUSE: Duration = Duration::from_millis(2);

/// The code values that clients send. The answer to the first names the config; the second is
/// supported by every other config.
const CODES: [&str; 2] = ["28100104", "parity"];

/// The observations of all clients.
#[derive(Default)]
struct Seen {
    /// The number of the config that the remote gave last.
    given: Arc<AtomicU64>,
    /// The number of the config of each generation.
    configs: Mutex<BTreeMap<u64, u64>>,
    /// The answers over each protocol and listener.
    answers: Mutex<BTreeMap<&'static str, u64>>,
    /// Set to stop the clients.
    done: AtomicBool,
}

/// Returns the config of this number.
fn config(number: u64) -> String {
    let parity = if number.is_multiple_of(2) {
        json!({"type": "DECODE", "codeValue": format!("{number}:{{code}}")})
    } else {
        json!({"type": "UNSUPPORTED"})
    };
    json!({"format": "codeid/1", "version": number.to_string(), "rules": [
        {"id": format!("c{number}"), "match": {"prefix": "281"},
         "action": {"type": "DECODE", "codeValue": format!("{number}:{{code}}")}},
        {"id": format!("p{number}"), "match": {"exact": "parity"}, "action": parity},
    ]})
    .to_string()
}

/// Returns what the config of this number decodes a code value to; `None` if it is unsupported.
fn oracle(number: u64, code: &str) -> Option<String> {
    (code == CODES[0] || number.is_multiple_of(2)).then(|| format!("{number}:{code}"))
}

#[test]
fn every_answer_is_of_exactly_one_config_while_a_thousand_replace_each_other() {
    let remote = Remote::http(Reply::Hang);
    let seen = Seen::default();
    let given = Arc::clone(&seen.given);
    remote.script(move |_| Reply::config(config(given.fetch_add(1, Ordering::SeqCst) + 1)));
    let daemon = plan()
        .set("serve.worker-threads=2")
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .spawn();
    thread::scope(|scope| {
        for (name, connect) in [
            ("TCP", Served::tcp as fn(&Served) -> Client),
            ("Unix", Served::unix),
        ] {
            for batch in [false, false, true] {
                let (client, seen) = (connect(&daemon), &seen);
                scope.spawn(move || ask(client, name, batch, seen));
            }
        }
        for (name, resp) in [("RESP2", daemon.resp()), ("RESP3", daemon.resp3())] {
            let seen = &seen;
            scope.spawn(move || ask_resp(resp, name, seen));
        }
        // Stops the clients, even after a failed assertion.
        let _stop = Stop(&seen.done);
        let mut watcher = daemon.unix();
        let mut generation = || generation(&watcher.identify(CODES[0], "user-42"));
        let first = generation();
        for reload in 0..RELOADS {
            daemon.signal("HUP");
            wait_until("the next generation", || {
                (generation() > first + reload).then_some(())
            });
        }
    });
    let configs = seen.configs.into_inner().unwrap();
    // The clients saw the reloads happen.
    assert!(
        configs.len() as u64 > RELOADS / 2,
        "{} generations were seen",
        configs.len()
    );
    // Each config was given once, so each generation has one of its own, newer than those before.
    let numbers: Vec<_> = configs.values().collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{configs:?}");
    let answers = seen.answers.into_inner().unwrap();
    for name in ["TCP", "Unix", "RESP2", "RESP3"] {
        let count = answers.get(name).copied();
        assert!(count > Some(2 * RELOADS), "{name}: {answers:?}");
    }
}

/// Sends requests on one connection until `seen.done` is set.
fn ask(mut client: Client, name: &'static str, batch: bool, seen: &Seen) {
    let _stop = Stop(&seen.done);
    let (mut last_generation, mut count) = (0, 0);
    while !seen.done.load(Ordering::Relaxed) {
        let (generation, number) = match batch {
            false => identify(&mut client),
            true => identify_batch(&mut client),
        };
        assert!(
            generation >= last_generation,
            "from generation {last_generation} back to {generation}"
        );
        last_generation = generation;
        seen.check(number);
        let mut configs = seen.configs.lock().unwrap();
        let first = *configs.entry(generation).or_insert(number);
        assert_eq!(first, number, "two answers of generation {generation}");
        drop(configs);
        count += 1;
        thread::sleep(PAUSE);
    }
    seen.add(name, count);
}

/// Sends commands of the Redis protocol until `seen.done` is set. Its replies do not name the
/// generation, but the config, of which each generation has another.
fn ask_resp(mut client: RespClient, name: &'static str, seen: &Seen) {
    let _stop = Stop(&seen.done);
    let one = command(&["IDENTIFY", CODES[0], "user-42"]);
    let batch: Vec<&str> = std::iter::once("MIDENTIFY")
        .chain(batch_codes().flat_map(|code| [code, "user-42"]))
        .collect();
    let batch = command(&batch);
    let pipeline = one.repeat(PIPELINE);
    let (mut last, mut count) = (0, 0);
    let mut rises_to = |number: u64| {
        seen.check(number);
        assert!(number >= last, "from config {last} back to {number}");
        last = number;
    };
    while !seen.done.load(Ordering::Relaxed) {
        client.send(&one);
        rises_to(resp_number(&client.receive()));
        client.send(&pipeline);
        for _ in 0..PIPELINE {
            rises_to(resp_number(&client.receive()));
        }
        client.send(&batch);
        let RespReply::Array(replies) = client.receive() else {
            panic!("a batch is answered by an array")
        };
        assert_eq!(replies.len(), BATCH);
        let number = resp_number(&replies[0]);
        rises_to(number);
        for (code, reply) in batch_codes().zip(&replies) {
            assert_eq!(decoded(reply), oracle(number, code), "of config {number}");
        }
        count += 2 + PIPELINE as u64;
        thread::sleep(PAUSE);
    }
    seen.add(name, count);
}

impl Seen {
    /// Checks that the remote has given this config.
    fn check(&self, number: u64) {
        let given = self.given.load(Ordering::SeqCst);
        assert!((1..=given).contains(&number), "config {number} of {given}");
    }

    fn add(&self, name: &'static str, count: u64) {
        *self.answers.lock().unwrap().entry(name).or_default() += count;
    }
}

/// Returns the code values of a batch. The answer to the first names the config.
fn batch_codes() -> impl Iterator<Item = &'static str> {
    CODES.into_iter().cycle().take(BATCH)
}

/// Returns the number of the config that a reply to the first code value names, and of which it is.
fn resp_number(reply: &RespReply) -> u64 {
    let code_value = decoded(reply).unwrap_or_else(|| panic!("{reply:?}"));
    named(&code_value).unwrap_or_else(|| panic!("{reply:?}"))
}

/// Returns what a whole reply decodes the code value to; `None` if it is not supported.
fn decoded(reply: &RespReply) -> Option<String> {
    let supported = reply.get("isSupported");
    let supported = [RespReply::Boolean(true), RespReply::Integer(1)]
        .iter()
        .any(|yes| supported == Some(yes));
    assert_eq!(reply.pairs(), if supported { 3 } else { 1 }, "{reply:?}");
    let action = reply
        .get("postCodeMatchActionType")
        .and_then(RespReply::text);
    assert_eq!(action, supported.then_some("DECODE"), "{reply:?}");
    let code_value = reply.get("codeValue").and_then(RespReply::text);
    code_value.map(str::to_owned)
}

/// Identifies a code value, and returns the generation and the number of its config.
fn identify(client: &mut Client) -> (u64, u64) {
    let answer = client.identify(CODES[0], "user-42");
    let body = answer.json();
    let number = body["codeValue"].as_str().and_then(named);
    let number = number.unwrap_or_else(|| panic!("{body}"));
    check_body(&body, number, CODES[0]);
    let rule = format!("c{number}");
    assert_eq!(answer.header("x-codeid-rule"), Some(&*rule));
    (generation(&answer), number)
}

/// Identifies a batch, all of which must come from one config.
fn identify_batch(client: &mut Client) -> (u64, u64) {
    let each = batch_codes().map(|code| json!({"codeValue": code, "openId": "user-42"}));
    let requests = Value::Array(each.collect());
    let answer = client.post("/v1/identifyCodes", requests.to_string());
    let bodies = answer.json();
    let bodies = bodies.as_array().unwrap();
    assert_eq!(bodies.len(), BATCH);
    let number = bodies[0]["codeValue"].as_str().and_then(named);
    let number = number.unwrap_or_else(|| panic!("{}", bodies[0]));
    for (code, body) in batch_codes().zip(bodies) {
        check_body(body, number, code);
    }
    (generation(&answer), number)
}

/// Checks that a response is the oracle's for the config of this number.
fn check_body(body: &Value, number: u64, code: &str) {
    let mut expected = json!({
        "result": {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "Success"},
        "isSupported": false,
    });
    if let Some(code_value) = oracle(number, code) {
        expected["isSupported"] = json!(true);
        expected["postCodeMatchActionType"] = json!("DECODE");
        expected["codeValue"] = json!(code_value);
    }
    assert_eq!(*body, expected, "of config {number}");
}

fn generation(answer: &Response) -> u64 {
    assert_eq!(answer.status, 200);
    answer
        .header("x-codeid-generation")
        .unwrap()
        .parse()
        .unwrap()
}

/// Returns the number of the config that decoded the first code value to this.
fn named(code_value: &str) -> Option<u64> {
    let number = code_value.strip_suffix(CODES[0])?.strip_suffix(':')?;
    number.parse().ok()
}

/// Stops the other threads when it is dropped, even by a failed assertion.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
