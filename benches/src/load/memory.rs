//! The memory of a process, as the kernel counts it.

use std::fs;
use std::io;

use crate::cannot;

/// The resident memory of a process, in kilobytes of 1024 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The resident set size.
    pub resident: u64,
    /// The largest resident set size so far.
    pub peak: u64,
}

impl Memory {
    /// Reads the memory of the process with this ID from `/proc`.
    ///
    /// # Errors
    ///
    /// If there is no such process, or the system is not Linux.
    pub fn read(process_id: u32) -> io::Result<Self> {
        let path = format!("/proc/{process_id}/status");
        let status = fs::read_to_string(&path).map_err(cannot("read", path.as_ref()))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse().ok())
                .ok_or_else(|| io::Error::other(format!("{path} has no field {name}")))
        };
        Ok(Self {
            resident: field("VmRSS:")?,
            peak: field("VmHWM:")?,
        })
    }
}
