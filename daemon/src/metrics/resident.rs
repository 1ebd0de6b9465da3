//! The memory of the process that is in use.

use std::fs;

/// Returns the bytes of the process that are in memory; `None` where the system has no `/proc`.
pub(super) fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::resident_bytes;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_has_memory_in_use() {
        assert!(resident_bytes() > Some(1 << 16));
    }
}
