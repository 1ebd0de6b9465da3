//! Prints, as Markdown, how a daemon bears connections that want nothing: slow and silent ones while
//! another client is served; more of them than there are descriptors; and connects that come all at
//! once. `benches/README.md` quotes it. Arguments select sections.
//!
//! ```sh
//! cargo build --release -p codeid
//! cargo run --release -p codeid-benches --bin connections [slow descriptors connects]
//! ```
//!
//! The daemon is the one that `CODEID` names, or else the one built beside this program. The hard limit
//! of open files must be 5000 at least.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use codeid_benches::load::{Client, Daemon, Latencies, daemon_binary};
use codeid_benches::report::{microseconds, print_sections, ratio};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use rustix::process::Rlimit;

const CONFIG: &str = r#"{"format": "codeid/1", "version": "connections", "rules": [
    {"id": "order", "match": {"regex": "281\\d{3}04.+"}, "action": {"type": "DECODE"}}
]}"#;

/// The number of clients that send a byte a second, and of those that send nothing.
const SLOW: usize = 2000;

/// The default of `http.header-timeout-ms`.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// The requests a second of the client that is served meanwhile.
const RATE: u32 = 1000;

/// The time for which latencies are measured without the others.
const BASELINE: Duration = Duration::from_secs(10);

/// The clients of each listener, where there are too few descriptors.
const TOO_MANY: usize = 100;

/// The time for which they try again and again.
const FLOOD: Duration = Duration::from_secs(10);

/// The time for which each of them keeps a connection, or what the daemon has closed of it.
const RETRY: Duration = Duration::from_secs(1);

/// The time between two requests to the admin plane.
const ASK: Duration = Duration::from_millis(100);

/// The connects that come at once.
const AT_ONCE: usize = 1000;

fn main() -> io::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    print_sections(&[
        ("slow", slow),
        ("descriptors", descriptors),
        ("connects", connects),
    ])
}

/// Returns a port that is free now.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn start(binary: &Path, port: u16, settings: &[&str]) -> io::Result<Daemon> {
    let settings = settings.iter().map(|setting| (*setting).to_owned());
    let http = format!("listen.http=127.0.0.1:{port}");
    let settings: Vec<String> = [http].into_iter().chain(settings).collect();
    Daemon::start_with(binary, CONFIG, &settings)
}

/// A client that sends nothing more than a byte now and then.
struct Slow {
    stream: TcpStream,
    connected: Instant,
    sends: bool,
    /// The time from the connect to the end.
    closed: Option<Duration>,
}

impl Slow {
    /// Notes whether the daemon has closed the connection.
    fn look(&mut self) {
        let is_open = self
            .stream
            .read(&mut [0])
            .is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        if self.closed.is_none() && !is_open {
            self.closed = Some(self.connected.elapsed());
        }
    }
}

/// Measures the latency of a client beside slow and silent ones, and the time after which they are
/// closed.
fn slow(out: &mut dyn Write) -> io::Result<()> {
    let port = free_port()?;
    let daemon = start(&daemon_binary()?, port, &["http.max-connections=6000"])?;
    let codes = ["28100104df2342342".to_owned()];
    let mut client = Client::connect(&daemon.socket(), 16, &codes)?;
    let before = client.run_at_rate(RATE, BASELINE)?;

    let cpu = daemon.cpu_time()?.total();
    let began = Instant::now();
    let measured = HEADER_TIMEOUT + Duration::from_secs(3);
    let measuring = thread::spawn(move || client.run_at_rate(RATE, measured));
    let mut clients = Vec::new();
    for n in 0..2 * SLOW {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nonblocking(true)?;
        clients.push(Slow {
            stream,
            connected: Instant::now(),
            sends: n % 2 == 0,
            closed: None,
        });
    }
    let mut next_byte = Instant::now();
    let head = b"POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\n"
        .iter()
        .cycle();
    let mut head = head.copied();
    while clients.iter().any(|client| client.closed.is_none()) && began.elapsed() < 2 * measured {
        if next_byte <= Instant::now() {
            next_byte += Duration::from_secs(1);
            let byte = [head.next().unwrap_or(b'x')];
            for client in clients.iter_mut().filter(|client| client.sends) {
                // It fails once the daemon has closed.
                let _ = client.stream.write(&byte);
            }
        }
        clients.iter_mut().for_each(Slow::look);
        sleep(Duration::from_millis(20));
    }
    let beside = measuring
        .join()
        .map_err(|_| io::Error::other("the client panicked"))??;
    let used = daemon.cpu_time()?.total().saturating_sub(cpu);

    writeln!(
        out,
        "| requests | number | p50, µs | p99, µs | max, ms |\n|---|---|---|---|---|"
    )?;
    let names = ["alone", "beside slow and silent clients"];
    for (name, latencies) in names.into_iter().zip([&before, &beside]) {
        row(out, name, latencies)?;
    }
    let p99 = |latencies: &Latencies| latencies.summary().p99;
    writeln!(
        out,
        "\np99 beside {SLOW} slow and {SLOW} silent clients: {:.2} times the p99 alone; the target is 2.\n",
        ratio(p99(&beside), p99(&before))
    )?;
    writeln!(
        out,
        "| clients | closed | first after, s | last after, s |\n|---|---|---|---|"
    )?;
    for (name, sends) in [("one byte a second", true), ("silent", false)] {
        let of_kind = clients.iter().filter(|client| client.sends == sends);
        let mut closed: Vec<Duration> = of_kind.filter_map(|client| client.closed).collect();
        closed.sort_unstable();
        let seconds = |time: Option<&Duration>| time.copied().unwrap_or_default().as_secs_f64();
        writeln!(
            out,
            "| {name} | {} of {SLOW} | {:.2} | {:.2} |",
            closed.len(),
            seconds(closed.first()),
            seconds(closed.last())
        )?;
    }
    writeln!(
        out,
        "\nThe target is {} s. The daemon used {:.2} of a core meanwhile.",
        (HEADER_TIMEOUT + Duration::from_secs(1)).as_secs(),
        ratio(used, began.elapsed())
    )
}

