//! The first lookups after a reload.

use std::hint::black_box;
use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

use codeid_benches::{Family, FamilyCodes, Template, default_limits};
use codeid_engine::{CodeValue, ConfigError, LiveTable, OpenId, RouteConfig, RouteTable, Scratch};

use crate::Selection;
use crate::families::refusal;

/// The number of lookups after a reload that are timed.
const FIRST: usize = 1000;

/// The number of reloads, each followed by other codes: 15 times [`FIRST`] lookups leave 150 beyond the 99th
/// percentile.
const RELOADS: usize = 15;

/// Prints how long the first lookups after a reload take, beside the same lookups when the table is warm.
pub(crate) fn reload(selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| first {FIRST} after a reload, family, rules | median, ns | warm, ns | ratio | p99, ns | warm, ns | \
         difference, µs |\n|---|---|---|---|---|---|---|"
    )?;
    for (family, count) in selection.rows() {
        let cells = match measure(family, count) {
            Ok([cold, warm]) => format!(
                "{} | {} | {:.2} | {} | {} | {:.2}",
                cold.median,
                warm.median,
                cold.median as f64 / warm.median as f64,
                cold.p99,
                warm.p99,
                (cold.p99 as f64 - warm.p99 as f64) / 1e3,
            ),
            Err(error) => format!("{} | | | | | ", refusal(&error)),
        };
        writeln!(out, "| {}, {count} | {cells} |", family.name())?;
        out.flush()?;
    }
    Ok(())
}

/// Nanoseconds of a lookup, without those that reading the clock takes.
struct Latencies {
    median: u128,
    p99: u128,
}

/// Returns the latencies after reloads, and those of a warm table.
fn measure(family: &Family, count: usize) -> Result<[Latencies; 2], ConfigError> {
    let workload = family.workload(count, Template::Code, FamilyCodes::Usual, FIRST * RELOADS);
    let json = workload.config_json();
    let config = RouteConfig::from_json(json.as_bytes(), &default_limits())?;
    // As in a daemon, another thread compiles, so that this one's caches know nothing of the table.
    let compile = || {
        thread::scope(|scope| {
            let compiler = scope.spawn(|| RouteTable::compile(&config, &default_limits()));
            compiler.join().expect("compiling returns panics as errors")
        })
    };
    let mut worker = Worker {
        live: LiveTable::new(),
        scratch: Scratch::new(),
    };
    let mut cold = Vec::with_capacity(FIRST * RELOADS);
    for codes in workload.codes.chunks(FIRST) {
        worker.live.publish(compile()?);
        cold.extend(codes.iter().map(|code| worker.time(code)));
    }
    for _ in 0..2 {
        workload.codes.iter().for_each(|code| {
            worker.time(code);
        });
    }
    let warm = workload
        .codes
        .iter()
        .map(|code| worker.time(code))
        .collect();
    Ok([Latencies::new(cold), Latencies::new(warm)])
}

/// The parts of a thread that serves: the live table and a scratch that outlives reloads.
struct Worker {
    live: LiveTable,
    scratch: Scratch,
}

impl Worker {
    fn time(&mut self, code: &str) -> Duration {
        let started = Instant::now();
        self.live.with(|table| {
            let table = table.expect("a table is live");
            let code = CodeValue::new(code).expect("codes have an allowed length");
            let open_id = OpenId::new("user-42").expect("three characters or more");
            black_box(table.identify(code, open_id, &mut self.scratch));
        });
        started.elapsed()
    }
}

impl Latencies {
    fn new(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        let mut clock: Vec<Duration> = (0..1000).map(|_| Instant::now().elapsed()).collect();
        clock.sort_unstable();
        let clock = clock[clock.len() / 2];
        let at = |share: usize| {
            all[all.len() * share / 100]
                .saturating_sub(clock)
                .as_nanos()
        };
        Self {
            median: at(50),
            p99: at(99),
        }
    }
}
