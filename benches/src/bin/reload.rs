//! Prints, as Markdown, the cost of reloading: lookups over the Unix socket of a real daemon with and
//! without it, the time to compile a route config, and memory. `benches/README.md` quotes it.
//! Arguments select sections.
//!
//! ```sh
//! cargo build --release -p codeid
//! cargo run --release -p codeid-benches --bin reload [latency throughput compile memory]
//! ```
//!
//! The daemon is the one that `CODEID` names, or else the one built beside this program.

use std::io::{self, Write};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use codeid_benches::load::{
    Client, Daemon, Latencies, Memory, Summary, daemon_binary, largest_config, padded_config,
    slow_rules,
};
use codeid_benches::report::{microseconds, print_sections, ratio, spread};
use codeid_benches::{CodeMix, Codeid, Engine, RuleKinds, Workload};
use codeid_engine::{CompileLimits, LiveTable, RouteTable};

const RULES: usize = 1000;

/// More rules than fit a config.
const TOO_MANY_RULES: usize = 2000;

const CODES: usize = 20_000;
const CONNECTIONS: usize = 16;

/// Enough connections that the client always finds a response, so that it is not the bottleneck.
const MANY_CONNECTIONS: usize = 64;

/// The number of rounds. A round has one phase of each pace, so that other work on the machine
/// affects all paces alike.
const ROUNDS: u32 = 10;
const PHASE: Duration = Duration::from_secs(2);

/// Lookups per second.
const RATES: [u32; 2] = [5000, 20_000];

const PACES: [Pace; 3] = [Pace::Never, Pace::EverySecond, Pace::Continuously];

/// The numbers of reloads after which memory is read.
const RELOADS: [u64; 4] = [10, 100, 1000, 10_000];

/// The pace at which the config is replaced under load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pace {
    Never,
    EverySecond,
    /// As soon as the config before it is live.
    Continuously,
}

fn main() -> io::Result<()> {
    print_sections(&[
        ("latency", latency),
        ("throughput", throughput),
        ("compile", compile),
        ("memory", memory),
    ])
}

fn latency(out: &mut dyn Write) -> io::Result<()> {
    let workload = workload();
    let (daemon, mut client) = start(&workload, CONNECTIONS)?;
    let mut reloads = Reloads::new(&daemon, &client, &workload);
    writeln!(
        out,
        "| per second | reloading | reloads per second | p50, µs | p99, µs | p99.9, µs | max, µs | p99.9 to \
         steady | in each round |\n|---|---|---|---|---|---|---|---|---|"
    )?;
    for rate in RATES {
        let mut phases: [Vec<Phase>; 3] = Default::default();
        for round in 0..ROUNDS {
            for index in alternating([0, 1, 2], round) {
                let run = |client: &mut Client| client.run_at_rate(rate, PHASE);
                let (latencies, reloads) = reloads.during(PACES[index], &mut client, run)?;
                phases[index].push(Phase { latencies, reloads });
            }
        }
        let steady = summary_of(&phases[0]);
        for (pace, phases_of) in PACES.into_iter().zip(&phases) {
            let summary = summary_of(phases_of);
            let ratios = phases_of.iter().zip(&phases[0]).map(|(phase, steady)| {
                let [phase, steady] = [phase, steady].map(|phase| phase.latencies.summary());
                ratio(phase.p99_9, steady.p99_9)
            });
            let count: u64 = phases_of.iter().map(|phase| phase.reloads).sum();
            writeln!(
                out,
                "| {rate} | {} | {:.1} | {:.0} | {:.0} | {:.0} | {:.0} | {:.2} | {} |",
                pace.name(),
                per_second(count),
                microseconds(summary.p50),
                microseconds(summary.p99),
                microseconds(summary.p99_9),
                microseconds(summary.max),
                ratio(summary.p99_9, steady.p99_9),
                spread(ratios),
            )?;
        }
    }
    Ok(())
}

