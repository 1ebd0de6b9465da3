//! The figures of the process that the system has, under the names that the client libraries of Prometheus
//! give them. What the system does not say is absent, rather than wrong.

use std::fs;

use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage};
use nix::sys::time::TimeValLike;

use super::exposition::{Exposition, Kind};

const MICROSECONDS: f64 = 1e6;

/// The bytes of the unit in which the system reports memory.
const KIBIBYTE: u64 = 1024;

/// Adds the figures of this moment.
pub(super) fn process(out: &mut Exposition) {
    if let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) {
        let time = usage.user_time() + usage.system_time();
        out.family(
            Kind::Counter,
            "process_cpu_seconds_total",
            "Time of processors that the process took, in its own code and in the system.",
        )
        .sample(&[], time.num_microseconds() as f64 / MICROSECONDS);
    }
    if let Ok(status) = fs::read_to_string("/proc/self/status") {
        of_status(&status, out);
    }
    if let Ok((soft, _)) = getrlimit(Resource::RLIMIT_NOFILE) {
        out.gauge(
            "process_max_fds",
            "The limit on open file descriptors.",
            soft,
        );
    }
    if let Some(open) = open_descriptors() {
        out.gauge("process_open_fds", "Open file descriptors.", open);
    }
}

/// Adds what the text of `/proc/self/status` has.
fn of_status(status: &str, out: &mut Exposition) {
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    for (field, name, help) in [
        (
            "VmRSS:",
            "process_resident_memory_bytes",
            "Memory of the process that is in RAM.",
        ),
        (
            "VmSize:",
            "process_virtual_memory_bytes",
            "Addresses that the process has reserved.",
        ),
    ] {
        if let Some(kibibytes) = number(field) {
            out.gauge(name, help, kibibytes * KIBIBYTE);
        }
    }
    if let Some(threads) = number("Threads:") {
        out.gauge("process_threads", "Threads of the process.", threads);
    }
}

/// Counts the descriptors, without the one that reads the list.
fn open_descriptors() -> Option<usize> {
    let entries = fs::read_dir("/proc/self/fd").ok()?;
    entries
        .map_while(Result::ok)
        .count()
        .checked_sub(1)
        .filter(|count| *count > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_does_not_report_is_absent() {
        let mut out = Exposition::default();
        of_status(
            "Name:\tcodeid\nVmRSS:\t  12 kB\nVmSize:\nThreads:\tmany\n",
            &mut out,
        );
        let text = out.into_text();
        assert!(
            text.ends_with("\nprocess_resident_memory_bytes 12288\n"),
            "{text}"
        );
        assert_eq!(text.lines().count(), 3, "{text}");
    }
}
