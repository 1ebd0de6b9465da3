//! T2, T3: prints, as Markdown, what reloading costs: lookups over the Unix socket of a real daemon
//! with and without it, the time to compile a route config, and memory. `benches/README.md` quotes
//! it. Name sections to see only those.
//!
//! ```sh
//! cargo build --release -p codeid
//! cargo run --release -p codeid-benches --bin reload [latency throughput compile memory]
//! ```
//!
//! The daemon is the one built beside this program, or that which `CODEID` names.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use codeid_benches::serving::{
    Daemon, Latencies, Load, Memory, Summary, config_of, largest_config, slow_rules,
};
use codeid_benches::{Codeid, Engine, Kinds, Mix, Workload};
use codeid_engine::{CompileLimits, LiveTable, RouteTable};

const RULES: usize = 1000;
/// More rules than a config has room for.
const MORE: usize = 2000;
const CODES: usize = 20_000;
const CONNECTIONS: usize = 16;

/// So many that the client always has an answer to take, or throughput would be its own.
const MANY_CONNECTIONS: usize = 64;

/// Each round has one phase of each pace; what a machine does meanwhile falls on all of them.
const ROUNDS: u32 = 10;
const PHASE: Duration = Duration::from_secs(2);
const RATES: [u32; 2] = [5000, 20_000];

const PACES: [Pace; 3] = [Pace::Never, Pace::EverySecond, Pace::Continuously];

/// After so many reloads memory is looked at.
const RELOADS: [u64; 4] = [10, 100, 1000, 10_000];

/// How often the config is replaced while the load goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Never,
    EverySecond,
    /// As soon as the one before is active.
    Continuously,
}

fn main() -> io::Result<()> {
    let wanted: Vec<String> = env::args().skip(1).collect();
    let mut out = io::stdout().lock();
    for section in ["latency", "throughput", "compile", "memory"] {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == section) {
            continue;
        }
        match section {
            "latency" => latency(&mut out)?,
            "throughput" => throughput(&mut out)?,
            "compile" => compile(&mut out)?,
            _ => memory(&mut out)?,
        }
        writeln!(out)?;
    }
    Ok(())
}

fn latency(out: &mut dyn Write) -> io::Result<()> {
    let workload = workload();
    let (daemon, mut load) = start(&workload, CONNECTIONS)?;
    let mut reloads = Reloads::new(&daemon, &load, &workload);
    writeln!(
        out,
        "| a second | reloading | reloads a second | p50, µs | p99, µs | p99.9, µs | max, µs | p99.9 to \
         steady | in each round |\n|---|---|---|---|---|---|---|---|---|"
    )?;
    for rate in RATES {
        let mut phases: [Vec<Phase>; 3] = Default::default();
        for round in 0..ROUNDS {
            for place in in_turn([0, 1, 2], round) {
                let (latencies, count) =
                    reloads.during(PACES[place], &mut load, |load| load.at_rate(rate, PHASE))?;
                phases[place].push(Phase { latencies, count });
            }
        }
        let steady = summary_of(&phases[0]);
        for (pace, phases_of) in PACES.into_iter().zip(&phases) {
            let summary = summary_of(phases_of);
            let ratios = phases_of.iter().zip(&phases[0]).map(|(phase, steady)| {
                let [phase, steady] = [phase, steady].map(|phase| phase.latencies.summary());
                ratio(phase.p99_9, steady.p99_9)
            });
            let count: u64 = phases_of.iter().map(|phase| phase.count).sum();
            writeln!(
                out,
                "| {rate} | {} | {:.1} | {:.0} | {:.0} | {:.0} | {:.0} | {:.2} | {} |",
                pace.word(),
                a_second(count),
                microseconds(summary.p50),
                microseconds(summary.p99),
                microseconds(summary.p99_9),
                microseconds(summary.max),
                ratio(summary.p99_9, steady.p99_9),
                spread(ratios.collect()),
            )?;
        }
    }
    Ok(())
}

