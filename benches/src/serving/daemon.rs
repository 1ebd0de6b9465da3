//! The daemon as a process of its own, in a directory of its own.

use std::fs::{self, File};
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::serving::{CpuTime, Memory};

/// How long it may take until it listens.
const PATIENCE: Duration = Duration::from_secs(30);

/// What it takes to be a daemon that reloads as fast as it can: the remote source is a file, looked
/// at after the shortest time in which it was left alone.
const SETTINGS: [&str; 7] = [
    "listen.http=off",
    "listen.resp=off",
    "listen.unix=codeid.sock",
    "admin.unix=admin.sock",
    "log.level=warn",
    "ac.route.init-route-config-level=REMOTE",
    "watch.debounce-ms=10",
];

/// A daemon that serves on a Unix socket, with a `file://` remote and the local storage beside it.
/// Killed with the value, and its directory removed.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    directory: TempDir,
}

impl Daemon {
    /// Starts `binary` with this route config, and waits until it listens.
    ///
    /// # Errors
    ///
    /// If it does not, with what it wrote instead.
    pub fn start(binary: &Path, config: &str) -> io::Result<Self> {
        Self::start_with(binary, config, &[])
    }

    /// As [`Self::start`], with these settings as well, each `key=value`.
    ///
    /// # Errors
    ///
    /// As [`Self::start`].
    pub fn start_with(binary: &Path, config: &str, settings: &[String]) -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        let log = directory.path().join("log");
        fs::write(directory.path().join("routes.json"), config)?;
        let remote = format!(
            "ac.route.pull-route-config-url=file://{}",
            directory.path().join("routes.json").display()
        );
        let mut command = Command::new(binary);
        command
            .arg("serve")
            .args(
                SETTINGS
                    .into_iter()
                    .chain([&*remote])
                    .chain(settings.iter().map(String::as_str))
                    .flat_map(|s| ["--set", s]),
            )
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?);
        let mut daemon = Self {
            child: command.spawn()?,
            directory,
        };
        let begun = Instant::now();
        while UnixStream::connect(daemon.socket()).is_err() {
            if daemon.child.try_wait()?.is_some() || begun.elapsed() > PATIENCE {
                let log = fs::read_to_string(&log)?;
                return Err(io::Error::other(format!("it does not serve:\n{log}")));
            }
            sleep(Duration::from_millis(10));
        }
        Ok(daemon)
    }

    /// Where it serves.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("codeid.sock")
    }

    /// Where it serves Redis clients, if `listen.resp=codeid.resp.sock` is set.
    #[must_use]
    pub fn resp_socket(&self) -> PathBuf {
        self.directory.path().join("codeid.resp.sock")
    }

    /// Puts another config in the place of the one that it watches, as an operator should: whole,
    /// by renaming.
    ///
    /// # Errors
    ///
    /// Those of the file system.
    pub fn replace_config(&self, config: &str) -> io::Result<()> {
        let written = self.directory.path().join("routes.new");
        fs::write(&written, config)?;
        fs::rename(written, self.directory.path().join("routes.json"))
    }

    /// What it takes.
    ///
    /// # Errors
    ///
    /// As [`Memory::of`].
    pub fn memory(&self) -> io::Result<Memory> {
        Memory::of(Some(self.child.id()))
    }

    /// The CPU time that its threads have had.
    ///
    /// # Errors
    ///
    /// As [`CpuTime::of`].
    pub fn cpu_time(&self) -> io::Result<CpuTime> {
        CpuTime::of(Some(self.child.id()))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
