//! A daemon in a process and a directory of its own.

use std::env;
use std::fs::{self, File};
use std::io;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::cannot;
use crate::load::{CpuTime, Memory};

/// The time that the daemon may take until it listens.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Settings of a daemon that reloads as fast as it can: its remote source is a file, with the
/// shortest debounce that is allowed.
const SETTINGS: [&str; 7] = [
    "listen.http=off",
    "listen.resp=off",
    "listen.unix=codeid.sock",
    "admin.unix=admin.sock",
    "log.level=warn",
    "ac.route.init-route-config-level=REMOTE",
    "watch.debounce-ms=10",
];

/// A daemon that serves on a Unix socket, with a `file://` remote source and its local storage
/// beside it. Dropping the value kills the process and removes its directory.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    directory: TempDir,
}

impl Daemon {
    /// Starts `binary` with this route config and waits until it listens.
    ///
    /// # Errors
    ///
    /// If it exits or does not listen within half a minute. The message ends with its log.
    pub fn start(binary: &Path, config: &str) -> io::Result<Self> {
        Self::start_with(binary, config, &[])
    }

    /// Like [`Self::start`], with more settings, each as `key=value`.
    ///
    /// # Errors
    ///
    /// See [`Self::start`].
    pub fn start_with(binary: &Path, config: &str, settings: &[String]) -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        let log = directory.path().join("log");
        let routes = directory.path().join("routes.json");
        fs::write(&routes, config).map_err(cannot("write", &routes))?;
        let remote = format!("ac.route.pull-route-config-url=file://{}", routes.display());
        let mut command = Command::new(binary);
        command
            .arg("serve")
            .args(
                SETTINGS
                    .into_iter()
                    .chain([&*remote])
                    .chain(settings.iter().map(String::as_str))
                    .flat_map(|setting| ["--set", setting]),
            )
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).map_err(cannot("create", &log))?);
        let mut daemon = Self {
            child: command.spawn().map_err(cannot("start", binary))?,
            directory,
        };
        let started = Instant::now();
        while UnixStream::connect(daemon.socket()).is_err() {
            if daemon.child.try_wait()?.is_some() || started.elapsed() > START_TIMEOUT {
                let log = fs::read_to_string(&log).map_err(cannot("read", &log))?;
                return Err(io::Error::other(format!(
                    "the daemon does not listen:\n{log}"
                )));
            }
            sleep(Duration::from_millis(10));
        }
        Ok(daemon)
    }

    /// Returns the path of its HTTP socket.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.directory.path().join("codeid.sock")
    }

    /// Returns the path of its RESP socket, if `listen.resp=codeid.resp.sock` is set.
    #[must_use]
    pub fn resp_socket(&self) -> PathBuf {
        self.directory.path().join("codeid.resp.sock")
    }

    /// Returns the ID of its process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Replaces the route config that it watches, atomically by renaming, as an operator should.
    ///
    /// # Errors
    ///
    /// If the file cannot be written or renamed.
    pub fn replace_config(&self, config: &str) -> io::Result<()> {
        let written = self.directory.path().join("routes.new");
        fs::write(&written, config).map_err(cannot("write", &written))?;
        let routes = self.directory.path().join("routes.json");
        fs::rename(&written, &routes).map_err(cannot("replace", &routes))
    }

    /// Reads its memory.
    ///
    /// # Errors
    ///
    /// See [`Memory::read`].
    pub fn memory(&self) -> io::Result<Memory> {
        Memory::read(self.child.id())
    }

    /// Reads the CPU time that its threads have used.
    ///
    /// # Errors
    ///
    /// See [`CpuTime::read`].
    pub fn cpu_time(&self) -> io::Result<CpuTime> {
        CpuTime::read(self.child.id())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the path of the daemon to measure: the variable `CODEID`, or `codeid` beside the running
/// program.
///
/// # Errors
///
/// If there is no such file.
pub fn daemon_binary() -> io::Result<PathBuf> {
    let binary = match env::var_os("CODEID") {
        Some(path) => PathBuf::from(path),
        None => env::current_exe()?.with_file_name("codeid"),
    };
    if binary.is_file() {
        return Ok(binary);
    }
    let message = format!(
        "{} is missing: run `cargo build --release -p codeid`",
        binary.display()
    );
    Err(io::Error::new(io::ErrorKind::NotFound, message))
}
