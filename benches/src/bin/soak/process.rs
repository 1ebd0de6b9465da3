//! The daemon's process.

use std::fs::OpenOptions;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::admin::Admin;
use crate::directory::Directory;
use crate::http::Address;

/// The time that a start or a stop may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The setting of the audit log.
pub(crate) const AUDIT_PATH: &str = "admin.audit-path=audit/audit.jsonl";

/// The settings of the daemon: short delays, so that all of them elapse often.
const SETTINGS: [&str; 23] = [
    "listen.http=127.0.0.1:0",
    "listen.unix=codeid.sock",
    "listen.resp=codeid.resp.sock",
    "admin.unix=admin.sock",
    AUDIT_PATH,
    "admin.audit-max-bytes=65536",
    "ac.route.init-route-config-level=PRESET",
    "ac.route.pull-route-config-fixed-delay=1000",
    "ac.route.pull-route-config-exception-retry-delay=1000",
    "ac.route.save-route-config-path=saved/route-config.json",
    "ac.route.preset-route-config-path=preset.json",
    "reload.freeze-path=state/freeze.json",
    "reload.journal-path=state/compiling.json",
    "remote.connect-timeout-ms=500",
    "remote.total-timeout-ms=1000",
    "watch.poll-interval-ms=1000",
    "http.header-timeout-ms=3000",
    "http.body-timeout-ms=3000",
    "http.write-timeout-ms=3000",
    "resp.command-timeout-ms=3000",
    "resp.write-timeout-ms=3000",
    "log.level=info",
    "serve.lame-duck-ms=200",
];

/// The addresses of the serving listeners.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    pub(crate) tcp: Address,
    pub(crate) unix: Address,
    pub(crate) resp: Address,
}

/// A running daemon. Dropping the value kills it.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pub(crate) addresses: Addresses,
    pub(crate) started_in: Duration,
}

impl Process {
    /// Starts the daemon with a remote, and waits until it answers on its admin plane.
    ///
    /// # Errors
    ///
    /// If it does not.
    pub(crate) fn start(binary: &Path, directory: &Directory, remote: &str) -> io::Result<Self> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(directory.path().join("log/daemon.log"))?;
        let remote = format!("ac.route.pull-route-config-url={remote}");
        let settings = SETTINGS.into_iter().chain([&*remote]);
        let begun = Instant::now();
        let child = Command::new(binary)
            .arg("serve")
            .args(settings.flat_map(|setting| ["--set", setting]))
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let path = |name: &str| Address::Unix(directory.path().join(name));
        let mut process = Self {
            child,
            addresses: Addresses {
                // Until the status names the port.
                tcp: path("codeid.sock"),
                unix: path("codeid.sock"),
                resp: path("codeid.resp.sock"),
            },
            started_in: Duration::ZERO,
        };
        let status = process.wait_until_ready(&Admin::new(directory))?;
        let port: Option<SocketAddr> = status["daemon"]["listeners"]["http"]
            .as_str()
            .and_then(|address| address.parse().ok());
        let port = port.ok_or_else(|| io::Error::other("the status has no listen.http"))?;
        process.addresses.tcp = Address::Tcp(port);
        process.started_in = begun.elapsed();
        Ok(process)
    }

    fn wait_until_ready(&mut self, admin: &Admin) -> io::Result<Value> {
        let begun = Instant::now();
        loop {
            if let Ok(status) = admin.status()
                && status["ready"] == true
                && status["daemon"]["pid"] == self.id()
            {
                return Ok(status);
            }
            if let Some(status) = self.child.try_wait()? {
                let message = format!("the daemon ended at its start: {status}");
                return Err(io::Error::other(message));
            }
            if begun.elapsed() > PATIENCE {
                return Err(io::Error::other("the daemon is not ready in 30 s"));
            }
            sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns `true` if it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Returns what sends signals, for another thread.
    pub(crate) fn signals(&self) -> Signals {
        Signals(Pid::from_raw(i32::try_from(self.id()).unwrap_or(i32::MAX)))
    }

    /// Waits for its end.
    ///
    /// # Errors
    ///
    /// If it does not end in time.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            sleep(Duration::from_millis(5));
        }
        Err(io::Error::other("the daemon does not end in 30 s"))
    }
}

/// The right to send signals to a daemon that was not waited for yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signals(Pid);

impl Signals {
    pub(crate) fn send(self, signal: Signal) {
        // The daemon may have ended, which its owner notices.
        let _ = kill(self.0, signal);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
