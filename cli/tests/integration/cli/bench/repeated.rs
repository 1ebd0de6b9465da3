//! Repeated runs, and sweeps of rates.

use std::time::Duration;

use serde_json::Value;

use super::server::{Act, Server, http};
use super::{SHORT, SUPPORTED, bench};

fn good() -> Server {
    Server::unix(|_| Act::Answer(http("200 OK", SUPPORTED)))
}

/// A server that takes this long for each request, and works on one at a time.
fn slow(time: Duration) -> Server {
    Server::unix(move |_| Act::StallAndAnswer(time, http("200 OK", SUPPORTED)))
}

fn names_and_rates(stdout: &str) -> Vec<(String, u64)> {
    let figures: Value = serde_json::from_str(stdout).unwrap();
    let runs = figures["runs"].as_array().unwrap().iter();
    runs.map(|run| {
        let rate = run["load"]["requestsPerSecond"].as_u64().unwrap_or(0);
        (run["name"].as_str().unwrap().to_owned(), rate)
    })
    .collect()
}

#[test]
fn targets_take_turns_in_each_round() {
    let (one, other) = (good(), good());
    let (one, other) = (
        format!("one={}", one.address),
        format!("other={}", other.address),
    );
    let targets = ["--http-unix", &*one, "--http-unix", &*other];
    let arguments = [&targets[..], &["--repeat", "2"], &SHORT].concat();
    let ran = bench([&arguments[..], &["--json"]].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let names: Vec<String> = names_and_rates(&ran.stdout)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["one", "other", "one", "other"]);

    let ran = bench(arguments);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ran.stdout);
    let columns = "NAME RATE RUNS HELD ERRORS REQUESTS/S P50 P99";
    assert_eq!(
        lines[0].split_whitespace().collect::<Vec<_>>().join(" "),
        columns
    );
    let begin = lines[1].split_whitespace().take(5).collect::<Vec<_>>();
    assert_eq!(begin, ["one", "-", "2", "-", "0"], "{}", ran.stdout);
    assert!(
        lines[2].starts_with("other ") && lines[2].contains(" to "),
        "{}",
        ran.stdout
    );
}

#[test]
fn a_sweep_ends_at_the_first_rate_that_is_not_held() {
    // It serves at most ten requests a second.
    let server = slow(Duration::from_millis(100));
    let target = format!("here={}", server.address);
    let load = ["--connections", "1", "--warm-up", "0", "--duration", "2s"];
    let sweep = ["--http-unix", &*target, "--sweep", "2..64"];
    let ran = bench([&sweep[..], &load].concat());
    assert_eq!(ran.status, 0, "{}\n{}", ran.stdout, ran.stderr);
    let rows = ran.stdout.lines().skip(1);
    let mut rates = rows.filter_map(|line| line.split_whitespace().nth(1));
    // The kernel may delay the server further, so that the knee may be lower, but not higher.
    let knee: u64 = ran.stdout.split("the knee is at ").nth(1).map_or_else(
        || panic!("no knee in:\n{}", ran.stdout),
        |rest| rest.split_whitespace().next().unwrap().parse().unwrap(),
    );
    assert!((2..=11).contains(&knee), "{}", ran.stdout);
    assert!(rates.all(|rate| rate != "64"), "{}", ran.stdout);
}

#[test]
fn a_sweep_below_the_knee_reports_the_highest_rate() {
    let server = good();
    let target = format!("here={}", server.address);
    let sweep = ["--http-unix", &*target, "--sweep", "10..20"];
    let arguments = [&sweep[..], &["--repeat", "2"], &SHORT].concat();
    let ran = bench([&arguments[..], &["--json"]].concat());
    let rates: Vec<u64> = names_and_rates(&ran.stdout)
        .into_iter()
        .map(|(_, rate)| rate)
        .collect();
    assert_eq!(rates, [10, 14, 20, 10, 14, 20]);
    let ran = bench(arguments);
    assert_eq!(ran.status, 0, "{}\n{}", ran.stdout, ran.stderr);
    let end = "here: every rate is held in every run, up to 20 requests/s\n";
    assert!(ran.stdout.ends_with(end), "{}", ran.stdout);
}

#[test]
fn a_sweep_whose_first_rate_fails_fails() {
    let server = Server::unix(|_| Act::Answer(http("500 Internal Server Error", "")));
    let sweep = ["--http-unix", &*server.address, "--sweep", "10..20"];
    let ran = bench([&sweep[..], &SHORT].concat());
    assert_eq!(ran.status, 1, "{}", ran.stdout);
    assert!(
        ran.stdout
            .ends_with("the lowest rate is not held in every run\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn options_of_one_run_contradict_those_of_several() {
    for options in [
        ["--sweep", "1..2", "--rate", "1"],
        ["--sweep", "1..2", "--hdr", "x"],
        ["--repeat", "2", "--hdr", "x"],
    ] {
        let ran = bench([&["--http-unix", "x.sock"][..], &options].concat());
        assert_eq!(ran.status, 2, "{options:?}: {}", ran.stderr);
    }
    let ran = bench(["--http-unix", "x.sock", "--sweep", "2..1"]);
    assert_eq!(ran.status, 2);
    assert!(
        ran.stderr.contains("expected two rates such as"),
        "{}",
        ran.stderr
    );
}
