//! Prints, as Markdown, what the figures of `/metrics` cost: recording one duration, and lookups with
//! figures and counts of rules beside lookups of a build without them. `benches/README.md` quotes it.
//! Name sections to see only those.
//!
//! ```sh
//! cargo build --release -p codeid
//! cargo build --release -p codeid -p codeid-benches --no-default-features --target-dir target/bare
//! cargo run --release -p codeid-benches --bin metrics [recording engine serving]
//! ```
//!
//! The build without them is looked for in `bare/release` beside the directory of this program's
//! profile, or in the directory that `CODEID_BARE` names.

#[allow(
    dead_code,
    reason = "the daemon's own, of which only the recording is measured"
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

use codeid_benches::serving::Daemon;
use codeid_benches::{Kinds, Mix, Workload, best_of, refused_prefixes};
use codeid_engine::{CodeValue, CompileLimits, LiveTable, OpenId, RouteTable, Scratch};
use serde_json::Value;

const RULES: usize = 1000;
const CODES: usize = 20_000;

/// What this program does when it is told to: lookups, a turn for each line that it reads.
const AS_PEER: &str = "as-peer";

/// How often two processes are started anew: where things lie in memory is drawn each time.
const PAIRS: usize = 6;

/// How often each of two processes has its turn.
const TURNS: usize = 12;

/// How often each of two daemons is driven, and for how long.
const ROUNDS: usize = 24;
const DRIVEN_FOR: &str = "500ms";

fn main() -> io::Result<()> {
    let wanted: Vec<String> = env::args().skip(1).collect();
    if wanted.iter().any(|name| name == AS_PEER) {
        return take_turns();
    }
    let mut out = io::stdout().lock();
    for section in ["recording", "engine", "serving"] {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == section) {
            continue;
        }
        match section {
            "recording" => recording(&mut out)?,
            "engine" => engine(&mut out)?,
            _ => serving(&mut out)?,
        }
        writeln!(out)?;
    }
    Ok(())
}

/// One duration into the histogram of a thread, durations as they come; beside it two readings of the
/// clock, which nobody who times anything is spared.
fn recording(out: &mut dyn Write) -> io::Result<()> {
    const DURATIONS: u64 = 1 << 16;
    let histogram = histogram::Histogram::default();
    let mut state = 1_u64;
    let durations: Vec<u64> = (0..DURATIONS)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            // From nanoseconds to milliseconds, each octave as often as any.
            (state >> 41) >> ((state >> 33) % 20)
        })
        .collect();
    let record = || {
        for &duration in &durations {
            histogram.record_alone(black_box(duration), black_box(1));
        }
    };
    let recorded = best_of(200, record);
    let clock = || {
        for _ in 0..DURATIONS {
            black_box(Instant::now().elapsed());
        }
    };
    let timed = best_of(20, clock);
    let each = |all: Duration| all.as_secs_f64() * 1e9 / DURATIONS as f64;
    writeln!(
        out,
        "| recording one duration, ns | reading the clock twice, ns |\n|---|---|\n| {:.1} | {:.1} |",
        each(recorded),
        each(timed)
    )
}

/// Lookups in the process: those of this build, which counts what rules decide and refuse, beside
/// those of the build without.
fn engine(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| lookups | with counts, ns | without, ns | ratio | in each turn |\n|---|---|---|---|---|"
    )?;
    for kinds in ["patterns", "refused"] {
        let mut times = [Vec::new(), Vec::new()];
        for pair in 0..PAIRS {
            let start = |program: PathBuf| Peer::start(&program, kinds);
            let mut peers = [start(env::current_exe()?)?, start(bare("metrics")?)?];
            for turn in 0..TURNS {
                // Whoever is first would otherwise always be so.
                for place in in_turn(pair + turn) {
                    times[place].push(peers[place].turn()?);
                }
            }
        }
        write_row(out, kinds, 1, &times)?;
    }
    Ok(())
}

