//! Prints, as Markdown, what sdkProxy costs: requests a second and their latency beside what
//! `openssl` needs for the one signature of each, on the same cores in the same run; and lookups
//! while it is saturated, and while it is not. `benches/README.md` quotes it. Name sections to see
//! only those.
//!
//! ```sh
//! cargo build --release -p codeid
//! cargo run --release -p codeid-benches --bin proxy [rate lookups]
//! ```
//!
//! The daemon is the one built beside this program, or that which `CODEID` names.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use codeid_benches::proxying::{Files, Speed, Upstream, speed, yields};
use codeid_benches::serving::{CpuTime, Daemon, Latencies, Load, Summary, config_of};
use codeid_benches::{Kinds, Mix, Workload};
use codeid_daemon::signature::{KeyVersion, SignedContent, SigningKey};

const RULES: usize = 1000;
const CODES: usize = 20_000;

/// Callers at once.
const CALLERS: [usize; 3] = [1, 16, 64];

/// Connections that look up.
const CONNECTIONS: usize = 16;
const RATES: [u32; 2] = [1000, 5000];

/// Each round has one phase of each kind; what a machine does meanwhile falls on all of them.
const ROUNDS: u32 = 10;
const PHASE: Duration = Duration::from_secs(2);

fn main() -> io::Result<()> {
    let wanted: Vec<String> = env::args().skip(1).collect();
    let mut out = io::stdout().lock();
    for section in ["rate", "lookups"] {
        if !wanted.is_empty() && !wanted.iter().any(|name| name == section) {
            continue;
        }
        match section {
            "rate" => rate(&mut out)?,
            _ => lookups(&mut out)?,
        }
        writeln!(out)?;
    }
    Ok(())
}

/// What a number of callers gets.
#[derive(Default)]
struct Served {
    latencies: Latencies,
    time: Duration,
    /// CPU time of the daemon's proxy threads, and of all its threads.
    proxy: Duration,
    daemon: Duration,
}

fn rate(out: &mut dyn Write) -> io::Result<()> {
    let scene = Scene::start()?;
    let cores = thread::available_parallelism()?.get();
    let mut served = CALLERS.map(|_| Served::default());
    let mut openssl = Vec::new();
    let mut ours = Vec::new();
    for round in 0..ROUNDS {
        openssl.push(speed(cores, PHASE)?);
        ours.push(scene.sign(cores)?);
        let mut places: Vec<_> = (0..CALLERS.len()).collect();
        if round % 2 == 1 {
            places.reverse();
        }
        for place in places {
            scene.serve(CALLERS[place], &mut served[place])?;
        }
    }
    let sign = mean(openssl.iter().map(|speed: &Speed| speed.sign));
    let verify = mean(openssl.iter().map(|speed| speed.verify));
    writeln!(
        out,
        "| {cores} cores | CPU time, µs | a second of one core |\n|---|---|---|\n\
         | openssl, signing | {0:.0} | {1:.0} |\n| openssl, verifying | {2:.0} | {3:.0} |\n\
         | codeid, signing | {4:.0} | {5:.0} |\n",
        microseconds(sign),
        in_a_second(sign),
        microseconds(verify),
        in_a_second(verify),
        microseconds(mean(ours.iter().copied())),
        in_a_second(mean(ours.iter().copied())),
    )?;
    writeln!(
        out,
        "| callers | answers a second | p50, ms | p99, ms | proxy threads, µs an answer | all threads, µs | of the \
         signing limit per core |\n|---|---|---|---|---|---|---|"
    )?;
    for (callers, served) in CALLERS.into_iter().zip(&served) {
        let count = served.latencies.count();
        let each = |time: Duration| time / u32::try_from(count).expect("fewer than billions");
        let Summary { p50, p99, .. } = served.latencies.summary();
        writeln!(
            out,
            "| {callers} | {:.0} | {:.2} | {:.2} | {:.0} | {:.0} | {:.2} |",
            count as f64 / served.time.as_secs_f64(),
            p50.as_secs_f64() * 1e3,
            p99.as_secs_f64() * 1e3,
            microseconds(each(served.proxy)),
            microseconds(each(served.daemon)),
            sign.as_secs_f64() / each(served.proxy).as_secs_f64(),
        )?;
    }
    Ok(())
}

fn lookups(out: &mut dyn Write) -> io::Result<()> {
    let scene = Scene::start()?;
    let mut load = Load::connect(&scene.daemon.socket(), CONNECTIONS, &scene.workload.codes)?;
    writeln!(
        out,
        "| lookups a second | sdkProxy | its answers a second | p50, µs | p99, µs | p99.9, µs | max, µs | p99 to \
         quiet | in each round |\n|---|---|---|---|---|---|---|---|---|"
    )?;
    for rate in RATES {
        // Of each kind, quiet and saturated, the latencies of each round.
        let mut rounds: [Vec<Latencies>; 2] = Default::default();
        let mut proxied = 0;
        for round in 0..ROUNDS {
            for place in [0, 1].map(|place| (place + round as usize) % 2) {
                let latencies = if place == 0 {
                    load.at_rate(rate, PHASE)?
                } else {
                    let (latencies, count) = scene.saturated(|| load.at_rate(rate, PHASE))?;
                    proxied += count;
                    latencies
                };
                rounds[place].push(latencies);
            }
        }
        let of = |rounds: &[Latencies]| {
            let mut all = Latencies::default();
            rounds.iter().for_each(|latencies| all.extend(latencies));
            all.summary()
        };
        let quiet = of(&rounds[0]);
        for (name, answers, rounds_of) in
            [("quiet", 0, &rounds[0]), ("saturated", proxied, &rounds[1])]
        {
            let summary = of(rounds_of);
            let ratios = rounds_of
                .iter()
                .zip(&rounds[0])
                .map(|(one, quiet)| ratio(one.summary().p99, quiet.summary().p99));
            writeln!(
                out,
                "| {rate} | {name} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.2} | {} |",
                answers as f64 / (PHASE * ROUNDS).as_secs_f64(),
                microseconds(summary.p50),
                microseconds(summary.p99),
                microseconds(summary.p99_9),
                microseconds(summary.max),
                ratio(summary.p99, quiet.p99),
                spread(ratios.collect()),
            )?;
        }
    }
    Ok(())
}

