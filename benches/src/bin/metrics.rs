//! Prints, as Markdown, the cost of the figures in `/metrics`: recording one duration, and lookups
//! with figures and counts of rules beside lookups of a build without them. `benches/README.md`
//! quotes it. Arguments select sections.
//!
//! ```sh
//! cargo build --release -p codeid
//! cargo build --release -p codeid -p codeid-benches --no-default-features --target-dir target/bare
//! cargo run --release -p codeid-benches --bin metrics [recording engine serving]
//! ```
//!
//! The build without metrics is expected in the directory that `CODEID_BARE` names, or else in
//! `bare/release` beside the directory of this program's profile.

#[allow(
    dead_code,
    reason = "the daemon's own file: only its recording is measured, and only its tests use the rest"
)]
#[path = "../../../daemon/src/metrics/histogram.rs"]
mod histogram;

use std::env;
use std::fmt::Display;
use std::fs;
use std::hint::black_box;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use codeid_benches::load::Daemon;
use codeid_benches::report::print_sections;
use codeid_benches::{CodeMix, RuleKinds, Workload, best_of, cannot, refused_prefixes};
use codeid_engine::{CodeValue, CompileLimits, LiveTable, OpenId, RouteTable, Scratch};
use serde_json::Value;

const RULES: usize = 1000;
const CODES: usize = 20_000;

/// The argument that makes this program a [`LookupProcess`].
const AS_LOOKUP_PROCESS: &str = "as-lookup-process";

/// The number of times that the two processes are started. Each start draws another layout in memory.
const PAIRS: usize = 6;

/// The number of turns of each process of a pair.
const TURNS: usize = 12;

/// The number of rounds in which each of the two daemons is driven.
const ROUNDS: usize = 24;

/// The time for which a daemon is driven in one round.
const ROUND_DURATION: &str = "500ms";

fn main() -> io::Result<()> {
    if env::args().any(|argument| argument == AS_LOOKUP_PROCESS) {
        return run_lookup_process();
    }
    print_sections(&[
        ("recording", recording),
        ("engine", engine),
        ("serving", serving),
    ])
}

/// Measures recording one duration in the histogram of a thread, beside reading the clock twice,
/// which any code that times something has to do anyway.
fn recording(out: &mut dyn Write) -> io::Result<()> {
    const DURATIONS: u64 = 1 << 16;
    let histogram = histogram::Histogram::default();
    let mut state = 1_u64;
    let durations: Vec<u64> = (0..DURATIONS)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            // From nanoseconds to milliseconds, with equal shares for all octaves.
            (state >> 41) >> ((state >> 33) % 20)
        })
        .collect();
    let record = || {
        for &duration in &durations {
            histogram.record_alone(black_box(duration), black_box(1));
        }
    };
    let recorded = best_of(200, record);
    let read_clock = || {
        for _ in 0..DURATIONS {
            black_box(Instant::now().elapsed());
        }
    };
    let timed = best_of(20, read_clock);
    let each = |all: Duration| all.as_secs_f64() * 1e9 / DURATIONS as f64;
    writeln!(
        out,
        "| recording one duration, ns | reading the clock twice, ns |\n|---|---|\n| {:.1} | {:.1} |",
        each(recorded),
        each(timed)
    )
}

/// Measures lookups without a daemon: those of this build, which counts the decisions and refusals
/// of rules, beside those of the build without counts.
fn engine(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| lookups | with counts, ns | without, ns | ratio | in each turn |\n|---|---|---|---|---|"
    )?;
    for workload in ["patterns", "refused"] {
        let mut times = [Vec::new(), Vec::new()];
        for pair in 0..PAIRS {
            let start = |program: PathBuf| LookupProcess::start(&program, workload);
            let mut processes = [start(env::current_exe()?)?, start(bare("metrics")?)?];
            for turn in 0..TURNS {
                for index in alternating(pair + turn) {
                    times[index].push(processes[index].take_turn()?);
                }
            }
        }
        write_row(out, workload, 1, &times)?;
    }
    Ok(())
}

