//! `codeid top`: what it writes, what a terminal gets, and that it outlives the daemon.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};

use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::{assert_has, beside, words};
use crate::cli::{Ran, codeid};
use crate::serve::daemon::{Daemon, Directory, Plan, Served};

#[test]
fn intervals_are_written_as_text() {
    let daemon = Daemon::start();
    daemon.unix().identify("28100104X", "user-42");
    let ran = beside(&daemon, &["top", "--count", "2", "--interval", "50ms"]);
    assert_eq!((ran.status, &*ran.stderr), (0, ""));
    let text = words(&ran.stdout);
    assert_eq!(
        text.matches(" UTC ready generation 1 (test-7)\n").count(),
        2,
        "{text}"
    );
    assert_has(
        &text,
        &[
            "LISTENER REQUESTS/S ERRORS OPEN P50 P90 P99 P99.9 MAX\nall 0 - ",
            "\nhttp 0 - ",
            "\nunix 0 - ",
            "\nresp 0 - ",
            "RULE DECIDED/S REFUSED/S DECIDED REFUSED\norder 0 0 1 0\n",
        ],
    );
    let misused = beside(&daemon, &["top", "--interval", "1ms"]);
    assert_eq!(misused.status, 2);
    assert_has(&misused.stderr, &["must be 50 ms at least"]);
}

/// `codeid top --json`, line by line. Ended with the value.
struct Lines {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Lines {
    fn of(daemon: &Served) -> Self {
        let mut command = codeid(["top", "--json", "--interval", "50ms"]);
        let mut child = command
            .current_dir(daemon.directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line that is so.
    fn find(&mut self, is_so: impl Fn(&Value) -> bool) -> Value {
        let lines = self.lines.by_ref().map(|line| line.unwrap());
        let mut documents = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap());
        documents.find(is_so).expect("it goes on until it is ended")
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn requests_are_seen_while_they_come() {
    let daemon = Daemon::start();
    let mut lines = Lines::of(&daemon);
    let quiet = lines.find(|_| true);
    assert_eq!(quiet["total"]["requestsPerSecond"], 0.0);
    assert_eq!(
        (&quiet["generation"], &quiet["ready"]),
        (&1.into(), &true.into())
    );
    daemon.unix().identify("28100104X", "user-42");
    let busy = lines.find(|figures| figures["total"]["requestsPerSecond"] != 0.0);
    let seconds = busy["seconds"].as_f64().unwrap();
    let rate = busy["total"]["requestsPerSecond"].as_f64().unwrap();
    assert!((rate * seconds - 1.0).abs() < 1e-6, "{busy}");
    assert_eq!(busy["total"]["errorRatio"], 0.0);
    assert_eq!(busy["total"]["latency"]["count"], 1);
    assert_eq!(busy["listeners"][1]["name"], "unix");
    assert_eq!(
        busy["listeners"][1]["latency"]["p50Ns"],
        busy["total"]["latency"]["p50Ns"]
    );
    assert_eq!(busy["rules"][0]["id"], "order");
    assert_eq!(busy["rules"][0]["decided"], 1);
}

#[test]
fn a_daemon_that_is_started_anew_is_found_again() {
    let daemon = Plan::new().spawn();
    let mut lines = Lines::of(&daemon);
    lines.find(|figures| figures["generation"] == 1);
    let directory = daemon.kill();
    let lost = lines.find(|figures| figures["lost"].is_string());
    assert!(
        lost["lost"]
            .as_str()
            .unwrap()
            .contains("run/codeid.admin.sock"),
        "{lost}"
    );
    let rules = directory.path().join("routes.json").display().to_string();
    let again = Plan::bare_in(directory)
        .set("listen.http=127.0.0.1:0")
        .set(&format!("ac.route.preset-route-config-path={rules}"))
        .spawn();
    let found = lines.find(|figures| figures["note"].is_string());
    let note = found["note"].as_str().unwrap();
    assert!(note.contains("the daemon was started anew"), "{note}");
    assert!(note.contains(&again.pid().to_string()), "{note}");
    lines.find(|figures| figures["generation"] == 1);
}

#[test]
fn without_a_daemon_it_does_not_begin() {
    let directory = Directory::new();
    for arguments in [&["top"][..], &["top", "--json"]] {
        let mut command = codeid(arguments);
        let ran = Ran::from(command.current_dir(directory.path()).output().unwrap());
        assert_eq!((ran.status, &*ran.stdout), (3, ""));
        assert_has(
            &ran.stderr,
            &["error: no daemon listens on run/codeid.admin.sock"],
        );
    }
    let terminal = Terminal::open();
    let mut child = terminal.start(&directory);
    let sent = terminal.rest();
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert!(
        sent.contains("no daemon listens") && !sent.contains("\x1b[?1049h"),
        "{sent:?}"
    );
}

/// A terminal of a hundred columns and thirty lines.
struct Terminal {
    master: File,
    slave: OwnedFd,
}

impl Terminal {
    fn open() -> Self {
        let size = Winsize {
            ws_row: 30,
            ws_col: 100,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let OpenptyResult { master, slave } = openpty(Some(&size), None).unwrap();
        Self {
            master: File::from(master),
            slave,
        }
    }

    fn start(&self, directory: &Directory) -> Child {
        let ours = || Stdio::from(self.slave.try_clone().unwrap());
        let mut command = codeid(["top", "--interval", "50ms"]);
        command
            .env("TERM", "xterm-256color")
            .current_dir(directory.path())
            .stdin(ours())
            .stdout(ours())
            .stderr(ours());
        command.spawn().unwrap()
    }

    /// What else it is sent, until the program has ended: one whose other side is gone fails to be
    /// read. It has to be read, or the program waits for room to write.
    fn rest(mut self) -> String {
        drop(self.slave);
        let mut sent = Vec::new();
        let _ = self.master.read_to_end(&mut sent);
        String::from_utf8_lossy(&sent).into_owned()
    }
}

/// Reads what a terminal is sent until `text` is in it: one word, since spaces that are there already
/// are not sent again.
fn read_until(master: &mut File, text: &str) -> String {
    let mut sent = Vec::new();
    let mut piece = [0; 4096];
    while !String::from_utf8_lossy(&sent).contains(text) {
        let read = master.read(&mut piece).unwrap();
        assert!(
            read > 0,
            "no {text:?} in {:?}",
            String::from_utf8_lossy(&sent)
        );
        sent.extend_from_slice(&piece[..read]);
    }
    String::from_utf8_lossy(&sent).into_owned()
}

/// However it is ended, the terminal has its screen and its cursor back.
fn assert_given_back(sent: &str) {
    assert_has(sent, &["\x1b[?1049l", "\x1b[?25h"]);
}

#[test]
fn a_terminal_is_given_back_when_the_reader_has_enough() {
    let daemon = Daemon::start();
    let mut terminal = Terminal::open();
    let mut child = terminal.start(&daemon.directory);
    let sent = read_until(&mut terminal.master, "REQUESTS/S");
    assert!(sent.contains("\x1b[?1049h"), "{sent:?}");
    terminal.master.write_all(b"?").unwrap();
    read_until(&mut terminal.master, "coldest");
    terminal.master.write_all(b"q").unwrap();
    assert_given_back(&terminal.rest());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_terminal_is_given_back_on_a_signal() {
    let daemon = Daemon::start();
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let mut terminal = Terminal::open();
        let mut child = terminal.start(&daemon.directory);
        read_until(&mut terminal.master, "REQUESTS/S");
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
        assert_given_back(&terminal.rest());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
    }
}
