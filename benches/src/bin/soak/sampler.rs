//! Measurements of the daemon's process, every second and at rest.

use std::fs;
use std::io::{self, ErrorKind};
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::record::{Record, locked};

const EVERY: Duration = Duration::from_secs(1);

/// The figures of the daemon in `/proc` at some moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Seconds since the start of the campaign.
    pub(crate) at: f64,
    pub(crate) life: u32,
    /// The resident memory, and its share by proportion, in KiB.
    pub(crate) rss: u64,
    pub(crate) pss: u64,
    pub(crate) descriptors: u64,
    pub(crate) threads: u64,
    /// The requests of the whole campaign so far.
    pub(crate) requests: u64,
    /// `true` if no client was connected.
    pub(crate) at_rest: bool,
}

/// Takes samples, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Sampler {
    /// The life and its process.
    watched: Mutex<Option<(u32, u32)>>,
    samples: Mutex<Vec<Sample>>,
    /// Set for the next sample, which is taken at rest.
    at_rest: AtomicBool,
    pub(crate) done: AtomicBool,
}

impl Sampler {
    /// Watches the process of a life from now on, or none.
    pub(crate) fn watch(&self, watched: Option<(u32, u32)>) {
        *locked(&self.watched) = watched;
    }

    /// Takes a sample every second until it is done.
    pub(crate) fn run(&self, record: &Record) {
        let mut due = Instant::now();
        while !self.done.load(Relaxed) {
            // Locked, so that a process that is watched was not waited for.
            let watched = locked(&self.watched);
            if let Some((life, process)) = *watched
                && let Ok(mut sample) = read(process)
            {
                sample.life = life;
                sample.at = record.seconds();
                sample.requests = record.requests();
                sample.at_rest = self.at_rest.swap(false, Relaxed);
                locked(&self.samples).push(sample);
            }
            drop(watched);
            due += EVERY;
            sleep(due.saturating_duration_since(Instant::now()));
        }
    }

    /// Waits until a sample is taken, which counts as one at rest.
    pub(crate) fn measure_at_rest(&self) {
        self.at_rest.store(true, Relaxed);
        let begun = Instant::now();
        while self.at_rest.load(Relaxed) && begun.elapsed() < 5 * EVERY {
            sleep(EVERY / 50);
        }
    }

    pub(crate) fn samples(&self) -> Vec<Sample> {
        locked(&self.samples).clone()
    }
}

/// Reads a process. The caller sets what does not come from `/proc`.
fn read(process: u32) -> io::Result<Sample> {
    let file = |name: &str| fs::read_to_string(format!("/proc/{process}/{name}"));
    let (status, memory) = (file("status")?, file("smaps_rollup")?);
    Ok(Sample {
        at: 0.0,
        life: 0,
        rss: number(&status, "VmRSS:")?,
        pss: number(&memory, "Pss:")?,
        descriptors: fs::read_dir(format!("/proc/{process}/fd"))?.count() as u64,
        threads: number(&status, "Threads:")?,
        requests: 0,
        at_rest: false,
    })
}

/// Returns the number in the line that begins with `name`.
fn number(text: &str, name: &str) -> io::Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, format!("no {name}")))
}