fn row(out: &mut dyn Write, name: &str, latencies: &Latencies) -> io::Result<()> {
    let summary = latencies.summary();
    writeln!(
        out,
        "| {name} | {} | {:.0} | {:.0} | {:.1} |",
        latencies.count(),
        microseconds(summary.p50),
        microseconds(summary.p99),
        microseconds(summary.max) / 1000.0
    )
}

/// Measures a daemon with 64 descriptors while more clients than it can serve try all the time.
fn descriptors(out: &mut dyn Write) -> io::Result<()> {
    let directory = tempfile::tempdir()?;
    let binary = limited(directory.path(), &daemon_binary()?)?;
    let port = free_port()?;
    let settings = ["listen.resp=codeid.resp.sock", "log.level=error"];
    let daemon = start(&binary, port, &settings)?;
    let admin = daemon.socket().with_file_name("admin.sock");
    let is_over = AtomicBool::new(false);
    let cpu = daemon.cpu_time()?.total();
    let (answers, waited) = thread::scope(|scope| {
        for _ in 0..TOO_MANY {
            scope.spawn(|| flood(&is_over, || TcpStream::connect(("127.0.0.1", port))));
            scope.spawn(|| flood(&is_over, || UnixStream::connect(daemon.socket())));
            scope.spawn(|| flood(&is_over, || UnixStream::connect(daemon.resp_socket())));
            scope.spawn(|| flood(&is_over, || UnixStream::connect(&admin)));
        }
        let mut answers = Latencies::default();
        let (began, mut waited) = (Instant::now(), Ok(()));
        while began.elapsed() < FLOOD && waited.is_ok() {
            let asked = Instant::now();
            waited = get(&admin, "/livez").map(drop);
            answers.record(asked.elapsed());
            sleep(ASK);
        }
        is_over.store(true, Relaxed);
        (answers, waited)
    });
    waited?;
    let used = daemon.cpu_time()?.total().saturating_sub(cpu);
    let over = Instant::now();
    while Client::connect(&daemon.socket(), 1, &["28100104x".to_owned()])
        .and_then(|mut client| client.winners())
        .is_err()
    {
        sleep(Duration::from_millis(5));
    }
    let recovered = over.elapsed();

    writeln!(
        out,
        "| requests | number | p50, µs | p99, µs | max, ms |\n|---|---|---|---|---|"
    )?;
    row(out, "to the admin plane", &answers)?;
    writeln!(
        out,
        "\nWith 64 descriptors and {TOO_MANY} clients of each listener that connect once a second, the daemon \
         used {:.3} of a core; the target is 0.1. It served the first request {:.0} ms after they had gone.\n",
        ratio(used, FLOOD),
        recovered.as_secs_f64() * 1000.0
    )?;
    writeln!(out, "```text")?;
    for line in get(&admin, "/metrics")?.lines() {
        let counts = [
            "codeid_connections_refused",
            "codeid_accept_failures",
            "codeid_admin_connections",
        ];
        if counts.iter().any(|name| line.starts_with(name)) {
            writeln!(out, "{line}")?;
        }
    }
    writeln!(out, "```")?;
    without_descriptors(out)
}