fn throughput(out: &mut dyn Write) -> io::Result<()> {
    let workload = workload();
    let (daemon, mut load) = start(&workload, MANY_CONNECTIONS)?;
    let mut reloads = Reloads::new(&daemon, &load, &workload);
    // Of each pace: answers a second in each round, and reloads in all.
    let mut answers: [Vec<f64>; 3] = Default::default();
    let mut counts = [0; 3];
    for round in 0..ROUNDS {
        for place in in_turn([0, 1, 2], round) {
            let (answered, count) =
                reloads.during(PACES[place], &mut load, |load| load.at_capacity(PHASE))?;
            answers[place].push(answered.count as f64 / answered.time.as_secs_f64());
            counts[place] += count;
        }
    }
    writeln!(
        out,
        "| {MANY_CONNECTIONS} at once, reloading | reloads a second | answers a second | to steady | in each \
         round |\n|---|---|---|---|---|"
    )?;
    let mean = |answers: &[f64]| answers.iter().sum::<f64>() / answers.len() as f64;
    let steady = &answers[0];
    for ((pace, answers), count) in PACES.into_iter().zip(&answers).zip(counts) {
        let ratios = answers
            .iter()
            .zip(steady)
            .map(|(answers, steady)| answers / steady);
        writeln!(
            out,
            "| {} | {:.1} | {:.0} | {:.2} | {} |",
            pace.word(),
            a_second(count),
            mean(answers),
            mean(answers) / mean(steady),
            spread(ratios.collect()),
        )?;
    }
    Ok(())
}

fn compile(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| route config | characters | least, ms | median, ms | most, ms | table, KB |\n|---|---|---|---|---|---|"
    )?;
    for count in [10, 100, 1000] {
        let workload = Workload::new(Kinds::Patterns, count, Mix::Usual, 0);
        let name = format!("{:?}, {count} rules", Kinds::Patterns);
        compile_row(out, &name, &workload.config_json())?;
    }
    for kinds in [Kinds::Patterns, Kinds::All, Kinds::WithAutomata] {
        let (count, config) = largest_config(&Workload::new(kinds, MORE, Mix::Usual, 0).rules);
        compile_row(out, &format!("{kinds:?}, {count} rules"), &config)?;
    }
    let (count, config) = largest_config(&slow_rules(MORE));
    compile_row(out, &format!("meant to be slow, {count} rules"), &config)
}

fn compile_row(out: &mut dyn Write, name: &str, config: &str) -> io::Result<()> {
    let mut times = Vec::new();
    let mut bytes = 0;
    for _ in 0..31 {
        let begun = Instant::now();
        let table = table(config)?;
        times.push(begun.elapsed());
        bytes = table.memory_usage();
    }
    times.sort_unstable();
    let [least, median, most] =
        [0, times.len() / 2, times.len() - 1].map(|place| times[place].as_secs_f64() * 1e3);
    writeln!(
        out,
        "| {name} | {} | {least:.2} | {median:.2} | {most:.2} | {} |",
        config.len(),
        bytes / 1024
    )
}

fn memory(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "| reloads | daemon, KB | its peak, KB | engine alone, KB | its peak, KB |\n|---|---|---|---|---|"
    )?;
    let workload = workload();
    let (daemon, mut load) = start(&workload, 1)?;
    let mut reloads = Reloads::new(&daemon, &load, &workload);
    let mut of_daemon = vec![daemon.memory()?];
    for count in RELOADS {
        while reloads.written - 1 < count {
            reloads.replace()?;
            load.wait_for(reloads.written)?;
        }
        of_daemon.push(daemon.memory()?);
    }
    let live = LiveTable::new();
    live.publish(table(&reloads.configs[1])?);
    let mut of_engine = vec![Memory::of(None)?];
    let mut swaps = Latencies::default();
    for reload in 1..=RELOADS[RELOADS.len() - 1] {
        let next = table(&reloads.configs[usize::from(reload % 2 == 1)])?;
        let begun = Instant::now();
        // Nobody reads it here.
        drop(live.publish(next));
        swaps.record(begun.elapsed());
        if RELOADS.contains(&reload) {
            of_engine.push(Memory::of(None)?);
        }
    }
    for (count, (daemon, engine)) in [0]
        .iter()
        .chain(&RELOADS)
        .zip(of_daemon.iter().zip(&of_engine))
    {
        let Memory { resident, peak } = daemon;
        writeln!(
            out,
            "| {count} | {resident} | {peak} | {} | {} |",
            engine.resident, engine.peak
        )?;
    }
    let Summary { p50, p99, max, .. } = swaps.summary();
    writeln!(
        out,
        "\nExchanging the tables and freeing the old one: p50 {:.0} µs, p99 {:.0} µs, at most {:.0} µs.",
        microseconds(p50),
        microseconds(p99),
        microseconds(max)
    )
}

