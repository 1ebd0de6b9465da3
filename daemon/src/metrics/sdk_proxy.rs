//! The figures of sdkProxy.
//!
//! A request takes milliseconds, so the proxy's threads share these figures.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

use super::RECORDED;
use super::histogram::{Distribution, Histogram};
use super::worker::Stopwatch;
use crate::result::sdk_proxy as results;

/// Requests of sdkProxy, those that were forwarded and those that were not.
#[derive(Debug, Default)]
pub(crate) struct SdkProxyFigures {
    results: ByCode,
    /// Those of `results` that were refusals by the upstream without a signature.
    unverified: ByCode,
    /// In microseconds.
    durations: Histogram,
    /// The requests that were ever in flight.
    begun: AtomicU64,
    /// Those of `begun` that have ended.
    ended: AtomicU64,
}

/// Counts of requests by their result codes.
#[derive(Debug, Default)]
struct ByCode {
    /// In the order of the published results.
    published: [AtomicU64; results::ALL.len()],
    /// For the codes that are not published.
    others: AtomicU64,
}

/// A request in flight. Dropping the value ends it: without [`Self::end`], it has no result.
#[derive(Debug)]
pub(crate) struct InFlight {
    figures: Arc<SdkProxyFigures>,
    began: Stopwatch,
}

impl SdkProxyFigures {
    /// The name that stands for a result code that is not published.
    pub(crate) const UNPUBLISHED: &'static str = "other";

    /// Counts a request that ended with this result code.
    pub(crate) fn count(&self, code: &str) {
        if RECORDED {
            self.results.of(code).fetch_add(1, Relaxed);
        }
    }

    /// Counts a request that came at `now` as in flight.
    pub(crate) fn begin(self: &Arc<Self>, now: Instant) -> InFlight {
        self.begun.fetch_add(1, Relaxed);
        InFlight {
            figures: Arc::clone(self),
            began: Stopwatch::since(now),
        }
    }

    /// Returns each result code with the number of requests that ended with it.
    pub(super) fn results(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.results.read()
    }

    /// Returns each result code with the number of requests that the upstream refused with it, without a
    /// signature.
    pub(super) fn unverified(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.unverified.read()
    }

    /// Returns the durations of requests from beginning to end, in microseconds.
    pub(super) fn durations(&self) -> Distribution {
        self.durations.read()
    }

    /// Returns the number of requests that are in flight now.
    pub(super) fn in_flight(&self) -> u64 {
        // In this order the difference is never negative.
        let ended = self.ended.load(Relaxed);
        self.begun.load(Relaxed).saturating_sub(ended)
    }
}

impl InFlight {
    /// Counts the request as answered at `now` with this result code, and with a refusal by the upstream
    /// without a signature if `is_unverified`.
    pub(crate) fn end(self, code: &str, is_unverified: bool, now: Instant) {
        if RECORDED {
            let microseconds = self.began.until(now).nanoseconds() / 1000;
            self.figures.durations.record_among_others(microseconds);
            self.figures.count(code);
            if is_unverified {
                self.figures.unverified.of(code).fetch_add(1, Relaxed);
            }
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.figures.ended.fetch_add(1, Relaxed);
    }
}

impl ByCode {
    /// Returns the count for a result code.
    fn of(&self, code: &str) -> &AtomicU64 {
        let mut published = results::ALL.iter().zip(&self.published);
        let published = published.find(|(result, _)| result.code == code);
        published.map_or(&self.others, |(_, count)| count)
    }

    /// Returns the counts with their result codes.
    fn read(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let codes = results::ALL.iter().map(|result| result.code);
        let counts = self.published.iter().chain([&self.others]);
        codes
            .chain([SdkProxyFigures::UNPUBLISHED])
            .zip(counts.map(|count| count.load(Relaxed)))
    }
}
