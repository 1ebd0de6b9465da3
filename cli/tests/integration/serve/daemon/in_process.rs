//! A daemon in the process of the test.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::Deref;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread::{self, JoinHandle};

use codeid_daemon::clock::Clock;
use codeid_daemon::listen::Listeners;
use codeid_daemon::rules::source::RouteSources;
use codeid_daemon::run::{Ended, StartError, StopHandle, StopRequests, run};
use codeid_daemon::settings::{Settings, Sources};

use super::PATIENCE;
use super::plan::Plan;
use super::served::Served;

/// The settings whose defaults are paths relative to the working directory, which belongs to all
/// tests of this process.
const RELATIVE_DEFAULTS: [(&str, &str); 7] = [
    ("listen.unix", "run/codeid.sock"),
    ("listen.resp", "run/codeid.resp.sock"),
    ("admin.unix", "run/codeid.admin.sock"),
    ("admin.audit-path", "data/audit.jsonl"),
    ("ac.route.save-route-config-path", "data/route-config.json"),
    ("reload.journal-path", "data/compiling.json"),
    ("reload.freeze-path", "data/freeze.json"),
];

/// A daemon that serves in this process. Stopped with the value.
pub(crate) struct Daemon {
    served: Served,
    stop: StopHandle,
    running: Option<JoinHandle<Result<Ended, StartError>>>,
}

impl Daemon {
    pub(crate) fn start() -> Self {
        Plan::new().start()
    }

    pub(super) fn from_plan(plan: Plan) -> Self {
        let settings = settings(&plan);
        let clock = plan.clock.unwrap_or_else(Clock::system);
        let http = settings
            .listen
            .http
            .map(|address| TcpListener::bind(address).unwrap());
        let mut served = Served::new(plan.directory);
        if let Some(http) = &http {
            served.port = http.local_addr().unwrap().port();
        }
        let admin = settings.admin.unix.as_deref().map(bind);
        let listeners = Listeners {
            http,
            admin,
            ..Listeners::default()
        };
        let admin = settings.admin.unix.clone();
        let sources = RouteSources::from_settings(&settings).unwrap();
        let (stop, requests) = StopRequests::with_handle();
        let running = thread::spawn(move || run(&settings, listeners, sources, clock, requests));
        let daemon = Self {
            served,
            stop,
            running: Some(running),
        };
        daemon.wait_until_it_serves(admin.as_deref());
        daemon
    }

    /// Asks the admin plane, whose requests are not counted; without one, the TCP listener. The
    /// connection waits in the backlog until the daemon accepts it, and is closed if it cannot start.
    fn wait_until_it_serves(&self, admin: Option<&Path>) {
        let request = b"GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let answered = match admin {
            Some(path) => UnixStream::connect(path).and_then(|mut stream| {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.write_all(request)?;
                stream.read_to_end(&mut Vec::new())
            }),
            None => TcpStream::connect(("127.0.0.1", self.port)).and_then(|mut stream| {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.write_all(request)?;
                stream.read_to_end(&mut Vec::new())
            }),
        };
        let has_ended = self.running.as_ref().is_some_and(JoinHandle::is_finished);
        assert!(
            answered.is_ok() && !has_ended,
            "it does not start: {answered:?}"
        );
    }

    /// Stops it, expecting a clean end.
    pub(crate) fn stop(mut self) {
        self.stop.stop();
        let ended = self.running.take().unwrap().join().unwrap();
        assert_eq!(ended.unwrap(), Ended::Stopped);
    }
}

/// Listens where a daemon that is gone may have left its socket.
fn bind(path: &Path) -> UnixListener {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let _ = fs::remove_file(path);
    UnixListener::bind(path).unwrap()
}

/// Returns the settings of a plan, with every path in its directory.
fn settings(plan: &Plan) -> Settings {
    let directory = plan.directory.path();
    let mut set = Vec::new();
    for (key, value) in RELATIVE_DEFAULTS {
        set.push((key.to_owned(), directory.join(value).display().to_string()));
    }
    for pair in plan.arguments.chunks(2) {
        let [option, value] = pair else {
            panic!("{pair:?} is not one setting");
        };
        assert_eq!(
            option, "--set",
            "a test of the command line spawns a process"
        );
        let (key, value) = value.to_str().unwrap().split_once('=').unwrap();
        set.push((key.to_owned(), inside(directory, key, value)));
    }
    let environment = plan.environment.iter();
    Settings::read(&Sources {
        file: None,
        environment: environment
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        set,
    })
    .unwrap()
}

/// Returns the value of a setting with a relative path made absolute.
fn inside(directory: &Path, key: &str, value: &str) -> String {
    let is_path = key.ends_with("-path")
        || key == "decision-log.path"
        || key.starts_with("proxy.public-keys.")
        || ["listen.unix", "listen.resp", "admin.unix"].contains(&key);
    if is_path && value != "off" && !value.contains("://") {
        directory.join(value).display().to_string()
    } else {
        value.to_owned()
    }
}

impl Deref for Daemon {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.served
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // The second request ends it at once, whatever the test has left open.
        self.stop.stop();
        self.stop.stop();
        if let Some(running) = self.running.take() {
            let _ = running.join();
        }
    }
}
