//! The daemons, one after the other.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::net::TcpListener;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use tempfile::TempDir;

use crate::clients::Addresses;

const CONFIG: &str = r#"{"format": "codeid/1", "version": "upgrades", "rules": [
    {"id": "order", "match": {"regex": "281\\d{3}04.+"}, "action": {"type": "DECODE"}}
]}"#;

/// The time that a daemon may take to start or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// The first descriptor of the copies that a daemon inherits.
const FIRST_COPY: i32 = 200;

/// A way of upgrading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The successor takes the sockets over.
    TakeOver,
    /// The sockets outlive the daemons, as those of systemd do.
    Activation,
}

/// The daemon that runs, and what its successors need.
#[derive(Debug)]
pub(crate) struct Lives {
    binary: PathBuf,
    directory: TempDir,
    port: u16,
    sockets: Option<(TcpListener, UnixListener, UnixListener)>,
    daemon: Child,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TakeOver => "take-over",
            Self::Activation => "activation",
        })
    }
}

impl Lives {
    /// Starts the first daemon.
    ///
    /// # Errors
    ///
    /// If it does not start.
    pub(crate) fn start(binary: &Path, way: Way) -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        fs::write(directory.path().join("routes.json"), CONFIG)?;
        let http = TcpListener::bind(("127.0.0.1", 0))?;
        let port = http.local_addr()?.port();
        let sockets = match way {
            Way::TakeOver => {
                drop(http);
                None
            }
            Way::Activation => Some((
                http,
                UnixListener::bind(directory.path().join("codeid.sock"))?,
                UnixListener::bind(directory.path().join("codeid.resp.sock"))?,
            )),
        };
        let mut lives = Self {
            binary: binary.to_owned(),
            directory,
            port,
            sockets,
            daemon: Command::new("true").spawn()?,
        };
        lives.daemon.wait()?;
        lives.daemon = lives.launch(&[])?;
        Ok(lives)
    }

    pub(crate) fn addresses(&self) -> Addresses {
        Addresses {
            port: self.port,
            unix: self.directory.path().join("codeid.sock"),
            resp: self.directory.path().join("codeid.resp.sock"),
        }
    }

    /// Returns the number of descriptors that the daemon has.
    ///
    /// # Errors
    ///
    /// If it has ended.
    pub(crate) fn open_descriptors(&self) -> io::Result<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.daemon.id()))?.count())
    }

    /// Replaces the daemon.
    ///
    /// # Errors
    ///
    /// If its successor does not start, or it does not end well.
    pub(crate) fn upgrade(&mut self) -> io::Result<()> {
        if self.sockets.is_some() {
            let process = i32::try_from(self.daemon.id()).map_err(io::Error::other)?;
            kill(Pid::from_raw(process), Signal::SIGTERM)?;
            end(&mut self.daemon)?;
            self.daemon = self.launch(&[])?;
            return Ok(());
        }
        let successor = self.launch(&["--take-over"])?;
        let mut before = std::mem::replace(&mut self.daemon, successor);
        end(&mut before)
    }

    /// Returns `true` if a program that does not serve leaves the daemon as it was.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub(crate) fn refuses_broken_binary(&mut self) -> io::Result<bool> {
        let status = Command::new("false").arg("--take-over").status()?;
        Ok(!status.success() && self.daemon.try_wait()?.is_none())
    }

    /// Returns `true` if a successor without a valid config leaves the daemon as it was.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub(crate) fn refuses_broken_config(&mut self) -> io::Result<bool> {
        fs::write(self.directory.path().join("broken.json"), "{")?;
        let broken = [
            "--take-over",
            "--set",
            "ac.route.preset-route-config-path=broken.json",
        ];
        let status = self.command(&broken, "broken")?.status()?;
        Ok(!status.success() && self.daemon.try_wait()?.is_none())
    }

    /// Starts a daemon, and waits until it serves.
    fn launch(&self, arguments: &[&str]) -> io::Result<Child> {
        let copies = self.copies()?;
        let mut command = match copies.is_empty() {
            true => self.command(arguments, "log")?,
            false => self.activated(&copies)?,
        };
        let log = self.directory.path().join("log");
        let mut child = command.spawn()?;
        let began = Instant::now();
        loop {
            let mut text = String::new();
            File::open(&log)?.read_to_string(&mut text)?;
            if text.contains(" serving") {
                return Ok(child);
            }
            if child.try_wait()?.is_some() || began.elapsed() > PATIENCE {
                return Err(io::Error::other(format!(
                    "the daemon does not serve:\n{text}"
                )));
            }
            sleep(Duration::from_millis(2));
        }
    }

    fn command(&self, arguments: &[&str], log: &str) -> io::Result<Command> {
        let mut command = Command::new(&self.binary);
        let settings = [
            format!("listen.http=127.0.0.1:{}", self.port),
            "listen.unix=codeid.sock".to_owned(),
            "listen.resp=codeid.resp.sock".to_owned(),
            "admin.unix=admin.sock".to_owned(),
            "ac.route.preset-route-config-path=routes.json".to_owned(),
        ];
        command
            .arg("serve")
            .args(settings.iter().flat_map(|setting| ["--set", setting]))
            .args(arguments)
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(self.directory.path().join(log))?);
        Ok(command)
    }

    /// Returns copies of the sockets that a daemon inherits, each with its name; none if it opens its own.
    fn copies(&self) -> io::Result<Vec<(&'static str, OwnedFd)>> {
        let Some((http, unix, resp)) = &self.sockets else {
            return Ok(Vec::new());
        };
        let sockets: [(&str, BorrowedFd<'_>); 3] = [
            ("listen.http", http.as_fd()),
            ("listen.unix", unix.as_fd()),
            ("listen.resp", resp.as_fd()),
        ];
        let copies = sockets.into_iter().map(|(name, socket)| {
            let copy = fcntl_dupfd_cloexec(socket, FIRST_COPY)?;
            fcntl_setfd(&copy, FdFlags::empty())?;
            Ok((name, copy))
        });
        copies.collect()
    }

    /// Returns the command of a daemon that gets these sockets as systemd passes them.
    fn activated(&self, copies: &[(&str, OwnedFd)]) -> io::Result<Command> {
        let daemon = self.command(&[], "log")?;
        let moves = copies.iter().enumerate().map(|(index, (_, copy))| {
            let number = copy.as_raw_fd();
            format!("exec {}<&{number} {number}<&-\n", 3 + index)
        });
        let script: String = moves.collect();
        let names: Vec<&str> = copies.iter().map(|(name, _)| *name).collect();
        let mut command = Command::new("bash");
        command
            .arg("-c")
            .arg(script + "export LISTEN_PID=$$\nexec \"$0\" \"$@\"")
            .arg(daemon.get_program())
            .args(daemon.get_args())
            .env("LISTEN_FDS", copies.len().to_string())
            .env("LISTEN_FDNAMES", names.join(":"))
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(self.directory.path().join("log"))?);
        Ok(command)
    }
}

impl Drop for Lives {
    fn drop(&mut self) {
        // A daemon that has ended is left alone.
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// Waits until a daemon has ended well.
fn end(daemon: &mut Child) -> io::Result<()> {
    let status = daemon.wait()?;
    match status.success() {
        true => Ok(()),
        false => Err(io::Error::other(format!("a daemon ended with {status}"))),
    }
}
