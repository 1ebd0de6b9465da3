//! The second sink: the syslog daemon of this machine.
//!
//! Source: RFC 3164, section 4.1, as glibc's `syslog` writes to `/dev/log`.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The facility `authpriv` (10) with the severity `notice` (5).
const PRIORITY: u8 = 10 * 8 + 5;

/// The time that a full socket may take to have room again.
const TIMEOUT: Duration = Duration::from_secs(1);

/// A datagram socket that syslog listens on.
#[derive(Debug)]
pub(super) struct Syslog(PathBuf);

impl Syslog {
    /// Returns a sender to the socket at `path`, which is opened for each line.
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// Sends a line, which ends in a line feed. A socket for each, because syslog may have been started
    /// again since the last one.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if nothing listens, or the socket has no room within a second.
    pub(super) fn send(&self, line: &[u8]) -> io::Result<()> {
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(TIMEOUT))?;
        let mut message = format!("<{PRIORITY}>codeid[{}]: ", std::process::id()).into_bytes();
        message.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
        socket.send_to(&message, &self.0)?;
        Ok(())
    }
}
