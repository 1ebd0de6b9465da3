//! The CPU time of threads, as the kernel counts it.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// The CPU time of the threads of a process, by thread name.
#[derive(Clone, Debug, Default)]
pub struct CpuTime(Vec<(String, Duration)>);

impl CpuTime {
    /// Reads the CPU time of the process with this ID from `/proc`. Threads that have ended do not
    /// count.
    ///
    /// # Errors
    ///
    /// If there is no such process, or the system is not Linux.
    pub fn read(process_id: u32) -> io::Result<Self> {
        let mut times = Vec::new();
        for thread in fs::read_dir(format!("/proc/{process_id}/task"))? {
            let thread = thread?.path();
            let name = fs::read_to_string(thread.join("comm"))?;
            times.push((name.trim().to_owned(), read_thread(&thread)?));
        }
        Ok(Self(times))
    }

    /// Returns the sum over the threads of this name.
    #[must_use]
    pub fn of_threads(&self, name: &str) -> Duration {
        let times = self.0.iter().filter(|(thread, _)| thread == name);
        times.map(|(_, time)| *time).sum()
    }

    /// Returns the sum over all threads.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.0.iter().map(|(_, time)| *time).sum()
    }
}

/// Reads the CPU time that the calling thread has used so far.
///
/// # Errors
///
/// If the system is not Linux.
pub fn cpu_time_of_this_thread() -> io::Result<Duration> {
    read_thread("/proc/thread-self".as_ref())
}

fn read_thread(thread: &Path) -> io::Result<Duration> {
    let path = thread.join("schedstat");
    let schedstat = fs::read_to_string(&path)?;
    let nanoseconds = schedstat
        .split_whitespace()
        .next()
        .and_then(|first| first.parse().ok());
    nanoseconds
        .map(Duration::from_nanos)
        .ok_or_else(|| io::Error::other(format!("{} has no CPU time", path.display())))
}
