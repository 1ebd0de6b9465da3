//! Notifications to the service manager, which a stand-in receives.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use super::daemon::{PATIENCE, Plan, Process};
use crate::admin::{good, post};

/// A stand-in for systemd.
pub(crate) struct Manager(UnixDatagram);

impl Manager {
    /// Listens at a path, and returns the plan of a daemon that knows it.
    pub(crate) fn of(plan: Plan) -> (Self, Plan) {
        let path = plan.directory.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        (
            Self::with_patience(socket),
            plan.environment("NOTIFY_SOCKET", path.to_str().unwrap()),
        )
    }

    fn with_patience(socket: UnixDatagram) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(socket)
    }

    /// Waits for the next notification, and returns its states.
    pub(crate) fn next(&self) -> Vec<String> {
        let mut bytes = [0; 4096];
        let length = self.0.recv(&mut bytes).unwrap();
        let message = std::str::from_utf8(&bytes[..length]).unwrap();
        message.lines().map(ToOwned::to_owned).collect()
    }

    /// Waits for the next notification that is more than a status or a sign of life.
    fn next_change(&self) -> Vec<String> {
        loop {
            let states = self.next();
            if !states[0].starts_with("STATUS=") && states[0] != "WATCHDOG=1" {
                return states;
            }
        }
    }

    /// Waits for a status.
    fn wait_for_status(&self, status: &str) {
        let status = format!("STATUS={status}");
        while !self.next().contains(&status) {}
    }

    /// Returns the notifications that were sent, and not received yet.
    pub(crate) fn rest(&self) -> Vec<Vec<String>> {
        self.0.set_nonblocking(true).unwrap();
        let mut bytes = [0; 4096];
        let received =
            std::iter::from_fn(|| self.0.recv(&mut bytes).ok().map(|n| bytes[..n].to_vec()));
        let as_lines = |message: Vec<u8>| {
            let text = String::from_utf8(message).unwrap();
            text.lines().map(ToOwned::to_owned).collect()
        };
        received.map(as_lines).collect()
    }
}

const SERVING: &str = "STATUS=serving test-7 (generation 1) from PRESET";

/// Requires the notifications of the start of a process.
fn expect_start(manager: &Manager, daemon: &Process) {
    assert_eq!(manager.next(), ["STATUS=loading the first route config"]);
    assert_eq!(manager.next(), ["EXTEND_TIMEOUT_USEC=30000000"]);
    let main = format!("MAINPID={}", daemon.pid());
    assert_eq!(manager.next(), ["READY=1", &main, SERVING]);
}

/// Requires the notifications of a reload.
fn expect_reload(manager: &Manager) {
    let states = manager.next_change();
    let [reloading, monotonic] = &states[..] else {
        panic!("{states:?}");
    };
    assert_eq!(reloading, "RELOADING=1");
    let monotonic = monotonic.strip_prefix("MONOTONIC_USEC=").unwrap();
    assert!(monotonic.parse::<u64>().unwrap() > 0);
    assert_eq!(manager.next_change(), ["READY=1"]);
}

#[test]
fn a_life_is_reported_in_order() {
    let (manager, plan) = Manager::of(Plan::new());
    let mut daemon = plan.spawn();
    expect_start(&manager, &daemon);
    daemon.signal("HUP");
    expect_reload(&manager);
    good(&post(&daemon, "/v1/reload", ""));
    expect_reload(&manager);
    good(&post(&daemon, "/v1/freeze", ""));
    let by = nix::unistd::geteuid();
    let frozen = format!("serving test-7 (generation 1) from PRESET, frozen by uid {by}");
    manager.wait_for_status(&frozen);
    // A reload of frozen rules reads nothing, and is over.
    daemon.signal("HUP");
    expect_reload(&manager);
    good(&post(&daemon, "/v1/drain", ""));
    manager.wait_for_status("not ready: An operator drained the daemon.");
    daemon.signal("TERM");
    assert_eq!(manager.next_change(), ["STOPPING=1"]);
    assert!(daemon.wait().success());
    assert_eq!(manager.rest(), Vec::<Vec<String>>::new());
}

#[test]
fn a_status_follows_the_live_config() {
    let (manager, plan) = Manager::of(Plan::new().set("watch.debounce-ms=10"));
    let daemon = plan.spawn();
    expect_start(&manager, &daemon);
    let rules = super::daemon::RULES.replace("test-7", "test-8");
    daemon.directory.write("routes.json", rules);
    daemon.signal("HUP");
    manager.wait_for_status("serving test-8 (generation 2) from PRESET");
    daemon.stop();
}

#[test]
fn an_abstract_socket_is_notified() {
    let name = format!("codeid-notify-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let manager = Manager::with_patience(UnixDatagram::bind_addr(&address).unwrap());
    let daemon = Plan::new()
        .environment("NOTIFY_SOCKET", &format!("@{name}"))
        .spawn();
    expect_start(&manager, &daemon);
    daemon.stop();
    assert_eq!(manager.next_change(), ["STOPPING=1"]);
}

#[test]
fn signs_of_life_are_given_to_the_watchdog_of_this_process_alone() {
    let (manager, plan) = Manager::of(Plan::new());
    let daemon = plan.environment("WATCHDOG_USEC", "2000").spawn();
    for _ in 0..3 {
        while manager.next() != ["WATCHDOG=1"] {}
    }
    // A daemon that an operator has drained runs on.
    good(&post(&daemon, "/v1/drain", ""));
    manager.wait_for_status("not ready: An operator drained the daemon.");
    for _ in 0..3 {
        while manager.next() != ["WATCHDOG=1"] {}
    }
    drop(daemon);

    let (manager, plan) = Manager::of(Plan::new());
    let daemon = plan
        .environment("WATCHDOG_USEC", "2000")
        .environment("WATCHDOG_PID", "1")
        .spawn();
    expect_start(&manager, &daemon);
    for _ in 0..20 {
        assert_eq!(daemon.admin("GET", "/readyz").status, 200);
    }
    daemon.stop();
    let rest = manager.rest();
    assert!(!rest.contains(&vec!["WATCHDOG=1".to_owned()]), "{rest:?}");
}

#[test]
fn a_service_manager_that_does_not_listen_delays_nothing() {
    // The first receives nothing, the second does not exist, and the third is not an address of this kind.
    let (_full, plan) = Manager::of(Plan::new().environment("WATCHDOG_USEC", "200"));
    let nobody = Plan::new().environment("NOTIFY_SOCKET", "/nonexistent/notify");
    let other = Plan::new().environment("NOTIFY_SOCKET", "vsock:2:1");
    for plan in [plan, nobody, other] {
        let daemon: Process = plan.spawn();
        for _ in 0..50 {
            assert_eq!(daemon.admin("GET", "/readyz").status, 200);
        }
        daemon.stop();
    }
}
