//! Prints, as Markdown, the cost of sdkProxy: requests per second and their latency, beside the time
//! that `openssl` needs for the one signature of each, on the same cores in the same run; and
//! lookups while sdkProxy is saturated and while it is idle; and how exactly the time-out is observed.
//! `benches/README.md` quotes it.
//! Arguments select sections.
//!
//! ```sh
//! cargo build --release -p codeid
//! cargo run --release -p codeid-benches --bin proxy [rate lookups timeout]
//! ```
//!
//! The daemon is the one that `CODEID` names, or else the one built beside this program.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use codeid_benches::load::{
    Client, Daemon, Latencies, Summary, cpu_time_of_this_thread, daemon_binary, padded_config,
};
use codeid_benches::report::{microseconds, print_sections, ratio, spread};
use codeid_benches::sdk_proxy::{
    CLIENT_ID, Credentials, PATH, RESPONSE_BODY, RsaTimes, TIME, Upstream, lower_priority, request,
    rsa_times,
};
use codeid_benches::{CodeMix, RuleKinds, Workload, cannot};
use codeid_daemon::signature::{KeyVersion, SignedContent, SigningKey};

const RULES: usize = 1000;
const CODES: usize = 20_000;

/// The numbers of callers of sdkProxy at once.
const CALLERS: [usize; 3] = [1, 16, 64];

/// The number of connections that look codes up.
const CONNECTIONS: usize = 16;

/// Lookups per second.
const RATES: [u32; 2] = [1000, 5000];

/// The number of rounds. A round has one phase of each kind, so that other work on the machine
/// affects all kinds alike.
const ROUNDS: u32 = 10;
const PHASE: Duration = Duration::from_secs(2);

/// The shortest time-out that is allowed.
const TIMEOUT: Duration = Duration::from_millis(10_001);

fn main() -> io::Result<()> {
    print_sections(&[("rate", rate), ("lookups", lookups), ("timeout", timeout)])
}

/// Figures of sdkProxy for one number of callers.
#[derive(Default)]
struct CallerFigures {
    latencies: Latencies,
    time: Duration,
    /// The CPU time of the daemon's proxy threads.
    proxy: Duration,
    /// The CPU time of all threads of the daemon.
    daemon: Duration,
}

fn rate(out: &mut dyn Write) -> io::Result<()> {
    let fixture = Fixture::start()?;
    let cores = thread::available_parallelism()?.get();
    let mut figures = CALLERS.map(|_| CallerFigures::default());
    let mut openssl = Vec::new();
    let mut ours = Vec::new();
    for round in 0..ROUNDS {
        openssl.push(rsa_times(cores, PHASE)?);
        ours.push(fixture.signing_time(cores)?);
        let mut order: Vec<_> = (0..CALLERS.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            fixture.call(CALLERS[index], &mut figures[index])?;
        }
    }
    let sign = mean(openssl.iter().map(|times: &RsaTimes| times.sign));
    let verify = mean(openssl.iter().map(|times| times.verify));
    let ours = mean(ours.into_iter());
    writeln!(
        out,
        "| {cores} cores | CPU time, µs | per second of one core |\n|---|---|---|\n\
         | openssl, signing | {0:.0} | {1:.0} |\n| openssl, verifying | {2:.0} | {3:.0} |\n\
         | codeid, signing | {4:.0} | {5:.0} |\n",
        microseconds(sign),
        per_second(sign),
        microseconds(verify),
        per_second(verify),
        microseconds(ours),
        per_second(ours),
    )?;
    writeln!(
        out,
        "| callers | responses per second | p50, ms | p99, ms | proxy threads, µs per response | all threads, µs \
         | of the signing limit per core |\n|---|---|---|---|---|---|---|"
    )?;
    for (callers, figures) in CALLERS.into_iter().zip(&figures) {
        let count = figures.latencies.count();
        let each = |time: Duration| time / u32::try_from(count).expect("fewer than billions");
        let Summary { p50, p99, .. } = figures.latencies.summary();
        writeln!(
            out,
            "| {callers} | {:.0} | {:.2} | {:.2} | {:.0} | {:.0} | {:.2} |",
            count as f64 / figures.time.as_secs_f64(),
            p50.as_secs_f64() * 1e3,
            p99.as_secs_f64() * 1e3,
            microseconds(each(figures.proxy)),
            microseconds(each(figures.daemon)),
            sign.as_secs_f64() / each(figures.proxy).as_secs_f64(),
        )?;
    }
    Ok(())
}

