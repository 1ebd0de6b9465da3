//! The figures of the last hour, in memory of fixed size.
//!
//! A task closes an interval every ten seconds: it reads the counts since the start and keeps their
//! differences. Intervals follow the monotonic clock, so that a rate is right whatever happens to
//! the wall clock. Where the wall clock went further than the monotonic one, the machine slept or its clock
//! was set forward: the intervals between are kept as missing.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::histogram::Distribution;
use super::resident::resident_bytes;
use super::{Identification, Listener, Metrics, Refusal, RequestResult, SdkProxyFigures};
use crate::api::figures::{FigureCounts, Figures, INTERVAL_MS, MAX_SAMPLES, Sample};
use crate::sync::Mutex;
use crate::telemetry;
use crate::timestamp::{milliseconds, unix_ms};

/// The length of an interval.
const INTERVAL: Duration = Duration::from_millis(INTERVAL_MS);

/// The results of sdkProxy that an operator can remove the reason of, as the alert `CodeidSdkProxyFailing`
/// counts them.
const PROXY_FAILURES: [&str; 5] = [
    "UNKNOWN_EXCEPTION",
    "INVALID_SIGNATURE",
    "INVALID_CLIENT",
    "KEY_NOT_FOUND",
    "REQUEST_TRAFFIC_EXCEED_LIMIT",
];

/// The figures of the last hour.
#[derive(Debug)]
pub(crate) struct LastHour {
    metrics: Arc<Metrics>,
    began: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The samples, the oldest first; `None` for an interval that is missing.
    samples: VecDeque<Option<Sample>>,
    /// The reading at the end of the last sample, or at the beginning.
    last: Reading,
}

/// The counts of the daemon at one moment.
#[derive(Clone, Debug)]
struct Reading {
    at: Instant,
    /// The moment on the wall clock.
    wall: SystemTime,
    counts: FigureCounts,
    durations: Distribution,
}

impl LastHour {
    /// Returns an hour of which nothing is measured yet. The first interval begins now. `faults` is the number
    /// of faults so far.
    pub(crate) fn new(metrics: Arc<Metrics>, faults: u64) -> Self {
        let began = Instant::now();
        let last = Reading::of(&metrics, faults);
        Self {
            metrics,
            began,
            state: Mutex::new(State {
                samples: VecDeque::with_capacity(MAX_SAMPLES),
                last,
            }),
        }
    }

    /// Closes each interval when it is over, for as long as the future is polled. `faults` returns the number
    /// of faults since the start.
    ///
    /// # Cancel safety
    ///
    /// It may be dropped at any time and called again: the intervals between are missing.
    pub(crate) async fn follow(self: Arc<Self>, faults: impl Fn() -> u64) {
        let over = self.began + INTERVAL * (self.interval_of(Instant::now()) + 1);
        let mut ends = interval_at(over, INTERVAL);
        // An end that was missed is not made up for: its interval is missing.
        ends.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ends.tick().await;
            self.close_interval(faults());
        }
    }

    /// Returns the samples so far.
    pub(crate) fn figures(&self) -> Figures {
        let state = self.state.lock();
        let age = state.last.at.elapsed();
        Figures {
            at: unix_ms(self.metrics.clock.now()),
            age_ms: (!state.samples.is_empty()).then(|| milliseconds(age)),
            interval_ms: INTERVAL_MS,
            samples: state.samples.iter().copied().collect(),
        }
    }

    /// Returns what was counted in the last `intervals` intervals and since. `faults` is the number of faults
    /// since the start.
    pub(crate) fn recent(&self, intervals: usize, faults: u64) -> FigureCounts {
        let state = self.state.lock();
        let now = counts(&self.metrics, faults);
        let newest = state.samples.iter().rev().take(intervals).flatten();
        newest.fold(minus(now, state.last.counts), |sum, sample| {
            combine(sum, sample.counts, u64::saturating_add)
        })
    }

    fn close_interval(&self, faults: u64) {
        let now = Reading::of(&self.metrics, faults);
        let mut state = self.state.lock();
        let passed = now.at.saturating_duration_since(state.last.at);
        let skipped = self
            .interval_of(now.at)
            .saturating_sub(self.interval_of(state.last.at) + 1);
        let slept = now.wall.duration_since(state.last.wall).unwrap_or_default();
        let slept = slept.saturating_sub(passed).as_millis() / INTERVAL.as_millis();
        let missing = usize::try_from(slept).unwrap_or(MAX_SAMPLES);
        let missing = missing.saturating_add(skipped as usize).min(MAX_SAMPLES);
        (0..missing).for_each(|_| state.push(None));
        let durations = now.durations.since(&state.last.durations);
        let sample = Sample {
            ms: milliseconds(passed),
            counts: minus(now.counts, state.last.counts),
            p50_ns: durations.quantile(500),
            p99_ns: durations.quantile(990),
            open_connections: sum(|listener| self.metrics.connections.open(listener)),
            resident_bytes: resident_bytes(),
            generation: self.metrics.generation(),
        };
        state.push(Some(sample));
        state.last = now;
    }

    /// Returns the number of the interval, from 0, to which `at` belongs. The moment at which an interval ends
    /// belongs to the next.
    fn interval_of(&self, at: Instant) -> u32 {
        let since = at.saturating_duration_since(self.began).as_millis();
        u32::try_from(since / INTERVAL.as_millis()).unwrap_or(u32::MAX)
    }
}

