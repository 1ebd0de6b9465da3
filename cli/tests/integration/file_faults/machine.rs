//! Daemons that run one after the other in a directory, with the control of their file operations.

use std::fs;
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use serde_json::Value;

use super::shim::Control;
use crate::rules::{CODE, config};
use crate::serve::client::Client;
use crate::serve::daemon::{Directory, Ended, Plan, Process, Served};

/// The settings of all daemons here: nothing works with files on its own account, and a tenth of an hour
/// passes before the first pull.
const SETTINGS: [&str; 9] = [
    "listen.http=off",
    "listen.resp=off",
    "serve.worker-threads=1",
    "serve.lame-duck-ms=0",
    "watch.mode=poll",
    "watch.poll-interval-ms=3600000",
    "watch.debounce-ms=10",
    "ac.route.pull-route-config-fixed-delay=3600000",
    "ac.route.pull-route-config-exception-retry-delay=3600000",
];

/// The version of the config that the remote source has, unless a test changes it.
pub(super) const REMOTE: &str = "remote";

/// The means to start daemons whose file operations fail.
pub(super) struct Machine {
    pub(super) control: Control,
    settings: Vec<String>,
}

/// The part of a daemon's state that operators and sources change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// The version of the live config.
    pub(super) version: String,
    /// The action that froze it, and the reason.
    pub(super) freeze: Option<(String, Option<String>)>,
    pub(super) is_draining: bool,
}

impl Machine {
    /// Returns a machine whose daemons have these settings, too.
    pub(super) fn new(settings: impl IntoIterator<Item: Into<String>>) -> Self {
        let of_all = SETTINGS.iter().map(|setting| (*setting).to_owned());
        Self {
            control: Control::new(),
            settings: of_all.chain(settings.into_iter().map(Into::into)).collect(),
        }
    }

    /// Starts a daemon, and waits until it serves or has ended.
    pub(super) fn launch(&self, directory: Directory) -> Result<Process, Ended> {
        let url = directory.path().join("remote.json");
        let url = format!("ac.route.pull-route-config-url=file://{}", url.display());
        let mut plan = Plan::bare_in(directory).set(&url);
        for setting in &self.settings {
            plan = plan.set(setting);
        }
        let mut command = plan.command("serve");
        self.control.add_to(&mut command, plan.directory.path());
        Process::launch(plan.directory, &mut command)
    }

    /// Starts a daemon that serves.
    pub(super) fn start(&self, directory: Directory) -> Process {
        self.launch(directory)
            .unwrap_or_else(|ended| panic!("{}: {:#?}", ended.status, ended.log))
    }
}

impl State {
    /// Returns the state of a daemon.
    pub(super) fn of(daemon: &Served) -> Self {
        let status = daemon.status();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let freeze = &status["freeze"];
        Self {
            version: text(&status["table"]["version"]).expect("a live table"),
            freeze: text(&freeze["action"]).map(|action| (action, text(&freeze["reason"]))),
            is_draining: status["daemon"]["state"] == "draining",
        }
    }
}

/// Requires that a daemon is ready, and identifies codes by its live table.
pub(super) fn require_serving(daemon: &Served) {
    assert_eq!(daemon.admin("GET", "/readyz").status, 200);
    let socket = daemon.directory.path().join("run/codeid.sock");
    let response = Client::unix(&socket).identify(CODE, "user-42");
    let version = State::of(daemon).version;
    // The built-in preset has other rules; it is live if no source gives a config.
    let is_preset = version.starts_with("preset");
    assert!(
        is_preset || response.header("x-codeid-rule") == Some(&*version),
        "{version}"
    );
    assert_eq!(response.result_code(), "SUCCESS");
}

/// Ends a daemon with SIGKILL, unless that is done already. Returns its directory.
pub(super) fn kill(mut daemon: Process) -> Directory {
    let status = daemon.end();
    assert_eq!(status.signal(), Some(9), "{status}: {:#?}", daemon.log);
    require_no_panic(&daemon.log);
    daemon.kill()
}

/// Requires that a daemon met no fault of its own.
pub(super) fn require_no_panic(log: &[String]) {
    let is_fault = |line: &String| line.contains("panicked") || line.contains("internal fault");
    assert!(!log.iter().any(is_fault), "{log:#?}");
}

/// Returns a directory with the config of the remote source.
pub(super) fn with_remote() -> Directory {
    let directory = Directory::new();
    directory.write("remote.json", config(REMOTE));
    directory
}

/// Returns a copy of a directory. Its sockets have no server.
pub(super) fn copy(directory: &Directory) -> Directory {
    let copy = Directory::new();
    copy_into(directory.path(), copy.path());
    copy
}

fn copy_into(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            fs::create_dir(&to).unwrap();
            fs::set_permissions(&to, entry.metadata().unwrap().permissions()).unwrap();
            copy_into(&from, &to);
        } else if kind.is_file() {
            fs::copy(&from, &to).unwrap();
        } else {
            drop(UnixListener::bind(&to).unwrap());
            fs::set_permissions(&to, entry.metadata().unwrap().permissions()).unwrap();
        }
    }
}
