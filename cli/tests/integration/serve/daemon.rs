//! The daemon as a process, with a directory of its own.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::client::{Answer, Client};

/// How long a test waits for what must come before it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A directory that is removed with the value.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "codeid-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file, and tells where it is.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A daemon that is yet to be started: by default with both listeners, on port 0 and in its
/// directory, and the route config of [`RULES`].
pub(crate) struct Plan {
    pub(crate) directory: Directory,
    arguments: Vec<OsString>,
    environment: Vec<(String, String)>,
}

/// Rules that tests use where they do not bring their own.
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

    /// Without any settings.
    pub(crate) fn bare() -> Self {
        Self::bare_in(Directory::new())
    }

    /// Without any settings, in the directory of one that was.
    pub(crate) fn bare_in(directory: Directory) -> Self {
        Self {
            directory,
            arguments: Vec::new(),
            environment: Vec::new(),
        }
    }

    pub(crate) fn set(self, key_and_value: &str) -> Self {
        self.argument("--set").argument(key_and_value)
    }

    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.into());
        self
    }

    pub(crate) fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The command, which runs in the directory.
    pub(crate) fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_codeid"));
        command
            .arg(subcommand)
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.directory.path())
            .stdin(Stdio::null());
        command
    }

    /// Starts it, and waits until it serves.
    pub(crate) fn start(self) -> Daemon {
        let mut command = self.command("serve");
        self.start_as(&mut command)
    }

    /// Starts it by a command of the test's own, and waits until it serves.
    pub(crate) fn start_as(self, command: &mut Command) -> Daemon {
        let mut child = command
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let on_stdout = sender.clone();
        std::thread::spawn(move || {
            stdout
                .lines()
                .map_while(Result::ok)
                .for_each(|line| drop(on_stdout.send(line)));
        });
        std::thread::spawn(move || {
            stderr
                .lines()
                .map_while(Result::ok)
                .for_each(|line| drop(sender.send(line)));
        });
        let mut daemon = Daemon {
            child,
            directory: self.directory,
            lines,
            log: Vec::new(),
            port: 0,
        };
        let line = daemon.wait_for_line("serving");
        let port = line.split_once("127.0.0.1:").map(|(_, rest)| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap()
        });
        daemon.port = port.unwrap_or(0);
        daemon
    }

    /// Starts it, expecting that it ends by itself.
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

    /// Starts it, expecting that it does not start: the one line on standard error that is not
    /// logged, the last.
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

/// A daemon that serves. Killed with the value.
pub(crate) struct Daemon {
    child: Child,
    pub(crate) directory: Directory,
    lines: Receiver<String>,
    /// What it has written so far, as far as it was waited for.
    pub(crate) log: Vec<String>,
    /// The port of its TCP listener; 0 if there is none.
    pub(crate) port: u16,
}

impl Daemon {
    pub(crate) fn start() -> Self {
        Plan::new().start()
    }

    pub(crate) fn tcp(&self) -> Client {
        Client::tcp(self.port)
    }

    pub(crate) fn unix(&self) -> Client {
        Client::unix(&self.socket())
    }

    /// What the admin plane answers to a request without a body.
    pub(crate) fn admin(&self, method: &str, path: &str) -> Answer {
        let socket = self.directory.path().join("run/codeid.admin.sock");
        Client::unix(&socket).bare(method, path)
    }

    /// The status document.
    pub(crate) fn status(&self) -> Value {
        let answer = self.admin("GET", "/v1/status");
        assert_eq!(answer.status, 200);
        answer.json()
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.directory.path().join("codeid.sock")
    }

    /// Waits until it writes a line that has `text` in it.
    pub(crate) fn wait_for_line(&mut self, text: &str) -> String {
        loop {
            let line = self
                .lines
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("no line with {text:?} in:\n{}", self.log.join("\n")));
            self.log.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The memory that it has resident.
    pub(crate) fn resident_bytes(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
        kilobytes.parse::<usize>().unwrap() << 10
    }

    pub(crate) fn signal(&self, name: &str) {
        let signal = format!("SIG{name}").parse::<Signal>().unwrap();
        let process = i32::try_from(self.child.id()).unwrap();
        kill(Pid::from_raw(process), signal).unwrap();
    }

    /// Kills it with SIGKILL, and keeps its directory.
    pub(crate) fn kill(mut self) -> Directory {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::mem::replace(&mut self.directory, Directory::new())
    }

    /// Waits until it has ended, and takes what it wrote until then.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let status = self.child.wait().unwrap();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.log.push(line);
        }
        status
    }

    /// Stops it with SIGTERM, expecting a clean end.
    pub(crate) fn stop(mut self) -> Vec<String> {
        self.signal("TERM");
        let status = self.wait();
        assert!(status.success(), "{status}: {:?}", self.log);
        std::mem::take(&mut self.log)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lets this process and those that it starts have so many connections, and tells how many they may
/// have: fewer only where the system allows fewer descriptors. One test at a time may, for as long as
/// it keeps the guard.
pub(crate) fn allow_descriptors(count: usize) -> (usize, MutexGuard<'static, ()>) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let (_, allowed) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, allowed, allowed).unwrap();
    (count.min(usize::try_from(allowed).unwrap() - 500), guard)
}