impl State {
    fn push(&mut self, sample: Option<Sample>) {
        if self.samples.len() == MAX_SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }
}

impl Reading {
    fn of(metrics: &Metrics, faults: u64) -> Self {
        let mut durations = Distribution::default();
        for listener in Listener::ALL {
            durations += &metrics.durations(listener);
        }
        Self {
            at: Instant::now(),
            wall: metrics.clock.now(),
            counts: counts(metrics, faults),
            durations,
        }
    }
}

/// Returns what was counted since the start.
fn counts(metrics: &Metrics, faults: u64) -> FigureCounts {
    let of = |identification| metrics.identifications(identification);
    let requests = |result| sum(|listener| metrics.requests(listener, result));
    let (illegal_requests, failed_requests) = (
        requests(RequestResult::ParamIllegal),
        requests(RequestResult::UnknownException),
    );
    let supported = of(Identification::Decode) + of(Identification::OpenUrl);
    let unsupported = of(Identification::Unsupported);
    let (illegal, failed) = (
        of(Identification::ParamIllegal),
        of(Identification::UnknownException),
    );
    let connections = &metrics.connections;
    let refused = |listener| {
        let answered = Refusal::ALL.map(|refusal| connections.refused(listener, refusal));
        answered.iter().sum::<u64>() + connections.refused_unanswered(listener)
    };
    let (sdk_proxy_requests, sdk_proxy_failures) = proxy_counts(&metrics.sdk_proxy);
    let log = telemetry::figures();
    FigureCounts {
        lookups: supported + unsupported + illegal + failed,
        supported,
        unsupported,
        illegal,
        failed,
        requests: requests(RequestResult::Success) + illegal_requests + failed_requests,
        illegal_requests,
        failed_requests,
        sdk_proxy_requests,
        sdk_proxy_failures,
        refused_connections: sum(refused),
        memory_refusals: sum(|listener| connections.memory_refusals(listener)),
        faults: faults + log.restarts,
        dropped_log_lines: log.dropped,
    }
}

/// Returns the number of requests of sdkProxy, and of those that failed.
fn proxy_counts(figures: &SdkProxyFigures) -> (u64, u64) {
    figures
        .results()
        .fold((0, 0), |(all, failed), (code, count)| {
            let is_failure = PROXY_FAILURES.contains(&code);
            (all + count, failed + if is_failure { count } else { 0 })
        })
}

fn sum(of_listener: impl Fn(Listener) -> u64) -> u64 {
    Listener::ALL.into_iter().map(of_listener).sum()
}

/// Returns what was counted between two moments.
fn minus(after: FigureCounts, before: FigureCounts) -> FigureCounts {
    combine(after, before, u64::saturating_sub)
}

