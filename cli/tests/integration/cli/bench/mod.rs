//! `codeid bench` against servers that stall, fail and respond wrongly.

mod errors;
mod outputs;
mod repeated;
mod server;
mod stall;
mod targets;

use serde_json::Value;

use super::{Ran, codeid, file, run};

/// A successful response of `identifyCode`.
const SUPPORTED: &str = r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"Success"},"isSupported":true,"postCodeMatchActionType":"DECODE","codeValue":"28100104df2342342"}"#;

/// Runs `codeid bench` with these arguments.
fn bench<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Ran {
    run(std::iter::once("bench").chain(arguments))
}

/// Runs `codeid bench --json` with these arguments, and returns its exit status and its only run.
fn bench_json<'a>(arguments: impl IntoIterator<Item = &'a str>) -> (i32, Value) {
    let ran = bench(arguments.into_iter().chain(["--json"]));
    let mut figures: Value = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("{error}: {} {}", ran.stdout, ran.stderr));
    let runs = figures["runs"].as_array_mut().unwrap();
    assert_eq!(runs.len(), 1);
    (ran.status, runs.remove(0))
}

/// A short run, without warm-up.
const SHORT: [&str; 4] = ["--duration", "300ms", "--warm-up", "0"];
