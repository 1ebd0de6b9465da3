//! The memory of a process, as the system counts it.

use std::fs;
use std::io;

/// Kilobytes of 1024 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// What is resident now.
    pub resident: u64,
    /// The most that ever was.
    pub peak: u64,
}

impl Memory {
    /// Of a process; `None`: of this one. Linux only.
    ///
    /// # Errors
    ///
    /// If there is no such process, or the system does not tell.
    pub fn of(process: Option<u32>) -> io::Result<Self> {
        let process = process.map_or_else(|| "self".to_owned(), |id| id.to_string());
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok())
                .ok_or_else(|| io::Error::other(format!("/proc tells no {name}")))
        };
        Ok(Self {
            resident: field("VmRSS:")?,
            peak: field("VmHWM:")?,
        })
    }
}