/// Measures a daemon that has no descriptor left while clients wait to be accepted.
fn without_descriptors(out: &mut dyn Write) -> io::Result<()> {
    let port = free_port()?;
    // A client that is accepted by chance is not closed before it sends its request.
    let settings = ["log.level=error", "http.header-timeout-ms=60000"];
    let daemon = start(&daemon_binary()?, port, &settings)?;
    let process = i32::try_from(daemon.process_id()).map_err(io::Error::other)?;
    let limit = |current: u64| {
        let maximum = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
        let limit = Rlimit {
            current: Some(current),
            maximum,
        };
        let pid = rustix::process::Pid::from_raw(process);
        rustix::process::prlimit(pid, rustix::process::Resource::Nofile, limit)
    };
    let open = fs::read_dir(format!("/proc/{process}/fd"))?.count();
    limit(open as u64)?;
    let waiting: Vec<TcpStream> = (0..TOO_MANY)
        .map(|_| TcpStream::connect(("127.0.0.1", port)))
        .collect::<io::Result<_>>()?;
    let cpu = daemon.cpu_time()?.total();
    sleep(FLOOD);
    let used = daemon.cpu_time()?.total().saturating_sub(cpu);
    limit(1000)?;
    let over = Instant::now();
    let mut served = 0;
    for mut stream in waiting {
        stream.set_read_timeout(Some(HEADER_TIMEOUT))?;
        served += usize::from(is_served(&mut stream));
    }
    let recovered = over.elapsed();
    let metrics = get(&daemon.socket().with_file_name("admin.sock"), "/metrics")?;
    let name = "codeid_accept_failures_total{listener=\"http\"} ";
    let failures = metrics.lines().find_map(|line| line.strip_prefix(name));
    writeln!(
        out,
        "\nWithout a free descriptor for {} s, the daemon used {:.4} of a core and failed {} times to accept. {served} of \
         {TOO_MANY} clients that waited were served within {:.0} ms after it had some again.",
        FLOOD.as_secs(),
        ratio(used, FLOOD),
        failures.unwrap_or("?"),
        recovered.as_secs_f64() * 1000.0
    )
}

/// Writes a program that runs `binary` with a limit of 64 descriptors.
fn limited(directory: &Path, binary: &Path) -> io::Result<PathBuf> {
    let path = directory.join("limited");
    let script = format!(
        "#!/bin/sh\nulimit -n 64\nexec '{}' \"$@\"\n",
        binary.display()
    );
    fs::write(&path, script)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700))?;
    Ok(path)
}

/// Connects again and again, and keeps each connection until the next.
fn flood<S>(is_over: &AtomicBool, connect: impl Fn() -> io::Result<S>) {
    let mut open = None;
    while !is_over.load(Relaxed) {
        open = connect().ok();
        sleep(RETRY);
    }
    drop(open);
}

/// Sends a request to the admin plane. Returns the whole response.
fn get(socket: &Path, path: &str) -> io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(HEADER_TIMEOUT))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    match response.starts_with("HTTP/1.1 200 ") {
        true => Ok(response),
        false => Err(io::Error::other(format!("{path}: {response:?}"))),
    }
}

/// Counts connects to a Unix socket that are refused although nothing is accepted meanwhile.
fn connects(out: &mut dyn Write) -> io::Result<()> {
    let daemon = start(&daemon_binary()?, free_port()?, &[])?;
    let process = i32::try_from(daemon.process_id()).map_err(io::Error::other)?;
    let process = Pid::from_raw(process);
    kill(process, Signal::SIGSTOP)?;
    let address = SocketAddrUnix::new(daemon.socket())?;
    let mut open = Vec::new();
    let mut refused = 0;
    for _ in 0..AT_ONCE {
        let flags = SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        match connect(&socket, &address) {
            Ok(()) => open.push(UnixStream::from(socket)),
            Err(_) => refused += 1,
        }
    }
    kill(process, Signal::SIGCONT)?;
    let mut answered = 0;
    for mut stream in open {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(HEADER_TIMEOUT))?;
        answered += usize::from(is_served(&mut stream));
    }
    writeln!(
        out,
        "Of {AT_ONCE} connects to the Unix socket before the daemon accepts one, {refused} were refused and {answered} \
         answered; the targets are 0 and {AT_ONCE}."
    )
}

/// Returns `true` if the daemon answers a request on a connection. One that it has refused may be closed
/// before the request is written.
fn is_served(stream: &mut (impl Read + Write)) -> bool {
    let mut response = String::new();
    stream
        .write_all(b"GET /livez HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        .and_then(|()| stream.read_to_string(&mut response))
        .is_ok_and(|_| response.starts_with("HTTP/1.1 200 "))
}