/// The load while the config was replaced that many times.
struct Phase {
    latencies: Latencies,
    count: u64,
}

fn summary_of(phases: &[Phase]) -> Summary {
    let mut all = Latencies::default();
    phases.iter().for_each(|phase| all.extend(&phase.latencies));
    all.summary()
}

/// Two configs in the daemon's file, in turn.
struct Reloads<'a> {
    daemon: &'a Daemon,
    configs: [String; 2],
    newest: Arc<AtomicU64>,
    /// The generation that what was written last becomes.
    written: u64,
}

impl<'a> Reloads<'a> {
    fn new(daemon: &'a Daemon, load: &Load, workload: &Workload) -> Self {
        Self {
            daemon,
            configs: ["even", "odd"].map(|version| config_of(&workload.rules, version)),
            newest: load.newest(),
            written: 1,
        }
    }

    fn replace(&mut self) -> io::Result<()> {
        self.written += 1;
        self.daemon
            .replace_config(&self.configs[usize::from(self.written % 2 == 1)])
    }

    /// Reloads at this pace while `work` goes on; how often it did. What was written last is active
    /// at the end.
    fn during<T>(
        &mut self,
        pace: Pace,
        load: &mut Load,
        work: impl FnOnce(&mut Load) -> io::Result<T>,
    ) -> io::Result<(T, u64)> {
        let before = self.written;
        let done = AtomicBool::new(false);
        let worked = thread::scope(|scope| {
            let reloading = scope.spawn(|| self.reload_until(&done, pace));
            let worked = work(load);
            done.store(true, Relaxed);
            reloading.join().expect("no panic while reloading")?;
            worked
        })?;
        load.wait_for(self.written)?;
        Ok((worked, self.written - before))
    }

    fn reload_until(&mut self, done: &AtomicBool, pace: Pace) -> io::Result<()> {
        let mut next = Instant::now();
        while !done.load(Relaxed) {
            // A thread that wakes so often costs something itself, so it does at each pace.
            let is_due = pace != Pace::Never && Instant::now() >= next;
            if is_due && self.newest.load(Relaxed) >= self.written {
                self.replace()?;
                if pace == Pace::EverySecond {
                    next += Duration::from_secs(1);
                }
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}

impl Pace {
    const fn word(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::EverySecond => "every second",
            Self::Continuously => "continuously",
        }
    }
}

fn workload() -> Workload {
    Workload::new(Kinds::Patterns, RULES, Mix::Usual, CODES)
}

/// A daemon that answers as the engine does, and connections to it.
fn start(workload: &Workload, connections: usize) -> io::Result<(Daemon, Load)> {
    let daemon = Daemon::start(&binary()?, &config_of(&workload.rules, "odd"))?;
    let mut load = Load::connect(&daemon.socket(), connections, &workload.codes)?;
    let mut engine = Codeid::new(workload);
    for (code, winner) in workload.codes.iter().zip(load.winners()?) {
        assert_eq!(winner, engine.winner(code), "{code:?}");
    }
    Ok((daemon, load))
}

fn binary() -> io::Result<PathBuf> {
    let binary = match env::var_os("CODEID") {
        Some(path) => PathBuf::from(path),
        None => env::current_exe()?.with_file_name("codeid"),
    };
    if Path::new(&binary).is_file() {
        return Ok(binary);
    }
    let binary = binary.display();
    Err(io::Error::other(format!(
        "{binary} is missing: cargo build --release -p codeid"
    )))
}

fn table(config: &str) -> io::Result<RouteTable> {
    RouteTable::from_json(config.as_bytes(), &CompileLimits::default()).map_err(io::Error::other)
}

/// The other way round in every other round, so that nobody is always first.
fn in_turn<const N: usize>(mut places: [usize; N], round: u32) -> [usize; N] {
    if round % 2 == 1 {
        places.reverse();
    }
    places
}

/// Of what happened so often in all phases of one pace.
fn a_second(count: u64) -> f64 {
    count as f64 / (PHASE * ROUNDS).as_secs_f64()
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

/// The least, the median and the most of them.
fn spread(mut ratios: Vec<f64>) -> String {
    ratios.sort_by(f64::total_cmp);
    let [least, median, most] = [0, ratios.len() / 2, ratios.len() - 1].map(|place| ratios[place]);
    format!("{least:.2} – {median:.2} – {most:.2}")
}