fn combine(a: FigureCounts, b: FigureCounts, with: fn(u64, u64) -> u64) -> FigureCounts {
    FigureCounts {
        lookups: with(a.lookups, b.lookups),
        supported: with(a.supported, b.supported),
        unsupported: with(a.unsupported, b.unsupported),
        illegal: with(a.illegal, b.illegal),
        failed: with(a.failed, b.failed),
        requests: with(a.requests, b.requests),
        illegal_requests: with(a.illegal_requests, b.illegal_requests),
        failed_requests: with(a.failed_requests, b.failed_requests),
        sdk_proxy_requests: with(a.sdk_proxy_requests, b.sdk_proxy_requests),
        sdk_proxy_failures: with(a.sdk_proxy_failures, b.sdk_proxy_failures),
        refused_connections: with(a.refused_connections, b.refused_connections),
        memory_refusals: with(a.memory_refusals, b.memory_refusals),
        faults: with(a.faults, b.faults),
        dropped_log_lines: with(a.dropped_log_lines, b.dropped_log_lines),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use codeid_engine::LiveTable;
    use tokio::time::advance;

    use super::super::RECORDED;
    use super::*;
    use crate::clock::Clock;

    /// An hour, and the seconds by which the wall clock is ahead of the monotonic one.
    fn hour() -> (Arc<LastHour>, Arc<AtomicU64>) {
        let (ahead, began) = (Arc::new(AtomicU64::new(0)), Instant::now());
        let seconds = Arc::clone(&ahead);
        let clock = Clock::from_fn(move || {
            let ahead = Duration::from_secs(seconds.load(Relaxed));
            SystemTime::UNIX_EPOCH + began.elapsed() + ahead
        });
        let started = (std::time::Instant::now(), SystemTime::UNIX_EPOCH);
        let live = Arc::new(LiveTable::with_counts(1));
        let metrics = Arc::new(Metrics::new(clock, started, 1, live, None, Arc::default()));
        (Arc::new(LastHour::new(metrics, 0)), ahead)
    }

    /// Returns the lengths of the samples, in seconds.
    fn lengths(hour: &LastHour) -> Vec<Option<u64>> {
        let samples = hour.figures().samples.into_iter();
        samples.map(|sample| Some(sample?.ms / 1000)).collect()
    }

    async fn pass(hour: &LastHour, seconds: u64) {
        advance(Duration::from_secs(seconds)).await;
        hour.close_interval(0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sample_has_what_was_counted_in_its_interval_alone() {
        let (hour, _) = hour();
        for _ in 0..3 {
            let connections = &hour.metrics.connections;
            connections.count_refused(Listener::Http, Refusal::TooMany, true);
            pass(&hour, 10).await;
        }
        let samples = hour.figures().samples;
        let refused: Vec<u64> = samples
            .iter()
            .map(|sample| sample.unwrap().counts.refused_connections)
            .collect();
        assert_eq!(refused, [1, 1, 1].map(|count| count * u64::from(RECORDED)));
        assert_eq!(lengths(&hour), [Some(10); 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn intervals_without_a_measurement_are_missing() {
        let (hour, ahead) = hour();
        pass(&hour, 10).await;
        pass(&hour, 30).await;
        assert_eq!(lengths(&hour), [Some(10), None, None, Some(30)]);
        ahead.store(25, Relaxed);
        pass(&hour, 10).await;
        assert_eq!(lengths(&hour)[4..], [None, None, Some(10)]);
        ahead.store(0, Relaxed);
        pass(&hour, 10).await;
        assert_eq!(lengths(&hour)[7..], [Some(10)]);
        ahead.store(u64::from(u32::MAX), Relaxed);
        pass(&hour, 10).await;
        assert_eq!(lengths(&hour)[..MAX_SAMPLES - 1], [None; MAX_SAMPLES - 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_hour_is_kept_and_no_more() {
        let (hour, _) = hour();
        let following = tokio::spawn(Arc::clone(&hour).follow(|| 0));
        assert_eq!(hour.figures().age_ms, None);
        for _ in 0..MAX_SAMPLES + 5 {
            advance(INTERVAL).await;
            tokio::task::yield_now().await;
        }
        let room = hour.state.lock().samples.capacity();
        assert!(room * size_of::<Option<Sample>>() < 100 << 10, "{room}");
        advance(Duration::from_secs(3)).await;
        assert_eq!(lengths(&hour), [Some(10); MAX_SAMPLES]);
        assert_eq!(hour.figures().age_ms, Some(3000));
        following.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn recent_counts_are_those_of_the_last_intervals_and_since() {
        let (hour, _) = hour();
        for faults in [1, 3, 7] {
            advance(INTERVAL).await;
            hour.close_interval(faults);
        }
        for (intervals, expected) in [(0, 8), (1, 12), (2, 14), (3, 15), (360, 15)] {
            assert_eq!(hour.recent(intervals, 15).faults, expected, "{intervals}");
        }
    }
}
