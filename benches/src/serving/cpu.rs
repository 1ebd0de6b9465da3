//! The CPU time of threads, as the system counts it.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

/// CPU time by the names of threads.
#[derive(Clone, Debug, Default)]
pub struct CpuTime(Vec<(String, Duration)>);

impl CpuTime {
    /// Of a process so far; `None`: of this one. Threads that have ended do not count. Linux only.
    ///
    /// # Errors
    ///
    /// If there is no such process, or the system does not tell.
    pub fn of(process: Option<u32>) -> io::Result<Self> {
        let process = process.map_or_else(|| "self".to_owned(), |id| id.to_string());
        let mut times = Vec::new();
        for thread in fs::read_dir(format!("/proc/{process}/task"))? {
            let thread = thread?.path();
            let name = fs::read_to_string(thread.join("comm"))?;
            times.push((name.trim().to_owned(), time_in(&thread)?));
        }
        Ok(Self(times))
    }

    /// What the calling thread has had.
    ///
    /// # Errors
    ///
    /// If the system does not tell.
    pub fn of_this_thread() -> io::Result<Duration> {
        time_in("/proc/thread-self".as_ref())
    }

    /// Of the threads of this name together.
    #[must_use]
    pub fn named(&self, name: &str) -> Duration {
        let times = self.0.iter().filter(|(thread, _)| thread == name);
        times.map(|(_, time)| *time).sum()
    }

    /// Of all threads together.
    #[must_use]
    pub fn all(&self) -> Duration {
        self.0.iter().map(|(_, time)| *time).sum()
    }
}

fn time_in(thread: &Path) -> io::Result<Duration> {
    let schedstat = fs::read_to_string(thread.join("schedstat"))?;
    let nanoseconds = schedstat
        .split_whitespace()
        .next()
        .and_then(|first| first.parse().ok());
    nanoseconds
        .map(Duration::from_nanos)
        .ok_or_else(|| io::Error::other("schedstat tells no CPU time"))
}