/// Measures the daemon of this build beside the one without metrics, driven by the same client: the
/// CPU time for one response, the kernel's share included. Responses per second would also depend on
/// the other work of the machine.
fn serving(out: &mut dyn Write) -> io::Result<()> {
    let workload = Workload::new(RuleKinds::Patterns, RULES, CodeMix::Usual, CODES);
    let directory = tempfile::tempdir()?;
    let codes = directory.path().join("codes");
    // The file has a code a line, so a code with a line break does not fit.
    let fits = |code: &&String| !code.contains(char::is_control);
    let lines = workload.codes.iter().filter(fits);
    let lines: Vec<_> = lines.map(String::as_str).collect();
    fs::write(&codes, lines.join("\n")).map_err(cannot("write", &codes))?;
    let client = beside_this("codeid")?;
    let config = workload.config_json();
    let settings = ["serve.worker-threads=1", "listen.resp=codeid.resp.sock"].map(str::to_owned);
    let start = |program: &Path| Daemon::start_with(program, &config, &settings);
    let daemons = [start(&client)?, start(&bare("codeid")?)?];
    writeln!(
        out,
        "| CPU time of one response | with metrics, µs | without, µs | ratio | in each round |\n\
         |---|---|---|---|---|"
    )?;
    for (name, protocol, depth) in [
        ("RESP, 64 in flight on each of 16", "--resp", "64"),
        ("RESP, one in flight on each of 16", "--resp", "1"),
        ("HTTP, one in flight on each of 16", "--http-unix", "1"),
    ] {
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..ROUNDS {
            for index in alternating(round) {
                let daemon = &daemons[index];
                let socket = match protocol {
                    "--resp" => daemon.resp_socket(),
                    _ => daemon.socket(),
                };
                let before = daemon.cpu_time()?.total();
                let output = Command::new(&client)
                    .arg("bench")
                    .arg(protocol)
                    .arg(socket)
                    .args(["--connections", "16", "--depth", depth])
                    .args(["--duration", ROUND_DURATION, "--warm-up", "0s", "--json"])
                    .arg("--codes")
                    .arg(&codes)
                    .output()?;
                let used = daemon.cpu_time()?.total().saturating_sub(before);
                times[index].push(used.as_secs_f64() * 1e6 / response_count(&output.stdout)?);
            }
        }
        write_row(out, name, 2, &times)?;
    }
    Ok(())
}

/// Writes a row of a table: the least time with metrics and the least without, to this number of
/// decimals, their ratio, and the spread of the ratios.
fn write_row(
    out: &mut dyn Write,
    name: impl Display,
    decimals: usize,
    [with, without]: &[Vec<f64>; 2],
) -> io::Result<()> {
    let ratios = with.iter().zip(without);
    let ratios: Vec<_> = ratios.map(|(with, without)| with / without).collect();
    let (with, without) = (least(with), least(without));
    writeln!(
        out,
        "| {name} | {with:.decimals$} | {without:.decimals$} | {:.3} | {} |",
        with / without,
        inner_spread(&ratios)
    )
}

/// Reads the number of responses from the report of `codeid bench --json`.
fn response_count(json: &[u8]) -> io::Result<f64> {
    let report: Value = serde_json::from_slice(json)?;
    let run = &report["runs"][0];
    let count = run["latency"]["count"].as_f64();
    match (count, run["errors"]["total"].as_u64()) {
        (Some(count), Some(0)) if count > 0.0 => Ok(count),
        _ => Err(io::Error::other(format!("codeid bench had errors: {run}"))),
    }
}

/// This program in another process, possibly of another build, which looks codes up on request.
struct LookupProcess {
    child: Child,
    requests: ChildStdin,
    times: BufReader<ChildStdout>,
}

impl LookupProcess {
    fn start(program: &Path, workload: &str) -> io::Result<Self> {
        let mut child = Command::new(program)
            .args([AS_LOOKUP_PROCESS, workload])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (requests, times) = child
            .stdin
            .take()
            .zip(child.stdout.take())
            .ok_or_else(ended_early)?;
        let times = BufReader::new(times);
        Ok(Self {
            child,
            requests,
            times,
        })
    }

