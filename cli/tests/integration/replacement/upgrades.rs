//! Upgrades under load: no request is refused, reset or answered wrongly.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::load::Load;
use super::{assert_sockets_exist, plan, successor};
use crate::serve::activation::with_sockets;
use crate::serve::daemon::{Directory, PATIENCE, Process, RULES};

/// The responses that each client gets between two upgrades.
const RESPONSES: usize = 20;

/// Returns the sockets and the locks that a daemon has open, which are all that a take-over passes. Other descriptors
/// are opened by threads that may still be starting.
fn sockets_and_locks(daemon: &Process) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(format!("/proc/{}/fd", daemon.pid())).unwrap();
    // One that was closed meanwhile cannot be read.
    let open = entries.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
    open.filter(|open| {
        let name = open.to_string_lossy();
        name.starts_with("socket:") || name.ends_with(".lock")
    })
    .collect()
}

/// Waits until a daemon has no more than `count` sockets and locks: it closes a connection a moment after its client
/// does.
fn wait_until_it_has(count: usize, daemon: &Process) {
    let began = Instant::now();
    while sockets_and_locks(daemon).len() > count {
        let open = sockets_and_locks(daemon);
        assert!(began.elapsed() < PATIENCE, "not {count}: {open:?}");
        sleep(Duration::from_millis(10));
    }
}

#[test]
fn five_take_overs_under_load_fail_no_request() {
    let directory = Directory::new();
    let mut daemon = plan(&directory).spawn();
    let (load, at_first) = (Load::default(), sockets_and_locks(&daemon).len());
    std::thread::scope(|scope| {
        let clients = load.start(scope, daemon.port, directory.path());
        for n in 0..5 {
            load.wait_for(RESPONSES, &clients);
            match n {
                // A program that does not even begin.
                1 => assert!(!Command::new("false").status().unwrap().success()),
                // A config that is broken.
                3 => {
                    let path = directory.write("broken.json", "{");
                    let setting = format!("ac.route.preset-route-config-path={}", path.display());
                    let plan = successor(&directory).set(&setting);
                    let mut command = plan.command("serve");
                    let launched = Process::launch(plan.directory, &mut command);
                    assert_eq!(launched.err().unwrap().status.code(), Some(1));
                }
                _ => {
                    let rules = RULES.replace("test-7", &format!("test-{n}"));
                    directory.write("routes.json", rules);
                    let next = successor(&directory).spawn();
                    assert!(daemon.wait().success(), "{:?}", daemon.log);
                    daemon = next;
                }
            }
        }
        load.wait_for(RESPONSES, &clients);
        load.end();
    });
    assert_eq!(daemon.status()["table"]["version"], "test-4");
    assert_sockets_exist(directory.path());
    wait_until_it_has(at_first, &daemon);
}

#[test]
fn five_restarts_with_activated_sockets_under_load_fail_no_request() {
    let directory = Directory::new();
    directory.write("placeholder", "");
    fs::create_dir(directory.path().join("run")).unwrap();
    let http = TcpListener::bind("127.0.0.1:0").unwrap();
    let unix = UnixListener::bind(directory.path().join("codeid.sock")).unwrap();
    let resp = UnixListener::bind(directory.path().join("run/codeid.resp.sock")).unwrap();
    let start = || {
        let plan = plan(&directory);
        let sockets = [
            ("listen.http", http.as_fd()),
            ("listen.unix", unix.as_fd()),
            ("listen.resp", resp.as_fd()),
        ];
        let mut activated = with_sockets(&plan, &sockets);
        plan.spawn_as(&mut activated.command)
    };
    let mut daemon = start();
    let load = Load::default();
    std::thread::scope(|scope| {
        let clients = load.start(scope, daemon.port, directory.path());
        for _ in 0..5 {
            load.wait_for(RESPONSES, &clients);
            daemon.signal("TERM");
            assert!(daemon.wait().success(), "{:?}", daemon.log);
            daemon = start();
        }
        load.wait_for(RESPONSES, &clients);
        load.end();
    });
}
