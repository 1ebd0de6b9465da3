//! codeid and its alternatives in Rust, each as a peer of `../in_process.py`, which describes what a
//! peer does:
//!
//! ```sh
//! peer codeid|batch|regex-set|lazy-dfa|regex-loop|floor DIRECTORY
//! ```

use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

use codeid_benches::{
    Engine, LazyDfa, LiveCodeid, ReadEveryByte, RegexLoop, RegexSets, Rule, Workload, best_of,
    limits,
};
use codeid_engine::{RouteConfig, RouteTable};

/// The least time that a turn takes.
const TURN: Duration = Duration::from_millis(100);

/// The number of codes timed together.
const CHUNK: usize = 160;

/// The number of codes on which an engine is verified that takes milliseconds for one.
const VERIFIED_ONE_BY_ONE: usize = 20_000;

/// The number of codes that share one load of the live table.
const BATCH: usize = 16;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [name, directory] = &arguments[..] else {
        return Err(usage());
    };
    let read = |file: &str| fs::read_to_string(Path::new(directory).join(file));
    let lines = |text: String| -> Vec<String> { text.lines().map(str::to_owned).collect() };
    let rule = |peer_pattern| Rule {
        match_json: serde_json::Value::Null,
        peer_pattern,
        refuses_all: false,
        canary_group: None,
        inserts_group: false,
    };
    let workload = Workload {
        rules: lines(read("patterns.txt")?).into_iter().map(rule).collect(),
        codes: lines(read("codes.txt")?),
    };
    let winners = lines(read("winners.txt")?);

    let (mut engine, compile, bytes): (Box<dyn Engine>, _, _) = match name.as_str() {
        "codeid" | "batch" => {
            let json = read("routes.json")?;
            let table = RouteConfig::from_json(json.as_bytes(), &limits())
                .and_then(|config| Ok((RouteTable::compile(&config, &limits())?, config)));
            let (table, config) = match table {
                Ok(compiled) => compiled,
                Err(error) => {
                    let message = error.problems()[0].message();
                    return writeln!(io::stdout(), "refused {message}");
                }
            };
            let compile = best_of(5, || RouteTable::compile(&config, &limits()));
            let bytes = table.memory_usage();
            let batch = if name == "batch" { BATCH } else { 1 };
            (Box::new(LiveCodeid::new(table, batch)), compile, bytes)
        }
        "regex-set" => {
            let compile = best_of(5, || RegexSets::from_search_patterns(&workload));
            (
                Box::new(RegexSets::from_search_patterns(&workload)),
                compile,
                0,
            )
        }
        "lazy-dfa" => {
            let compile = best_of(5, || LazyDfa::new(&workload));
            (Box::new(LazyDfa::new(&workload)), compile, 0)
        }
        "regex-loop" => {
            let started = Instant::now();
            let engine = RegexLoop::new(&workload);
            (Box::new(engine), started.elapsed(), 0)
        }
        "floor" => (Box::new(ReadEveryByte), Duration::ZERO, 0),
        _ => return Err(usage()),
    };
    let verified = match name.as_str() {
        "floor" => 0,
        "regex-loop" => VERIFIED_ONE_BY_ONE.min(workload.codes.len()),
        _ => workload.codes.len(),
    };
    verify(&mut *engine, &workload.codes[..verified], &winners)?;
    let mut out = io::stdout().lock();
    writeln!(out, "ready {} {bytes}", compile.as_secs_f64() * 1e3)?;
    out.flush()?;
    let mut chunks = workload.codes.chunks(CHUNK).cycle();
    for line in io::stdin().lines() {
        line?;
        let (turn, mut times) = (Instant::now(), Vec::new());
        while turn.elapsed() < TURN {
            let (chunk, started) = (chunks.next().unwrap_or_default(), Instant::now());
            std::hint::black_box(engine.count_hits(chunk));
            times.push(started.elapsed().as_secs_f64() * 1e9 / chunk.len() as f64);
        }
        times.sort_by(f64::total_cmp);
        writeln!(out, "{}", times[times.len() / 2])?;
        out.flush()?;
    }
    Ok(())
}

fn usage() -> io::Error {
    let message = "usage: peer codeid|batch|regex-set|lazy-dfa|regex-loop|floor DIRECTORY";
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

/// Checks that the engine finds the expected winner for each code.
fn verify(engine: &mut dyn Engine, codes: &[String], winners: &[String]) -> io::Result<()> {
    for (code, expected) in codes.iter().zip(winners) {
        // A code that no rule accepts has -1, which is not a usize and so becomes `None`.
        let (winner, expected) = (engine.winner(code), expected.parse().ok());
        if winner != expected {
            let message = format!("{winner:?} instead of {expected:?}: {code}");
            return Err(io::Error::other(message));
        }
    }
    Ok(())
}
