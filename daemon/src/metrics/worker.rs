//! The figures of one worker thread.
//!
//! The thread is the only one that writes to its figures, so that it can with a load and a store for
//! each, without a lock or a locked instruction. A reader may see one figure of a request before another.
//!
//! PERF: a response over HTTP takes 3.09 µs of CPU time with metrics and 3.05 µs without, in the bench
//! `metrics`; benches/README.md has the machine and the other figures.

use std::cell::OnceCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use codeid_engine::Scratch;

use super::histogram::{Distribution, Histogram};
use super::request_counts::{
    ByIdentification, ByListener, ByResult, Identification, Listener, RECORDED, RequestCounts,
    RequestResult,
};

/// The figures of one worker thread. Aligned so that no two workers write to the same 128 bytes, which
/// crossbeam's `CachePadded` takes for a cache line on x86-64 and aarch64, too.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct WorkerFigures {
    listeners: ByListener<OfListener>,
    identifications: ByIdentification<Counter>,
}

#[derive(Debug, Default)]
struct OfListener {
    requests: ByResult<Counter>,
    /// In nanoseconds, for each identification.
    durations: Histogram,
}

/// A counter that only one thread adds to.
#[derive(Debug, Default)]
struct Counter(AtomicU64);

/// The start of a unit of work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Option<Instant>);

/// The duration of a unit of work, in nanoseconds, up to five centuries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Elapsed(u64);

thread_local! {
    /// The worker's index and figures, on the thread of one.
    static WORKER: OnceCell<(usize, Arc<WorkerFigures>)> = const { OnceCell::new() };
}

/// Makes the current thread the worker `index`, before it serves anything. A thread stays the worker
/// that it became first.
pub(crate) fn enter_worker(figures: Arc<WorkerFigures>, index: usize) {
    WORKER.with(|worker| {
        // Set already: the figures of the first worker stay those of the thread.
        let _ = worker.set((index, figures));
    });
}

/// Returns memory for lookups on this thread; on a worker, the route table counts them.
pub(crate) fn thread_scratch() -> Scratch {
    WORKER.with(|worker| match worker.get() {
        Some((index, _)) if RECORDED => Scratch::with_shard(*index),
        _ => Scratch::new(),
    })
}

/// Records the counts of a unit of work, and the time that it took for each identification in it. On
/// a thread that is not a worker, it does nothing.
pub(crate) fn record(listener: Listener, counts: &RequestCounts, took: Elapsed) {
    if !RECORDED {
        return;
    }
    WORKER.with(|worker| {
        if let Some((_, figures)) = worker.get() {
            figures.record(listener, counts, took);
        }
    });
}

impl Stopwatch {
    /// Starts a stopwatch now.
    pub(crate) fn start() -> Self {
        Self(RECORDED.then(Instant::now))
    }

    /// Starts a stopwatch at a time that the caller has read already.
    pub(crate) fn since(began: Instant) -> Self {
        Self(RECORDED.then_some(began))
    }

    /// Returns the time that had passed at a time that the caller has read already.
    pub(crate) fn until(self, now: Instant) -> Elapsed {
        let elapsed = self.0.map(|began| now.duration_since(began).as_nanos());
        Elapsed(u64::try_from(elapsed.unwrap_or(0)).unwrap_or(u64::MAX))
    }
}

impl Elapsed {
    /// The duration of work that is not timed.
    pub(crate) const NONE: Self = Self(0);

    /// Returns the number of nanoseconds; 0 without the feature `metrics`.
    pub(super) const fn nanoseconds(self) -> u64 {
        self.0
    }
}

impl WorkerFigures {
    fn record(&self, listener: Listener, counts: &RequestCounts, took: Elapsed) {
        let of_listener = self.listeners.of(listener);
        add_all(of_listener.requests.iter(), counts.requests.iter());
        let identified: u64 = counts.identifications.iter().sum();
        if identified > 0 {
            add_all(self.identifications.iter(), counts.identifications.iter());
            let durations = &of_listener.durations;
            durations.record_alone(took.nanoseconds(), identified);
        }
    }

    /// Returns the number of requests to `listener` that had `result`.
    pub(super) fn requests(&self, listener: Listener, result: RequestResult) -> u64 {
        self.listeners.of(listener).requests.of(result).get()
    }

    /// Returns the number of code values that were identified so.
    pub(super) fn identifications(&self, identification: Identification) -> u64 {
        self.identifications.of(identification).get()
    }

    /// Returns the durations of identifications on `listener`, in nanoseconds.
    pub(super) fn durations(&self, listener: Listener) -> Distribution {
        self.listeners.of(listener).durations.read()
    }
}

impl Counter {
    fn add(&self, more: u64) {
        self.0
            .store(self.0.load(Relaxed).wrapping_add(more), Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

fn add_all<'a>(counters: impl Iterator<Item = &'a Counter>, more: impl Iterator<Item = &'a u64>) {
    for (counter, &more) in counters.zip(more) {
        if more > 0 {
            counter.add(more);
        }
    }
}