fn lookups(out: &mut dyn Write) -> io::Result<()> {
    let fixture = Fixture::start()?;
    let socket = fixture.daemon.socket();
    let mut client = Client::connect(&socket, CONNECTIONS, &fixture.workload.codes)?;
    writeln!(
        out,
        "| lookups per second | sdkProxy | its responses per second | p50, µs | p99, µs | p99.9, µs | max, µs | \
         p99 to idle | in each round |\n|---|---|---|---|---|---|---|---|---|"
    )?;
    for rate in RATES {
        // The latencies of each round, while sdkProxy is idle and while it is saturated.
        let mut rounds: [Vec<Latencies>; 2] = Default::default();
        let mut responses = 0;
        for round in 0..ROUNDS {
            for index in [0, 1].map(|index| (index + round as usize) % 2) {
                let latencies = if index == 0 {
                    client.run_at_rate(rate, PHASE)?
                } else {
                    let (latencies, count) =
                        fixture.while_saturated(|| client.run_at_rate(rate, PHASE))?;
                    responses += count;
                    latencies
                };
                rounds[index].push(latencies);
            }
        }
        let [idle, saturated] = &rounds;
        let idle_p99 = summary_of(idle).p99;
        for (name, responses, latencies) in [("idle", 0, idle), ("saturated", responses, saturated)]
        {
            let summary = summary_of(latencies);
            let ratios = latencies
                .iter()
                .zip(idle)
                .map(|(one, idle)| ratio(one.summary().p99, idle.summary().p99));
            writeln!(
                out,
                "| {rate} | {name} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.2} | {} |",
                responses as f64 / (PHASE * ROUNDS).as_secs_f64(),
                microseconds(summary.p50),
                microseconds(summary.p99),
                microseconds(summary.p99_9),
                microseconds(summary.max),
                ratio(summary.p99, idle_p99),
                spread(ratios),
            )?;
        }
    }
    Ok(())
}

fn timeout(out: &mut dyn Write) -> io::Result<()> {
    let credentials = Credentials::generate()?;
    // The upstream takes every request, and sends nothing.
    let setting = format!("proxy.total-timeout-ms={}", TIMEOUT.as_millis());
    let fixture = Fixture::start_with(credentials, Vec::new(), &[setting])?;
    writeln!(
        out,
        "| requests at once | the response comes after the time-out of {} ms by: least, ms | median | most |\n\
         |---|---|---|---|",
        TIMEOUT.as_millis()
    )?;
    for callers in CALLERS {
        let ask = || {
            let mut stream = UnixStream::connect(fixture.daemon.socket())?;
            let started = Instant::now();
            stream.write_all(&request())?;
            let mut response = [0; 4096];
            let length = stream.read(&mut response)?;
            let took = started.elapsed();
            let response = String::from_utf8_lossy(&response[..length]);
            if !response.contains("UNKNOWN_EXCEPTION") {
                return Err(io::Error::other(format!("not a time-out: {response}")));
            }
            Ok(took)
        };
        let mut times = thread::scope(|scope| {
            let mut asking = Vec::new();
            asking.resize_with(callers, || scope.spawn(ask));
            let times = asking
                .into_iter()
                .map(|thread| thread.join().expect("asking does not panic"));
            times.collect::<io::Result<Vec<Duration>>>()
        })?;
        times.sort_unstable();
        let after = |index: usize| (times[index].as_secs_f64() - TIMEOUT.as_secs_f64()) * 1e3;
        writeln!(
            out,
            "| {callers} | {:+.1} | {:+.1} | {:+.1} |",
            after(0),
            after(callers / 2),
            after(callers - 1)
        )?;
    }
    Ok(())
}

/// A daemon with its upstream and its workload.
struct Fixture {
    credentials: Credentials,
    upstream: Upstream,
    daemon: Daemon,
    workload: Workload,
}

impl Fixture {
    fn start() -> io::Result<Self> {
        let credentials = Credentials::generate()?;
        let response = credentials.signed_response(RESPONSE_BODY)?;
        Self::start_with(credentials, response, &[])
    }

