//! The plan of a daemon before its start.

use std::ffi::OsString;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;

use codeid_daemon::clock::Clock;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::PATIENCE;
use super::directory::Directory;
use super::in_process::Daemon;
use super::process::Process;

/// The settings and the directory of a daemon before its start. By default it has both HTTP listeners,
/// on port 0 and in its directory, and the route config of [`RULES`].
pub(crate) struct Plan {
    pub(crate) directory: Directory,
    pub(super) arguments: Vec<OsString>,
    pub(super) environment: Vec<(String, String)>,
    /// The clock of a daemon in process; `None` for the system's.
    pub(super) clock: Option<Clock>,
}

/// The rules of tests that do not bring their own.
pub(crate) const RULES: &str = r#"{"format": "codeid/1", "version": "test-7", "rules": [
    {"id": "carve-out", "match": {"prefix": "2810000"}, "action": {"type": "UNSUPPORTED"}},
    {"id": "order", "match": {"regex": "281\\d{3}04.+"}, "action": {"type": "DECODE"}},
    {"id": "page", "match": {"url": {"host": "qr.example.com"}},
     "action": {"type": "OPEN_URL", "userAgent": "-/AlipayConnect"}}
]}"#;

impl Plan {
    pub(crate) fn new() -> Self {
        Self::with_rules(RULES)
    }

    pub(crate) fn with_rules(rules: impl AsRef<[u8]>) -> Self {
        let plan = Self::bare();
        let path = plan.directory.write("routes.json", rules);
        let preset = format!("ac.route.preset-route-config-path={}", path.display());
        plan.set("listen.http=127.0.0.1:0")
            .set("listen.unix=codeid.sock")
            .set(&preset)
    }

    /// A plan without settings.
    pub(crate) fn bare() -> Self {
        Self::bare_in(Directory::new())
    }

    /// A plan without settings, in the directory of another daemon.
    pub(crate) fn bare_in(directory: Directory) -> Self {
        Self {
            directory,
            arguments: Vec::new(),
            environment: Vec::new(),
            clock: None,
        }
    }

    pub(crate) fn set(self, key_and_value: &str) -> Self {
        self.argument("--set").argument(key_and_value)
    }

    /// Returns the settings, each as `key=value`.
    pub(crate) fn settings(&self) -> Vec<String> {
        let values = self.arguments.iter().skip(1).step_by(2);
        values
            .map(|value| value.to_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Sets the clock of a daemon that [`Plan::start`] starts.
    pub(crate) fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    pub(crate) fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Returns the command, which runs in the directory.
    pub(crate) fn command(&self, subcommand: &str) -> Command {
        assert!(
            self.clock.is_none(),
            "a process has the clock of the system"
        );
        let mut command = Command::new(env!("CARGO_BIN_EXE_codeid"));
        for variable in ["https_proxy", "http_proxy", "all_proxy", "no_proxy"] {
            command.env_remove(variable);
            command.env_remove(variable.to_uppercase());
        }
        command
            .arg(subcommand)
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.directory.path())
            .stdin(Stdio::null());
        command
    }

    /// Starts the daemon in this process, and waits until it serves.
    pub(crate) fn start(self) -> Daemon {
        Daemon::from_plan(self)
    }

    /// Starts the daemon as a process, for a test that is about the process: its logs, its signals,
    /// its memory, its end. Waits until it serves.
    pub(crate) fn spawn(self) -> Process {
        let mut command = self.command("serve");
        self.spawn_as(&mut command)
    }

    /// Starts the daemon by a command of the test's own, and waits until it serves.
    pub(crate) fn spawn_as(self, command: &mut Command) -> Process {
        Process::spawn(self.directory, command)
    }

    /// Starts the daemon as a process that ends by itself.
    pub(crate) fn run(&self) -> Output {
        let mut command = self.command("serve");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = child.spawn().unwrap();
        let process = Pid::from_raw(i32::try_from(child.id()).unwrap());
        let (sender, ended) = channel();
        let waiting = std::thread::spawn(move || {
            let output = child.wait_with_output().unwrap();
            let _ = sender.send(());
            output
        });
        let in_time = ended.recv_timeout(PATIENCE).is_ok();
        if !in_time {
            kill(process, Signal::SIGKILL).unwrap();
        }
        let output = waiting.join().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(in_time, "it does not end:\n{stderr}");
        output
    }

    /// Starts the daemon as a process whose start fails. Returns the last line of standard error, the
    /// only one that is not a log line.
    pub(crate) fn fail(&self) -> String {
        let output = self.run();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        let (last, logged) = stderr.lines().collect::<Vec<_>>().split_last().map_or_else(
            || panic!("nothing on standard error"),
            |(last, logged)| ((*last).to_owned(), logged.to_vec()),
        );
        let is_logged = |line: &&str| line.contains(" INFO ") || line.contains(" WARN ");
        assert!(logged.iter().all(is_logged), "{stderr}");
        assert!(output.stdout.is_empty());
        last
    }
}
