//! A server that stalls for a second: the open loop shows it in every request that became due.

use std::time::Duration;

use serde_json::Value;

use super::server::{Act, Server, http};
use super::{SUPPORTED, bench_json};

const STALL: Duration = Duration::from_secs(1);

/// Starts a server that answers at once, except for one request that blocks every connection.
fn stalling() -> Server {
    Server::tcp(|number| {
        let answer = http("200 OK", SUPPORTED);
        match number {
            100 => Act::StallAndAnswer(STALL, answer),
            _ => Act::Answer(answer),
        }
    })
}

fn seconds(run: &Value, percentile: &str) -> f64 {
    let microseconds = &run["latency"]["microseconds"][percentile];
    microseconds.as_f64().unwrap() / 1e6
}

#[test]
fn the_open_loop_counts_a_stall_for_every_request_that_was_due() {
    let server = stalling();
    let url = format!("http://{}", server.address);
    // 600 requests become due, and a third of them during the stall.
    let load = ["--rate", "200", "--duration", "3s", "--warm-up", "0"];
    let (status, run) = bench_json(
        ["--http", &*url, "--connections", "2"]
            .into_iter()
            .chain(load),
    );
    assert_eq!(
        (status, &run["errors"]["total"]),
        (0, &Value::from(0)),
        "{run}"
    );
    assert_eq!(run["latency"]["count"], 600);
    let stall = STALL.as_secs_f64();
    assert!(seconds(&run, "max") >= stall, "{run}");
    assert!(seconds(&run, "p99") >= stall * 0.9, "{run}");
    assert!(seconds(&run, "p90") >= stall * 0.5, "{run}");
}

#[test]
fn the_closed_loop_counts_a_stall_only_for_requests_in_flight() {
    let server = stalling();
    let url = format!("http://{}", server.address);
    let load = ["--connections", "1", "--duration", "3s", "--warm-up", "0"];
    let (status, run) = bench_json(["--http", &*url].into_iter().chain(load));
    assert_eq!(status, 0, "{run}");
    assert!(seconds(&run, "max") >= STALL.as_secs_f64(), "{run}");
    assert!(seconds(&run, "p90") < STALL.as_secs_f64() * 0.5, "{run}");
}

#[test]
fn requests_without_a_response_are_errors() {
    let server = Server::tcp(|_| Act::Nothing);
    let url = format!("http://{}", server.address);
    // Ten requests become due.
    let load = ["--rate", "50", "--duration", "200ms", "--warm-up", "0"];
    let (status, run) = bench_json(
        ["--http", &*url, "--connections", "2"]
            .into_iter()
            .chain(load),
    );
    assert_eq!(status, 1);
    let errors = &run["errors"];
    assert_eq!(
        errors["byKind"]["no response within 5 s of the end"], 2,
        "{run}"
    );
    let never_sent = "not sent: no connection was free";
    assert_eq!(errors["byKind"][never_sent], 8, "{run}");
    assert_eq!(
        (&errors["total"], &run["latency"]["count"]),
        (&10.into(), &0.into())
    );
}

#[test]
fn a_run_without_a_measured_response_is_not_a_success() {
    let server = Server::tcp(|number| {
        let answer = http("200 OK", SUPPORTED);
        match number {
            0 => Act::StallAndAnswer(STALL, answer),
            _ => Act::Answer(answer),
        }
    });
    let url = format!("http://{}", server.address);
    // The request sent while warming up is answered after the end.
    let load = [
        "--connections",
        "1",
        "--duration",
        "100ms",
        "--warm-up",
        "100ms",
    ];
    let (status, run) = bench_json(["--http", &*url].into_iter().chain(load));
    assert_eq!((status, &run["errors"]["total"]), (1, &0.into()), "{run}");
    assert_eq!(run["latency"]["count"], 0);
}