    /// Returns the nanoseconds of one lookup.
    fn take_turn(&mut self) -> io::Result<f64> {
        self.requests.write_all(b"\n")?;
        let mut time = String::new();
        self.times.read_line(&mut time)?;
        time.trim().parse().map_err(|_| ended_early())
    }
}

impl Drop for LookupProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ended_early() -> io::Error {
    io::Error::other("a lookup process ended early")
}

/// The other side of [`LookupProcess`]: for each line of standard input, looks up all codes a few
/// times and prints the nanoseconds of one lookup in the best of them.
fn run_lookup_process() -> io::Result<()> {
    let refused = env::args().any(|argument| argument == "refused");
    let workload = if refused {
        refused_prefixes(1000)
    } else {
        Workload::new(RuleKinds::Patterns, RULES, CodeMix::Usual, CODES)
    };
    let mut limits = CompileLimits::default();
    limits.max_config_characters = 16 << 20;
    limits.max_states = 4_000_000;
    let table = RouteTable::from_json(workload.config_json().as_bytes(), &limits);
    let live = LiveTable::with_counts(1);
    live.publish(table.map_err(|error| io::Error::other(error.to_string()))?);
    let mut scratch = Scratch::with_shard(0);
    let open_id = OpenId::new("user-42").map_err(io::Error::other)?;
    let codes = workload.codes.iter().map(|code| CodeValue::new(code));
    let codes: Result<Vec<_>, _> = codes.collect();
    let codes = codes.map_err(io::Error::other)?;
    let mut look_up = || {
        live.with(|table| {
            for &code in &codes {
                let verdict = table.map(|table| table.identify(code, open_id, &mut scratch));
                black_box(verdict);
            }
        });
    };
    look_up();
    for line in io::stdin().lines() {
        line?;
        let best = best_of(10, &mut look_up);
        let nanoseconds = best.as_secs_f64() * 1e9 / codes.len() as f64;
        writeln!(io::stdout(), "{nanoseconds}")?;
    }
    Ok(())
}

/// Returns the path of a program that was built beside this one.
fn beside_this(name: &str) -> io::Result<PathBuf> {
    let program = env::current_exe()?.with_file_name(name);
    existing(program, "cargo build --release -p codeid")
}

/// Returns the path of a program that was built without metrics.
fn bare(name: &str) -> io::Result<PathBuf> {
    let directory = match env::var_os("CODEID_BARE") {
        Some(directory) => PathBuf::from(directory),
        None => {
            let this = env::current_exe()?;
            let target = this
                .ancestors()
                .nth(2)
                .ok_or_else(|| io::Error::other(format!("{} has no target", this.display())))?;
            target.join("bare/release")
        }
    };
    let build = "cargo build --release -p codeid -p codeid-benches --no-default-features --target-dir \
                 target/bare";
    existing(directory.join(name), build)
}

fn existing(program: PathBuf, build: &str) -> io::Result<PathBuf> {
    if program.exists() {
        return Ok(program);
    }
    let message = format!("{} is missing: run `{build}`", program.display());
    Err(io::Error::new(io::ErrorKind::NotFound, message))
}

/// Returns the order of the two contestants in a round. It alternates, so that neither is always
/// first.
const fn alternating(round: usize) -> [usize; 2] {
    if round.is_multiple_of(2) {
        [0, 1]
    } else {
        [1, 0]
    }
}

/// Returns the least value, which was disturbed least.
fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Formats the first decile, the median and the last decile. Other work on the machine causes what
/// lies beyond.
fn inner_spread(values: &[f64]) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let decile = |tenths: usize| sorted.get((sorted.len() - 1) * tenths / 10).copied();
    let [low, median, high] = [1, 5, 9].map(|tenths| decile(tenths).unwrap_or(f64::NAN));
    format!("{low:.3} – {median:.3} – {high:.3}")
}