/// A daemon with its upstream, and what callers say to it.
struct Scene {
    files: Files,
    upstream: Upstream,
    daemon: Daemon,
    workload: Workload,
}

impl Scene {
    fn start() -> io::Result<Self> {
        let files = Files::make()?;
        let (certificate, key) = (files.path("tls.pem"), files.path("tls.key.pem"));
        let upstream = Upstream::start(&certificate, &key, files.answer()?)?;
        let workload = Workload::new(Kinds::Patterns, RULES, Mix::Usual, CODES);
        let config = config_of(&workload.rules, "proxy");
        let settings = files.settings(upstream.port());
        Ok(Self {
            daemon: Daemon::start_with(&binary()?, &config, &settings)?,
            files,
            upstream,
            workload,
        })
    }

    fn callers(&self, count: usize) -> io::Result<Load> {
        let body = Files::answer_body();
        Load::repeating(&self.daemon.socket(), count, Files::request(), body)
    }

    /// So many callers for one phase; checks that each request went upstream once.
    fn serve(&self, callers: usize, served: &mut Served) -> io::Result<()> {
        thread::scope(|scope| {
            let calling = scope.spawn(|| {
                yields();
                let mut load = self.callers(callers)?;
                // So that connections are there.
                load.while_true(|time| time < PHASE / 10)?;
                let (before, answered) = (self.daemon.cpu_time()?, self.upstream.answered());
                let begun = Instant::now();
                let latencies = load.while_true(|time| time < PHASE)?;
                served.time += begun.elapsed();
                let after = self.daemon.cpu_time()?;
                served.proxy += after.named("proxy") - before.named("proxy");
                served.daemon += after.all() - before.all();
                let sent = self.upstream.answered() - answered;
                assert_eq!(sent, latencies.count() as u64, "each is sent once");
                served.latencies.extend(&latencies);
                Ok(())
            });
            calling.join().expect("no panic while calling")
        })
    }

    /// What `work` gives while callers saturate sdkProxy, and how many of these were answered.
    fn saturated<T>(&self, work: impl FnOnce() -> io::Result<T>) -> io::Result<(T, usize)> {
        let done = AtomicBool::new(false);
        let mut load = self.callers(CALLERS[CALLERS.len() - 1])?;
        // So that connections are there.
        load.while_true(|time| time < PHASE / 10)?;
        thread::scope(|scope| {
            let calling = scope.spawn(|| {
                yields();
                load.while_true(|_| !done.load(Relaxed))
            });
            let worked = work();
            done.store(true, Relaxed);
            let latencies = calling.join().expect("no panic while calling")?;
            Ok((worked?, latencies.count()))
        })
    }

    /// CPU time of a signature as the daemon makes it, on so many threads at once.
    fn sign(&self, threads: usize) -> io::Result<Duration> {
        let pem = fs::read(self.files.path("ours.pem"))?;
        let version = KeyVersion::new(1).expect("a small number");
        let key = SigningKey::from_pem(&pem, version).map_err(io::Error::other)?;
        let request = Files::request();
        let content = SignedContent {
            path: "/aps/api/v1/mobile/sdkProxy",
            client_id: "BENCH_CLIENT",
            time: "2026-11-21T09:30:00+08:00",
            body: &request,
        };
        let sign = || {
            let begun = Instant::now();
            let mut count = 0;
            while begun.elapsed() < PHASE {
                key.sign(&content).map_err(io::Error::other)?;
                count += 1;
            }
            let time = CpuTime::of_this_thread()?;
            Ok::<_, io::Error>(time / count)
        };
        thread::scope(|scope| {
            // All of them before any is waited for.
            let mut signing = Vec::new();
            signing.resize_with(threads, || scope.spawn(sign));
            let times = signing
                .into_iter()
                .map(|thread| thread.join().expect("no panic while signing"));
            let times = times.collect::<io::Result<Vec<_>>>()?;
            Ok(mean(times.into_iter()))
        })
    }
}

fn binary() -> io::Result<PathBuf> {
    let binary = match env::var_os("CODEID") {
        Some(path) => PathBuf::from(path),
        None => env::current_exe()?.with_file_name("codeid"),
    };
    if binary.is_file() {
        return Ok(binary);
    }
    let binary = binary.display();
    Err(io::Error::other(format!(
        "{binary} is missing: cargo build --release -p codeid"
    )))
}

fn mean(times: impl ExactSizeIterator<Item = Duration>) -> Duration {
    let count = u32::try_from(times.len()).expect("a few");
    times.sum::<Duration>() / count
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn in_a_second(each: Duration) -> f64 {
    1.0 / each.as_secs_f64()
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
