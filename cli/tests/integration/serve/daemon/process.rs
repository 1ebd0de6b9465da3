//! A daemon as a process of its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::ops::Deref;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::PATIENCE;
use super::directory::Directory;
use super::plan::Plan;
use super::served::Served;

/// A daemon that serves as a process of its own. Killed with the value.
pub(crate) struct Process {
    child: Child,
    served: Served,
    lines: Receiver<String>,
    /// The lines of its output that the test has waited for.
    pub(crate) log: Vec<String>,
}

/// A daemon that has ended before it served.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) log: Vec<String>,
    pub(crate) directory: Directory,
}

impl Process {
    pub(crate) fn start() -> Self {
        Plan::new().spawn()
    }

    /// Starts a daemon by this command, in this directory, and waits until it serves.
    pub(super) fn spawn(directory: Directory, command: &mut Command) -> Self {
        Self::launch(directory, command)
            .unwrap_or_else(|ended| panic!("{}:\n{}", ended.status, ended.log.join("\n")))
    }

    /// Starts a daemon by this command, in this directory, and waits until it serves or has ended.
    pub(crate) fn launch(directory: Directory, command: &mut Command) -> Result<Self, Ended> {
        let mut child = command
            .current_dir(directory.path())
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
        let mut process = Self {
            child,
            served: Served::new(directory),
            lines,
            log: Vec::new(),
        };
        let Some(line) = process.next_line_with("serving") else {
            let status = process.wait();
            return Err(Ended {
                status,
                log: std::mem::take(&mut process.log),
                directory: process.take_directory(),
            });
        };
        let port = line.split_once("127.0.0.1:").map(|(_, rest)| {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            digits.parse().unwrap()
        });
        process.served.port = port.unwrap_or(0);
        Ok(process)
    }

    /// Waits until it writes a line that contains `text`.
    pub(crate) fn wait_for_line(&mut self, text: &str) -> String {
        self.next_line_with(text)
            .unwrap_or_else(|| panic!("no line with {text:?} in:\n{}", self.log.join("\n")))
    }

    /// Waits until it writes a line that contains `text`; `None` if it ends before.
    pub(crate) fn next_line_with(&mut self, text: &str) -> Option<String> {
        loop {
            let line = match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => line,
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("no line with {text:?} in:\n{}", self.log.join("\n"))
                }
            };
            self.log.push(line.clone());
            if line.contains(text) {
                return Some(line);
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns its resident memory.
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

    /// Kills it with SIGKILL. Returns its directory.
    pub(crate) fn kill(mut self) -> Directory {
        self.end();
        self.take_directory()
    }

    /// Kills it with SIGKILL, unless it has ended.
    pub(crate) fn end(&mut self) -> ExitStatus {
        self.child.kill().unwrap();
        self.wait()
    }

    fn take_directory(&mut self) -> Directory {
        std::mem::replace(&mut self.served.directory, Directory::new())
    }

    /// Waits until it has ended, and adds its last lines to the log.
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

impl Deref for Process {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.served
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Raises the limit of descriptors for this process and those that it starts. Returns the number of
/// connections that they may have, at most `count`, with a guard that other tests wait for.
pub(crate) fn allow_descriptors(count: usize) -> (usize, MutexGuard<'static, ()>) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let (_, allowed) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, allowed, allowed).unwrap();
    (count.min(usize::try_from(allowed).unwrap() - 500), guard)
}
