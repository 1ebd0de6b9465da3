//! Notifications to the service manager, as sd_notify(3) describes them.
//!
//! Notifications belong to the process: [`connect`] is called once, by the program. Without it, or without a
//! service manager that listens, nothing is ever sent. No notification waits: one for which the service manager
//! has no room is dropped.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(crate) use sd_notify::NotifyState;

use crate::uri::shown_path;

/// The variable that names the socket of the service manager.
const SOCKET_VARIABLE: &str = "NOTIFY_SOCKET";

/// The most bytes of a status: one line of a terminal or two.
const MAX_STATUS_BYTES: usize = 240;

/// The service manager of this process; `None` without one.
static MANAGER: OnceLock<Manager> = OnceLock::new();

/// Set once the service manager knows that the process stops: nothing may say the contrary from then on.
static IS_STOPPING: AtomicBool = AtomicBool::new(false);

/// Set once another process is the service: nothing that this one reports is about the service any more.
static IS_LEFT: AtomicBool = AtomicBool::new(false);

/// A service manager that listens.
#[derive(Debug)]
struct Manager {
    socket: UnixDatagram,
    address: SocketAddr,
}

/// A reload that the service manager knows of. Its end is reported when the value is dropped.
#[derive(Debug)]
pub(crate) struct Reloading(());

/// Connects to the service manager that the environment names. Without a name, nothing happens; a name that is
/// not that of a socket is a warning in the log.
pub fn connect() {
    let Some(name) = env::var_os(SOCKET_VARIABLE).filter(|name| !name.is_empty()) else {
        return;
    };
    match Manager::new(&name) {
        Ok(manager) => drop(MANAGER.set(manager)),
        Err(error) => tracing::warn!(
            socket = %shown_path(&name),
            %error,
            "the service manager cannot be notified: {SOCKET_VARIABLE} does not name a Unix socket"
        ),
    }
}

/// Returns `true` if a service manager listens.
pub(crate) fn is_connected() -> bool {
    MANAGER.get().is_some()
}

/// Returns the time within which the service manager expects each sign of life; `None` if it expects none.
pub(crate) fn watchdog_interval() -> Option<Duration> {
    is_connected().then(sd_notify::watchdog_enabled).flatten()
}

/// Sends one notification with these states.
pub(crate) fn notify(states: &[NotifyState<'_>]) {
    let Some(manager) = MANAGER.get() else { return };
    if IS_LEFT.load(Ordering::Acquire) {
        return;
    }
    let message: String = states.iter().map(|state| format!("{state}\n")).collect();
    if let Err(error) = manager
        .socket
        .send_to_addr(message.as_bytes(), &manager.address)
    {
        tracing::debug!(%error, "the service manager has not got a notification");
    }
}

/// Reports that the daemon serves.
pub(crate) fn ready(status: &str) {
    if !IS_STOPPING.load(Ordering::Acquire) {
        let status = one_line(status);
        notify(&[
            NotifyState::Ready,
            // After a take-over, the service manager knows another process.
            NotifyState::MainPid(std::process::id()),
            NotifyState::Status(&status),
        ]);
    }
}

/// Reports what the daemon does.
pub(crate) fn status(status: &str) {
    notify(&[NotifyState::Status(&one_line(status))]);
}

/// Reports that the daemon stops, once.
pub(crate) fn stopping() {
    if !IS_STOPPING.swap(true, Ordering::AcqRel) {
        notify(&[NotifyState::Stopping]);
    }
}

/// Reports that the process `to` is the service from now on, and nothing more.
pub(crate) fn leave(to: u32) {
    // The successor may not report that itself, unless the unit has NotifyAccess=all.
    notify(&[NotifyState::MainPid(to)]);
    IS_LEFT.store(true, Ordering::Release);
}

impl Reloading {
    /// Reports that the sources are read again. The end is reported when the value is dropped.
    pub(crate) fn begin() -> Self {
        // Without the time, systemd 253 and later would wait for a reload that began later.
        if is_connected()
            && !IS_STOPPING.load(Ordering::Acquire)
            && let Ok(now) = NotifyState::monotonic_usec_now()
        {
            notify(&[NotifyState::Reloading, now]);
        }
        Self(())
    }
}

impl Drop for Reloading {
    fn drop(&mut self) {
        if !IS_STOPPING.load(Ordering::Acquire) {
            notify(&[NotifyState::Ready]);
        }
    }
}

impl Manager {
    fn new(name: &OsStr) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        let address = address(name.as_bytes())?;
        Ok(Self { socket, address })
    }
}

/// Returns the address of a path, or of an abstract name after an `@`.
fn address(name: &[u8]) -> io::Result<SocketAddr> {
    match name.split_first() {
        #[cfg(target_os = "linux")]
        Some((b'@', name)) => {
            <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name)
        }
        Some((b'/', _)) => SocketAddr::from_pathname(OsStr::from_bytes(name)),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// Returns a text as one line that is not too long.
fn one_line(text: &str) -> String {
    let mut line = text.replace(char::is_control, " ");
    line.truncate(line.floor_char_boundary(MAX_STATUS_BYTES));
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_is_a_path_or_an_abstract_name() {
        let path = address(b"/run/systemd/notify").unwrap();
        assert_eq!(
            path.as_pathname().unwrap().as_os_str(),
            "/run/systemd/notify"
        );
        for wrong in [&b"run/notify"[..], b"", b"vsock:2:1"] {
            assert!(address(wrong).is_err());
        }
        #[cfg(target_os = "linux")]
        {
            use std::os::linux::net::SocketAddrExt;
            let name = address(b"@codeid").unwrap();
            assert_eq!(name.as_abstract_name(), Some(&b"codeid"[..]));
        }
    }

    #[test]
    fn a_status_is_one_line() {
        assert_eq!(one_line("a\nREADY=1"), "a READY=1");
        assert_eq!(one_line(&"ä".repeat(200)).len(), MAX_STATUS_BYTES);
    }
}
