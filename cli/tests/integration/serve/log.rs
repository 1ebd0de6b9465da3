//! A log that cannot be written, or that clients try to fill: the daemon serves on, and stops.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write, pipe};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::client::Client;
use super::daemon::{PATIENCE, Plan, Served};
use crate::rules::remote::wait_until;

const DROPPED: &str = "codeid_log_lines_dropped_total";

/// A daemon whose standard error the test chose. Killed with the value.
struct Unread {
    child: Child,
    served: Served,
}

impl Unread {
    /// Starts the daemon by `command`, and waits until it serves.
    fn spawn(plan: Plan, command: &mut Command, stderr: impl Into<Stdio>) -> Self {
        let child = command.stderr(stderr).spawn().unwrap();
        let served = Served::new(plan.directory);
        let daemon = Self { child, served };
        let socket = daemon.served.directory.path().join("run/codeid.admin.sock");
        wait_until("the admin plane", || UnixStream::connect(&socket).ok());
        daemon
    }

    fn start(stderr: impl Into<Stdio>) -> Self {
        let plan = plan();
        let mut command = plan.command("serve");
        Self::spawn(plan, &mut command, stderr)
    }

    /// Makes more requests on more connections than there are workers.
    fn assert_serves(&self) {
        let mut clients: Vec<_> = (0..8).map(|_| self.served.unix()).collect();
        for _ in 0..20 {
            for client in &mut clients {
                let response = client.identify("28100104x", "user-42");
                assert_eq!(response.header("x-codeid-rule"), Some("order"));
            }
        }
        assert_eq!(self.served.admin("GET", "/readyz").status, 200);
    }

    /// Has the sources read again, which is logged.
    fn reload(&self) {
        let socket = self.served.directory.path().join("run/codeid.admin.sock");
        let response = Client::unix(&socket).post("/v1/reload", "{}");
        assert_eq!(response.status, 200);
    }

    fn dropped(&self) -> f64 {
        self.served.metrics().find(DROPPED).unwrap()
    }

    fn signal(&self, signal: Signal) {
        let process = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        kill(process, signal).unwrap();
    }

    /// Stops it with SIGTERM, expecting a clean end.
    fn stop(&mut self) {
        self.signal(Signal::SIGTERM);
        let status = wait_until("the end", || self.child.try_wait().unwrap());
        assert!(status.success(), "{status}");
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn plan() -> Plan {
    Plan::new().set("log.format=json")
}

/// Returns the sum of `lines` in the lines of the log with this message.
fn reported(log: &str, message: &str) -> f64 {
    let lines = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter(|line| line["message"] == message)
        .map(|line| line["lines"].as_f64().unwrap())
        .sum()
}

#[test]
fn a_full_device_stops_nothing_and_the_lines_are_counted() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut daemon = Unread::start(full);
    daemon.assert_serves();
    let before = daemon.dropped();
    assert!(before >= 1.0);
    daemon.reload();
    wait_until("another line dropped", || {
        (daemon.dropped() > before).then_some(())
    });
    daemon.assert_serves();
    daemon.stop();
}

#[test]
fn a_reader_that_has_gone_stops_nothing() {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    let mut daemon = Unread::start(writer);
    daemon.assert_serves();
    assert!(daemon.dropped() >= 1.0);
    daemon.stop();
}

#[test]
fn a_pipe_that_is_not_read_stops_nothing_and_nothing_is_lost_if_it_is_read_later() {
    for reads_later in [true, false] {
        let (reader, mut writer) = pipe().unwrap();
        // The pipe is full before the first line.
        let size = fcntl(&writer, FcntlArg::F_SETPIPE_SZ(4096)).unwrap();
        let filling = "x".repeat(usize::try_from(size).unwrap() - 1) + "\n";
        writer.write_all(filling.as_bytes()).unwrap();
        let mut daemon = Unread::start(writer);
        daemon.assert_serves();
        daemon.reload();
        assert_eq!(daemon.dropped(), 0.0);
        if !reads_later {
            daemon.stop();
            continue;
        }
        let mut lines = BufReader::new(reader).lines().map_while(Result::ok);
        for message in ["serving", "admin command"] {
            assert!(lines.any(|line| line.contains(message)), "{message}");
        }
        assert_eq!(daemon.dropped(), 0.0);
        daemon.assert_serves();
        // The rest of the log is read, as by a log shipper.
        let rest = std::thread::spawn(move || lines.any(|line| line.contains("stopped")));
        daemon.stop();
        assert!(rest.join().unwrap());
    }
}

/// The limit of the size of files stands for a disk that fills up and is freed again.
#[test]
fn once_writing_works_again_the_log_reports_what_is_missing() {
    const LIMIT: usize = 4096;
    let plan = plan();
    let log = plan.directory.write("log", vec![b'\n'; LIMIT]);
    let stderr = File::options().append(true).open(&log).unwrap();
    let serve = plan.command("serve");
    let mut command = Command::new("prlimit");
    command
        .arg(format!("--fsize={LIMIT}:"))
        .arg(serve.get_program())
        .args(serve.get_args())
        .current_dir(plan.directory.path());
    let mut daemon = Unread::spawn(plan, &mut command, stderr);
    daemon.assert_serves();
    wait_until("a dropped line", || (daemon.dropped() >= 1.0).then_some(()));
    assert_eq!(fs::metadata(&log).unwrap().len(), LIMIT as u64);
    let freed = Command::new("prlimit")
        .arg(format!("--pid={}", daemon.child.id()))
        .arg("--fsize=unlimited:")
        .status()
        .unwrap();
    assert!(freed.success());
    daemon.reload();
    let read = || fs::read_to_string(&log).unwrap();
    let message = "log lines were dropped: the log could not be written";
    wait_until("the report", || {
        (reported(&read(), message) == daemon.dropped()).then_some(())
    });
    daemon.stop();
    assert!(read().contains("\"stopped\""));
}

#[test]
fn clients_cannot_fill_the_log() {
    const CLIENTS: u16 = 300;
    let message = "dropped a client that speaks HTTP to listen.resp";
    let mut daemon = plan().set("listen.resp=resp.sock").spawn();
    let socket = daemon.directory.path().join("resp.sock");
    let begun = std::time::Instant::now();
    for _ in 0..CLIENTS {
        let mut client = UnixStream::connect(&socket).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let _ = client.read_to_end(&mut Vec::new());
    }
    let logged = |log: &[String]| {
        let lines = log.iter().filter(|line| line.contains(message));
        lines.filter(|line| !line.contains("\"like\"")).count()
    };
    let suppressed = |log: &[String]| {
        let log = log.join("\n");
        reported(&log, "similar log lines were suppressed")
    };
    loop {
        daemon.wait_for_line("similar log lines were suppressed");
        let logged = logged(&daemon.log);
        // 32 at once and 4 a second, as documented.
        let allowed = 33 + 4 * usize::try_from(begun.elapsed().as_secs() + 1).unwrap();
        assert!(logged <= allowed, "{logged} > {allowed}");
        if logged as f64 + suppressed(&daemon.log) == f64::from(CLIENTS) {
            break;
        }
    }
    daemon.stop();
}
