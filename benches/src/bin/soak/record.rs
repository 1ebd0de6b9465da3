//! The counts, the violations and the events of a campaign, shared by all of its threads.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The most violations that are described; further ones are only counted.
const DESCRIBED: usize = 100;

/// The record of a run so far.
#[derive(Debug)]
pub(crate) struct Record {
    started: Instant,
    counts: Mutex<BTreeMap<(Group, &'static str), u64>>,
    violations: Mutex<Violations>,
    events: Mutex<File>,
}

/// A table of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// Requests and commands that were answered, and rightly.
    Requests,
    /// Connections that came and went.
    Connections,
    /// Changes of the route config.
    Changes,
    /// Faults that were caused.
    Faults,
    /// Errors that a fault explains.
    Expected,
}

/// The violations of the run, which must be empty.
#[derive(Debug, Default)]
struct Violations {
    count: u64,
    described: Vec<String>,
}

impl Record {
    /// # Errors
    ///
    /// If the file of events cannot be created in `output`.
    pub(crate) fn new(output: &Path) -> io::Result<Self> {
        Ok(Self {
            started: Instant::now(),
            counts: Mutex::default(),
            violations: Mutex::default(),
            events: Mutex::new(File::create(output.join("events.log"))?),
        })
    }

    /// Returns the seconds since the start.
    pub(crate) fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    pub(crate) fn count(&self, group: Group, what: &'static str, count: usize) {
        *locked(&self.counts).entry((group, what)).or_default() += count as u64;
    }

    pub(crate) fn counts(&self, group: Group) -> Vec<(&'static str, u64)> {
        let counts = locked(&self.counts);
        let of_group = counts.iter().filter(|((of, _), _)| *of == group);
        of_group.map(|((_, what), count)| (*what, *count)).collect()
    }

    /// Returns the number of all requests so far.
    pub(crate) fn requests(&self) -> u64 {
        self.counts(Group::Requests).iter().map(|(_, n)| n).sum()
    }

    /// Records what must not happen: it fails the campaign.
    pub(crate) fn violation(&self, who: &str, what: &str) {
        let text = format!("{who}: {what}");
        {
            let mut violations = locked(&self.violations);
            violations.count += 1;
            if violations.described.len() >= DESCRIBED {
                return;
            }
            violations.described.push(text.clone());
        }
        self.event(&format!("VIOLATION {text}"));
    }

    /// Returns the number of violations, and the first of them.
    pub(crate) fn violations(&self) -> (u64, Vec<String>) {
        let violations = locked(&self.violations);
        (violations.count, violations.described.clone())
    }

    /// Writes a line to the file of events.
    pub(crate) fn event(&self, what: &str) {
        let line = format!("{:9.3} {what}", self.seconds());
        // Events are for readers: a campaign does not fail because one is missing.
        let _ = writeln!(locked(&self.events), "{line}");
    }
}

/// Locks a mutex, also after a panic of another thread.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
