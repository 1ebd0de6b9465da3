//! T1: reloads under load. Every response is whole and right for the generation that it names, and
//! no connection goes back to an older generation.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::remote::{Remote, Reply, wait_until};
use super::{config, plan};
use crate::resp::client::{Reply as RespReply, RespClient};
use crate::serve::client::{Client, Response};
use crate::serve::daemon::Served;

const RELOADS: u64 = 500;

/// Codes in each batch.
const BATCH: usize = 64;

/// The observations of all clients.
#[derive(Default)]
struct Seen {
    /// The label of the config of each generation.
    labels: Mutex<HashMap<u64, String>>,
    answers: AtomicUsize,
    /// Set to stop the clients.
    done: AtomicBool,
}

#[test]
fn every_response_is_of_exactly_one_config_while_five_hundred_replace_each_other() {
    let remote = Remote::http(Reply::Hang);
    let mut pulls = 0;
    remote.script(move |_| {
        pulls += 1;
        Reply::config(config(["even", "odd"][pulls % 2]))
    });
    let daemon = plan()
        .set("serve.worker-threads=2")
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .spawn();
    let seen = Seen::default();
    thread::scope(|scope| {
        for connect in [Served::tcp, Served::unix] {
            for batch in [false, false, true] {
                let (client, seen) = (connect(&daemon), &seen);
                scope.spawn(move || ask(client, batch, seen));
            }
        }
        for resp in [daemon.resp(), daemon.resp3()] {
            scope.spawn(|| ask_resp(resp, &seen));
        }
        // Stops the clients, even after a failed assertion.
        let _stop = Stop(&seen.done);
        let mut watcher = daemon.unix();
        let mut generation = || identify(&mut watcher).0;
        let first = generation();
        for reload in 0..RELOADS {
            daemon.signal("HUP");
            wait_until("the next generation", || {
                (generation() > first + reload).then_some(())
            });
        }
    });
    let labels = seen.labels.into_inner().unwrap();
    let answers = seen.answers.into_inner();
    // The clients saw the reloads happen.
    assert!(
        labels.len() as u64 > RELOADS / 2,
        "{} generations were seen",
        labels.len()
    );
    assert!(answers as u64 > 10 * RELOADS, "{answers} answers");
    for (generation, label) in &labels {
        let next = labels.get(&(generation + 1));
        assert_ne!(
            Some(label),
            next,
            "generation {generation} and the next are the same"
        );
    }
}

/// Sends requests on one connection until `seen.done` is set.
fn ask(mut client: Client, batch: bool, seen: &Seen) {
    let _stop = Stop(&seen.done);
    let mut last = 0;
    while !seen.done.load(Ordering::Relaxed) {
        let (generation, label) = match batch {
            false => identify(&mut client),
            true => identify_batch(&mut client),
        };
        assert!(
            generation >= last,
            "from generation {last} back to {generation}"
        );
        last = generation;
        let mut labels = seen.labels.lock().unwrap();
        let first = labels.entry(generation).or_insert_with(|| label.clone());
        assert_eq!(*first, label, "two answers of generation {generation}");
        seen.answers.fetch_add(1, Ordering::Relaxed);
    }
}

/// Sends commands of the Redis protocol, whose replies do not name the generation: each reply is of
/// one config, and so are all replies to a batch.
fn ask_resp(mut client: RespClient, seen: &Seen) {
    let _stop = Stop(&seen.done);
    let one = ["28100104", "user-42"];
    let batch: Vec<&str> = std::iter::once("MIDENTIFY")
        .chain(one.into_iter().cycle().take(2 * BATCH))
        .collect();
    while !seen.done.load(Ordering::Relaxed) {
        resp_label(&client.command(&["IDENTIFY", one[0], one[1]]));
        let RespReply::Array(replies) = client.command(&batch) else {
            panic!("a batch is answered by an array")
        };
        assert_eq!(replies.len(), BATCH);
        resp_label(&replies[0]);
        assert!(replies.iter().all(|reply| *reply == replies[0]));
        seen.answers.fetch_add(2, Ordering::Relaxed);
    }
}

fn resp_label(reply: &RespReply) {
    let code_value = reply.get("codeValue").and_then(RespReply::text);
    let code_value = code_value.unwrap_or_else(|| panic!("{reply:?}"));
    assert!(known_label(code_value).is_some(), "{reply:?}");
}

/// Identifies a code value, and returns the generation and the label of its config.
fn identify(client: &mut Client) -> (u64, String) {
    let answer = client.identify("28100104", "user-42");
    let label = label(&answer.json());
    assert_eq!(answer.header("x-codeid-rule"), Some(&*label));
    (generation(&answer), label)
}

/// Identifies a batch, all of which must come from one config.
fn identify_batch(client: &mut Client) -> (u64, String) {
    let one = json!({"codeValue": "28100104", "openId": "user-42"});
    let answer = client.post("/v1/identifyCodes", json!(vec![one; BATCH]).to_string());
    let answers = answer.json();
    let answers = answers.as_array().unwrap();
    assert_eq!(answers.len(), BATCH);
    let label = label(&answers[0]);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    (generation(&answer), label)
}

fn generation(answer: &Response) -> u64 {
    assert_eq!(answer.status, 200);
    answer
        .header("x-codeid-generation")
        .unwrap()
        .parse()
        .unwrap()
}

/// Returns the label in the response of the rule, which must be one of the two.
fn label(answer: &Value) -> String {
    assert_eq!(answer["result"]["resultCode"], "SUCCESS", "{answer}");
    let label = answer["codeValue"].as_str().and_then(known_label);
    label.unwrap_or_else(|| panic!("{answer}"))
}

fn known_label(code_value: &str) -> Option<String> {
    let label = code_value.strip_suffix(":28100104")?;
    ["even", "odd"].contains(&label).then(|| label.to_owned())
}

/// Stops the other threads when it is dropped, even by a failed assertion.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