fn throughput(out: &mut dyn Write) -> io::Result<()> {
    let workload = workload();
    let (daemon, mut client) = start(&workload, MANY_CONNECTIONS)?;
    let mut reloads = Reloads::new(&daemon, &client, &workload);
    // For each pace: responses per second in each round, and reloads in total.
    let mut rates: [Vec<f64>; 3] = Default::default();
    let mut counts = [0; 3];
    for round in 0..ROUNDS {
        for index in alternating([0, 1, 2], round) {
            let run = |client: &mut Client| client.run_closed_loop(PHASE);
            let (throughput, count) = reloads.during(PACES[index], &mut client, run)?;
            rates[index].push(throughput.count as f64 / throughput.time.as_secs_f64());
            counts[index] += count;
        }
    }
    writeln!(
        out,
        "| {MANY_CONNECTIONS} at once, reloading | reloads per second | responses per second | to steady | in each \
         round |\n|---|---|---|---|---|"
    )?;
    let mean = |rates: &[f64]| rates.iter().sum::<f64>() / rates.len() as f64;
    let steady = &rates[0];
    for ((pace, rates), count) in PACES.into_iter().zip(&rates).zip(counts) {
        let ratios = rates.iter().zip(steady).map(|(rate, steady)| rate / steady);
        writeln!(
            out,
            "| {} | {:.1} | {:.0} | {:.2} | {} |",
            pace.name(),
            per_second(count),
            mean(rates),
            mean(rates) / mean(steady),
            spread(ratios),
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
        let workload = Workload::new(RuleKinds::Patterns, count, CodeMix::Usual, 0);
        let name = format!("{:?}, {count} rules", RuleKinds::Patterns);
        write_compile_row(out, &name, &workload.config_json())?;
    }
    for kinds in [RuleKinds::Patterns, RuleKinds::All, RuleKinds::WithAutomata] {
        let (count, config) =
            largest_config(&Workload::new(kinds, TOO_MANY_RULES, CodeMix::Usual, 0).rules);
        write_compile_row(out, &format!("{kinds:?}, {count} rules"), &config)?;
    }
    let (count, config) = largest_config(&slow_rules(TOO_MANY_RULES));
    write_compile_row(out, &format!("adversarial, {count} rules"), &config)
}

fn write_compile_row(out: &mut dyn Write, name: &str, config: &str) -> io::Result<()> {
    let mut times = Vec::new();
    let mut bytes = 0;
    for _ in 0..31 {
        let started = Instant::now();
        let table = table(config)?;
        times.push(started.elapsed());
        bytes = table.memory_usage();
    }
    times.sort_unstable();
    let [least, median, most] =
        [0, times.len() / 2, times.len() - 1].map(|index| times[index].as_secs_f64() * 1e3);
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
    let (daemon, mut client) = start(&workload, 1)?;
    let mut reloads = Reloads::new(&daemon, &client, &workload);
    let mut of_daemon = vec![daemon.memory()?];
    for count in RELOADS {
        while reloads.written - 1 < count {
            reloads.replace()?;
            client.wait_for_generation(reloads.written)?;
        }
        of_daemon.push(daemon.memory()?);
    }
    let live = LiveTable::new();
    live.publish(table(&reloads.configs[1])?);
    let mut of_engine = vec![Memory::read(process::id())?];
    let mut swaps = Latencies::default();
    for reload in 1..=RELOADS[RELOADS.len() - 1] {
        let next = table(&reloads.configs[usize::from(reload % 2 == 1)])?;
        let started = Instant::now();
        // This thread is the only reader, so the old table is freed here.
        drop(live.publish(next));
        swaps.record(started.elapsed());
        if RELOADS.contains(&reload) {
            of_engine.push(Memory::read(process::id())?);
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
    let [.., warm, _, _, last] = &*of_daemon else {
        unreachable!("memory is read after each of the numbers of reloads");
    };
    writeln!(
        out,
        "\nAfter {} reloads the daemon has {:.3} of the memory that it had after {}.",
        RELOADS[RELOADS.len() - 1],
        last.resident as f64 / warm.resident as f64,
        RELOADS[RELOADS.len() - 4],
    )?;
    let Summary { p50, p99, max, .. } = swaps.summary();
    writeln!(
        out,
        "\nExchanging the tables and freeing the old one: p50 {:.0} µs, p99 {:.0} µs, max {:.0} µs.",
        microseconds(p50),
        microseconds(p99),
        microseconds(max)
    )
}

/// One phase of load at one pace.
struct Phase {
    latencies: Latencies,
    /// The number of reloads meanwhile.
    reloads: u64,
}

/// Returns the percentiles over all phases.
fn summary_of(phases: &[Phase]) -> Summary {
    let mut all = Latencies::default();
    phases.iter().for_each(|phase| all.extend(&phase.latencies));
    all.summary()
}

/// Replaces the daemon's config file with two configs alternately.
struct Reloads<'a> {
    daemon: &'a Daemon,
    configs: [String; 2],
    newest_generation: Arc<AtomicU64>,
    /// The generation that the config written last will get.
    written: u64,
}

impl<'a> Reloads<'a> {
    fn new(daemon: &'a Daemon, client: &Client, workload: &Workload) -> Self {
        Self {
            daemon,
            configs: ["even", "odd"].map(|version| padded_config(&workload.rules, version)),
            newest_generation: client.newest_generation(),
            written: 1,
        }
    }

    fn replace(&mut self) -> io::Result<()> {
        self.written += 1;
        self.daemon
            .replace_config(&self.configs[usize::from(self.written % 2 == 1)])
    }

    /// Runs `work` while the config is replaced at this pace. Returns the result and the number of
    /// reloads, once the config written last is live.
    fn during<T>(
        &mut self,
        pace: Pace,
        client: &mut Client,
        work: impl FnOnce(&mut Client) -> io::Result<T>,
    ) -> io::Result<(T, u64)> {
        let before = self.written;
        let done = AtomicBool::new(false);
        let result = thread::scope(|scope| {
            let reloading = scope.spawn(|| self.reload_until(&done, pace));
            let result = work(client);
            done.store(true, Relaxed);
            reloading.join().expect("replacing a file does not panic")?;
            result
        })?;
        client.wait_for_generation(self.written)?;
        Ok((result, self.written - before))
    }

    fn reload_until(&mut self, done: &AtomicBool, pace: Pace) -> io::Result<()> {
        let mut next = Instant::now();
        while !done.load(Relaxed) {
            // A thread that wakes this often costs CPU time, so it wakes at every pace, also at `Never`.
            let is_due = pace != Pace::Never && Instant::now() >= next;
            if is_due && self.newest_generation.load(Relaxed) >= self.written {
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
    const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::EverySecond => "every second",
            Self::Continuously => "continuously",
        }
    }
}

fn workload() -> Workload {
    Workload::new(RuleKinds::Patterns, RULES, CodeMix::Usual, CODES)
}

/// Starts a daemon, connects to it, and checks that it finds the same winners as the engine.
fn start(workload: &Workload, connections: usize) -> io::Result<(Daemon, Client)> {
    let daemon = Daemon::start(&daemon_binary()?, &padded_config(&workload.rules, "odd"))?;
    let mut client = Client::connect(&daemon.socket(), connections, &workload.codes)?;
    let mut engine = Codeid::new(workload);
    for (code, winner) in workload.codes.iter().zip(client.winners()?) {
        assert_eq!(winner, engine.winner(code), "{code:?}");
    }
    Ok((daemon, client))
}

fn table(config: &str) -> io::Result<RouteTable> {
    RouteTable::from_json(config.as_bytes(), &CompileLimits::default()).map_err(io::Error::other)
}

/// Reverses the order in every other round, so that no contestant is always first.
fn alternating<const N: usize>(mut order: [usize; N], round: u32) -> [usize; N] {
    if round % 2 == 1 {
        order.reverse();
    }
    order
}

/// Converts the number of events in all phases of one pace to events per second.
fn per_second(count: u64) -> f64 {
    count as f64 / (PHASE * ROUNDS).as_secs_f64()
}