/// The daemon of this build beside the one without, driven by the same client: how long a processor
/// works for one answer, the system's share included. Answers a second would also tell how busy
/// others keep the machine.
fn serving(out: &mut dyn Write) -> io::Result<()> {
    let workload = Workload::new(Kinds::Patterns, RULES, Mix::Usual, CODES);
    let directory = tempfile::tempdir()?;
    let codes = directory.path().join("codes");
    // A line each, so nothing with a line's end in it.
    let fits = |code: &&String| !code.contains(char::is_control);
    let lines = workload.codes.iter().filter(fits);
    let lines: Vec<_> = lines.map(String::as_str).collect();
    fs::write(&codes, lines.join("\n"))?;
    let client = beside_this("codeid")?;
    let config = workload.config_json();
    let more = ["serve.worker-threads=1", "listen.resp=codeid.resp.sock"].map(str::to_owned);
    let start = |program: &Path| Daemon::start_with(program, &config, &more);
    let daemons = [start(&client)?, start(&bare("codeid")?)?];
    writeln!(
        out,
        "| of a processor for one answer | with metrics, µs | without, µs | ratio | in each round |\n\
         |---|---|---|---|---|"
    )?;
    for (name, protocol, depth) in [
        ("RESP, 64 in flight on each of 16", "--resp", "64"),
        ("RESP, one in flight on each of 16", "--resp", "1"),
        ("HTTP, one in flight on each of 16", "--http-unix", "1"),
    ] {
        let mut times = [Vec::new(), Vec::new()];
        for round in 0..ROUNDS {
            for place in in_turn(round) {
                let daemon = &daemons[place];
                let socket = match protocol {
                    "--resp" => daemon.resp_socket(),
                    _ => daemon.socket(),
                };
                let before = daemon.cpu_time()?.all();
                let output = Command::new(&client)
                    .arg("bench")
                    .arg(protocol)
                    .arg(socket)
                    .args(["--connections", "16", "--depth", depth])
                    .args(["--duration", DRIVEN_FOR, "--warm-up", "0s", "--json"])
                    .arg("--codes")
                    .arg(&codes)
                    .output()?;
                let worked = daemon.cpu_time()?.all().saturating_sub(before);
                times[place].push(worked.as_secs_f64() * 1e6 / answers(&output.stdout)?);
            }
        }
        write_row(out, name, 2, &times)?;
    }
    Ok(())
}

/// A row of a table: the least times with metrics and without, to so many decimals, and their ratios.
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
        spread(&ratios)
    )
}

/// How many answers `codeid bench` got.
fn answers(json: &[u8]) -> io::Result<f64> {
    let report: Value = serde_json::from_slice(json)?;
    let run = &report["runs"][0];
    let count = run["latency"]["count"].as_f64();
    match (count, run["errors"]["total"].as_u64()) {
        (Some(count), Some(0)) if count > 0.0 => Ok(count),
        _ => Err(io::Error::other(format!("the load failed: {run}"))),
    }
}

/// A process that looks up when it is told to.
struct Peer {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start(program: &Path, kinds: &str) -> io::Result<Self> {
        let mut child = Command::new(program)
            .args([AS_PEER, kinds])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (orders, answers) = child
            .stdin
            .take()
            .zip(child.stdout.take())
            .ok_or_else(gone)?;
        let answers = BufReader::new(answers);
        Ok(Self {
            child,
            orders,
            answers,
        })
    }

    /// Nanoseconds for one lookup.
    fn turn(&mut self) -> io::Result<f64> {
        self.orders.write_all(b"\n")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        answer.trim().parse().map_err(|_| gone())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn gone() -> io::Error {
    io::Error::other("a process for lookups ended early")
}

/// In a process of its own: for each line that comes, looks up all codes a few times, and tells how
/// many nanoseconds one took at best.
fn take_turns() -> io::Result<()> {
    let refused = env::args().any(|argument| argument == "refused");
    let workload = if refused {
        refused_prefixes(1000)
    } else {
        Workload::new(Kinds::Patterns, RULES, Mix::Usual, CODES)
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

/// A program that was built beside this one.
fn beside_this(name: &str) -> io::Result<PathBuf> {
    let program = env::current_exe()?.with_file_name(name);
    found(program, "cargo build --release -p codeid")
}

/// A program that was built without what is measured.
fn bare(name: &str) -> io::Result<PathBuf> {
    let directory = match env::var_os("CODEID_BARE") {
        Some(directory) => PathBuf::from(directory),
        None => {
            let this = env::current_exe()?;
            let target = this.ancestors().nth(2).ok_or_else(gone)?;
            target.join("bare/release")
        }
    };
    let build = "cargo build --release -p codeid -p codeid-benches --no-default-features --target-dir \
                 target/bare";
    found(directory.join(name), build)
}

fn found(program: PathBuf, build: &str) -> io::Result<PathBuf> {
    if program.exists() {
        return Ok(program);
    }
    let message = format!("{} is missing: run `{build}`", program.display());
    Err(io::Error::new(io::ErrorKind::NotFound, message))
}

const fn in_turn(round: usize) -> [usize; 2] {
    if round.is_multiple_of(2) {
        [0, 1]
    } else {
        [1, 0]
    }
}

/// The one that was disturbed least.
fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// The tenth of the least, the median and the tenth of the most: what lies beyond is of others.
fn spread(values: &[f64]) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |tenths: usize| sorted.get((sorted.len() - 1) * tenths / 10).copied();
    let [least, middle, most] = [at(1), at(5), at(9)].map(|value| value.unwrap_or(f64::NAN));
    format!("{least:.3} – {middle:.3} – {most:.3}")
}