    /// Starts an upstream that sends `response` to every request, and the daemon with more settings.
    fn start_with(
        credentials: Credentials,
        response: Vec<u8>,
        more: &[String],
    ) -> io::Result<Self> {
        let (certificate, key) = (credentials.path("tls.pem"), credentials.path("tls.key.pem"));
        let upstream = Upstream::start(&certificate, &key, response)?;
        let workload = Workload::new(RuleKinds::Patterns, RULES, CodeMix::Usual, CODES);
        let config = padded_config(&workload.rules, "proxy");
        let mut settings = credentials.settings(upstream.port());
        settings.extend_from_slice(more);
        Ok(Self {
            daemon: Daemon::start_with(&daemon_binary()?, &config, &settings)?,
            credentials,
            upstream,
            workload,
        })
    }

    /// Connects a number of callers, and has them call until the daemon's own connections are open.
    fn callers(&self, count: usize) -> io::Result<Client> {
        let socket = self.daemon.socket();
        let mut callers = Client::connect_repeating(&socket, count, request(), RESPONSE_BODY)?;
        callers.run_while(|time| time < PHASE / 10)?;
        Ok(callers)
    }

    /// Calls sdkProxy for one phase with a number of callers, and checks that each request went
    /// upstream exactly once.
    fn call(&self, callers: usize, figures: &mut CallerFigures) -> io::Result<()> {
        thread::scope(|scope| {
            let calling = scope.spawn(|| {
                lower_priority();
                let mut callers = self.callers(callers)?;
                let (cpu_before, responses) = (self.daemon.cpu_time()?, self.upstream.responses());
                let started = Instant::now();
                let latencies = callers.run_while(|time| time < PHASE)?;
                figures.time += started.elapsed();
                let cpu_after = self.daemon.cpu_time()?;
                figures.proxy += cpu_after.of_threads("proxy") - cpu_before.of_threads("proxy");
                figures.daemon += cpu_after.total() - cpu_before.total();
                let sent = self.upstream.responses() - responses;
                assert_eq!(sent, latencies.count() as u64, "each request is sent once");
                figures.latencies.extend(&latencies);
                Ok(())
            });
            calling.join().expect("calling does not panic")
        })
    }

    /// Runs `work` while callers saturate sdkProxy, and returns its result and the number of responses
    /// to the callers.
    fn while_saturated<T>(&self, work: impl FnOnce() -> io::Result<T>) -> io::Result<(T, usize)> {
        let done = AtomicBool::new(false);
        let mut callers = self.callers(CALLERS[CALLERS.len() - 1])?;
        thread::scope(|scope| {
            let calling = scope.spawn(|| {
                lower_priority();
                callers.run_while(|_| !done.load(Relaxed))
            });
            let result = work();
            done.store(true, Relaxed);
            let latencies = calling.join().expect("calling does not panic")?;
            Ok((result?, latencies.count()))
        })
    }

    /// Returns the CPU time of one signature as the daemon makes it, with `threads` threads at once.
    fn signing_time(&self, threads: usize) -> io::Result<Duration> {
        let path = self.credentials.path("ours.pem");
        let pem = fs::read(&path).map_err(cannot("read", &path))?;
        let version = KeyVersion::new(1).expect("1 is a valid version");
        let key = SigningKey::from_pem(&pem, version).map_err(io::Error::other)?;
        let request = request();
        let content = SignedContent {
            path: PATH,
            client_id: CLIENT_ID,
            time: TIME,
            body: &request,
        };
        let sign = || {
            let started = Instant::now();
            let mut count = 0;
            while started.elapsed() < PHASE {
                key.sign(&content).map_err(io::Error::other)?;
                count += 1;
            }
            let time = cpu_time_of_this_thread()?;
            Ok::<_, io::Error>(time / count)
        };
        thread::scope(|scope| {
            // Start all of them before waiting for one.
            let mut signing = Vec::new();
            signing.resize_with(threads, || scope.spawn(sign));
            let times = signing
                .into_iter()
                .map(|thread| thread.join().expect("signing does not panic"));
            let times = times.collect::<io::Result<Vec<_>>>()?;
            Ok(mean(times.into_iter()))
        })
    }
}

/// Returns the percentiles over all rounds.
fn summary_of(rounds: &[Latencies]) -> Summary {
    let mut all = Latencies::default();
    rounds.iter().for_each(|latencies| all.extend(latencies));
    all.summary()
}

fn mean(times: impl ExactSizeIterator<Item = Duration>) -> Duration {
    let count = u32::try_from(times.len()).expect("a small number of times");
    times.sum::<Duration>() / count
}

fn per_second(each: Duration) -> f64 {
    1.0 / each.as_secs_f64()
}
