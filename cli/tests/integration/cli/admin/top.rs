//! `codeid top`: its text and JSON, its terminal, and a daemon that restarts.

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
    assert_has(&misused.stderr, &["must be at least 50 ms"]);
}

/// The lines of a running `codeid top --json`, which is killed when the value is dropped.
struct Lines {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Lines {
    fn new(daemon: &Served) -> Self {
        let mut command = codeid(["top", "--json", "--interval", "50ms"]);
        let mut child = command
            .current_dir(daemon.directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Returns the next line that matches.
    fn find(&mut self, matches: impl Fn(&Value) -> bool) -> Value {
        let lines = self.lines.by_ref().map(|line| line.unwrap());
        let mut documents = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap());
        documents.find(matches).expect("it runs until it is killed")
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn requests_appear_in_the_next_interval() {
    let daemon = Daemon::start();
    let mut lines = Lines::new(&daemon);
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
fn a_restarted_daemon_is_noticed() {
    let daemon = Plan::new().spawn();
    let mut lines = Lines::new(&daemon);
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
    assert!(note.contains("the daemon restarted"), "{note}");
    assert!(note.contains(&again.pid().to_string()), "{note}");
    lines.find(|figures| figures["generation"] == 1);
}

#[test]
fn top_fails_without_a_daemon() {
    let directory = Directory::new();
    for arguments in [&["top"][..], &["top", "--json"]] {
        let mut command = codeid(arguments);
        let ran = Ran::from(command.current_dir(directory.path()).output().unwrap());
        assert_eq!((ran.status, &*ran.stdout), (3, ""));
        assert_has(
            &ran.stderr,
            &["error: no daemon is listening on run/codeid.admin.sock"],
        );
    }
    let terminal = Terminal::open();
    let mut child = terminal.start(&directory);
    let sent = terminal.rest();
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert!(
        sent.contains("no daemon is listening") && !sent.contains("\x1b[?1049h"),
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

    /// Returns everything that is sent until the program ends. Without reading, the program would
    /// wait for room to write.
    fn rest(mut self) -> String {
        drop(self.slave);
        let mut sent = Vec::new();
        let _ = self.master.read_to_end(&mut sent);
        String::from_utf8_lossy(&sent).into_owned()
    }
}

/// Reads from a terminal until `text` was sent: one word, since unchanged cells are not sent again.
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

/// Asserts that the terminal has its screen and its cursor back.
fn assert_restored(sent: &str) {
    assert_has(sent, &["\x1b[?1049l", "\x1b[?25h"]);
}

#[test]
fn the_terminal_is_restored_after_q() {
    let daemon = Daemon::start();
    let mut terminal = Terminal::open();
    let mut child = terminal.start(&daemon.directory);
    let sent = read_until(&mut terminal.master, "REQUESTS/S");
    assert!(sent.contains("\x1b[?1049h"), "{sent:?}");
    terminal.master.write_all(b"?").unwrap();
    read_until(&mut terminal.master, "quietest");
    terminal.master.write_all(b"q").unwrap();
    assert_restored(&terminal.rest());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_terminal_is_restored_after_a_signal() {
    let daemon = Daemon::start();
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let mut terminal = Terminal::open();
        let mut child = terminal.start(&daemon.directory);
        read_until(&mut terminal.master, "REQUESTS/S");
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
        assert_restored(&terminal.rest());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
    }
}
