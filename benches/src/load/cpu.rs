//! The CPU time of threads, as the kernel counts it.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use crate::cannot;

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
        let tasks = format!("/proc/{process_id}/task");
        let tasks: &Path = tasks.as_ref();
        let mut times = Vec::new();
        for thread in fs::read_dir(tasks).map_err(cannot("list", tasks))? {
            let thread = thread.map_err(cannot("list", tasks))?.path();
            times.extend(read_unless_ended(&thread)?);
        }
        Ok(Self(times))
    }

    /// Returns the sum over the threads of this name; zero if no thread has it. The kernel cuts the name
    /// of a thread to 15 bytes.
    #[must_use]
    pub fn of_threads(&self, name: &str) -> Duration {
        let times = self.0.iter().filter(|(thread, _)| thread == name);
        times.map(|(_, time)| *time).sum()
    }

    /// Returns the sum over all threads; zero for the default, which has none.
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

/// Reads the name and the CPU time of a thread; `None` if it has ended.
fn read_unless_ended(thread: &Path) -> io::Result<Option<(String, Duration)>> {
    let comm = thread.join("comm");
    let name = fs::read_to_string(&comm).map_err(cannot("read", &comm));
    match name.and_then(|name| Ok((name.trim().to_owned(), read_thread(thread)?))) {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn read_thread(thread: &Path) -> io::Result<Duration> {
    let path = thread.join("schedstat");
    let schedstat = fs::read_to_string(&path).map_err(cannot("read", &path))?;
    let nanoseconds = schedstat
        .split_whitespace()
        .next()
        .and_then(|first| first.parse().ok());
    nanoseconds.map(Duration::from_nanos).ok_or_else(|| {
        let path = path.display();
        io::Error::other(format!(
            "{path} does not begin with a CPU time: {schedstat:?}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_has_ended_does_not_count() {
        let process = format!("/proc/{}/task", std::process::id());
        let process: &Path = process.as_ref();
        let own = process.join(std::process::id().to_string());
        assert!(read_unless_ended(&own).unwrap().is_some());
        assert!(read_unless_ended(&process.join("0")).unwrap().is_none());
        let error = CpuTime::read(0).unwrap_err().to_string();
        assert_eq!(error, "cannot list /proc/0/task");
    }
}
