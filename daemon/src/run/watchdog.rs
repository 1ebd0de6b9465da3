//! The sign of life that the service manager expects: it is given only while every thread that serves makes
//! progress.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

use crate::service_manager::{self, NotifyState};
use crate::shutdown::{Shutdown, Stage};

/// A thread that must make progress.
#[derive(Clone, Debug)]
pub(super) struct Watched {
    /// Its name, for the log.
    pub(super) name: String,
    /// The runtime that it runs.
    pub(super) runtime: Handle,
}

/// Starts the thread that gives a sign of life twice in each `expected`, until the daemon cuts its connections.
///
/// # Errors
///
/// An [`io::Error`] if the system refuses a thread.
pub(super) fn start(
    expected: Duration,
    watched: Vec<Watched>,
    shutdown: Arc<Shutdown>,
) -> io::Result<()> {
    let interval = expected / 2;
    let watch = move || {
        let mut stuck = None;
        while !shutdown.reached(Stage::Cut) {
            let asked = Instant::now();
            let silent = find_silent(&watched, interval);
            match &silent {
                None => service_manager::notify(&[NotifyState::Watchdog]),
                Some(thread) if silent != stuck && !shutdown.reached(Stage::Cut) => {
                    tracing::error!(
                        thread,
                        "a thread makes no progress: the service manager gets no sign of life"
                    )
                }
                Some(_) => {}
            }
            stuck = silent;
            thread::sleep(interval.saturating_sub(asked.elapsed()));
        }
    };
    thread::Builder::new()
        .name("watchdog".to_owned())
        .spawn(watch)
        .map(drop)
}

/// Has every thread run a task, and returns the name of the first that has not within `patience`.
fn find_silent(watched: &[Watched], patience: Duration) -> Option<String> {
    let deadline = Instant::now() + patience;
    let (sender, answers) = channel();
    for (index, watched) in watched.iter().enumerate() {
        let sender = sender.clone();
        watched.runtime.spawn(async move {
            // The answers are no longer received after the deadline.
            let _ = sender.send(index);
        });
    }
    drop(sender);
    let mut silent: Vec<bool> = watched.iter().map(|_| true).collect();
    // Fails at the deadline, and once every task has run or was dropped by a thread that has ended.
    while let Ok(index) = answers.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        if let Some(silent) = silent.get_mut(index) {
            *silent = false;
        }
    }
    let first = watched.iter().zip(silent).find(|(_, silent)| *silent);
    first.map(|(watched, _)| watched.name.clone())
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;

    use super::*;

    fn watched(name: &str, runtime: &Handle) -> Watched {
        Watched {
            name: name.to_owned(),
            runtime: runtime.clone(),
        }
    }

    #[test]
    fn a_thread_that_does_not_run_its_tasks_is_found() {
        let runs = Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        // Nothing polls it.
        let hangs = Builder::new_current_thread().build().unwrap();
        let ended = Builder::new_current_thread().build().unwrap();
        let of_ended = watched("ended", ended.handle());
        drop(ended);
        let (runs, hangs) = (
            watched("runs", runs.handle()),
            watched("hangs", hangs.handle()),
        );
        let patience = Duration::from_secs(60);
        assert_eq!(find_silent(std::slice::from_ref(&runs), patience), None);
        let with_ended = [runs.clone(), of_ended];
        assert_eq!(find_silent(&with_ended, patience).as_deref(), Some("ended"));
        let with_hanging = [runs, hangs];
        let short = Duration::from_millis(50);
        assert_eq!(find_silent(&with_hanging, short).as_deref(), Some("hangs"));
    }
}
