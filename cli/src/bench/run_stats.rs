//! What a run came to, counted as it goes.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use super::connection::InFlight;
use super::failure::FailureKind;
use super::response::Outcome;
use super::schedule::Schedule;
use super::validator::Validator;

/// The longest latency that is told apart, in nanoseconds: an hour.
const MAX_LATENCY: u64 = 3_600_000_000_000;

/// Three digits: a latency is right to a thousandth.
const DIGITS: u8 = 3;

/// What one worker, or all of them, have counted.
#[derive(Debug)]
pub(super) struct RunStats {
    /// The latencies of good answers to requests within the measured time, in nanoseconds.
    pub(super) latencies: Histogram<u64>,
    /// Good answers that came within the measured time.
    pub(super) answers: u64,
    /// Every request that failed, also while warming up.
    pub(super) failures: BTreeMap<FailureKind, u64>,
    /// The first code, counted from 0, whose answer was not the expected one.
    pub(super) first_unexpected: Option<usize>,
}

impl RunStats {
    pub(super) fn new() -> Self {
        Self {
            latencies: Histogram::new_with_bounds(1, MAX_LATENCY, DIGITS)
                .expect("the bounds and the digits are valid ones"),
            answers: 0,
            failures: BTreeMap::new(),
            first_unexpected: None,
        }
    }

    /// Counts an answer that came at `now` to a request whose latency began at `since`.
    pub(super) fn answered(&mut self, schedule: &Schedule, since: u64, now: u64) {
        if (schedule.start..schedule.end).contains(&now) {
            self.answers += 1;
        }
        if (schedule.start..schedule.end).contains(&since) {
            self.latencies.saturating_record(now.saturating_sub(since));
        }
    }

    /// Counts a failure of the request about `code`.
    pub(super) fn failed(&mut self, kind: FailureKind, code: usize) {
        self.failed_times(kind, 1);
        if kind == FailureKind::Unexpected {
            self.first_unexpected = self.first_unexpected.or(Some(code));
        }
    }

    pub(super) fn failed_times(&mut self, kind: FailureKind, times: u64) {
        if times > 0 {
            *self.failures.entry(kind).or_default() += times;
        }
    }

    /// Counts the answer that was `outcome` to the request about `code`, if it is a good one.
    pub(super) fn judged(
        &mut self,
        validator: &Validator,
        schedule: &Schedule,
        request: InFlight,
        outcome: &Outcome<'_>,
        now: u64,
    ) {
        match validator.check(request.code, outcome) {
            Ok(()) => self.answered(schedule, request.since, now),
            Err(kind) => self.failed(kind, request.code),
        }
    }

    pub(super) fn failure_count(&self) -> u64 {
        self.failures.values().sum()
    }

    /// Adds what another worker has counted.
    pub(super) fn add(&mut self, other: &Self) {
        self.latencies
            .add(&other.latencies)
            .expect("all have the same bounds");
        self.answers += other.answers;
        for (kind, times) in &other.failures {
            self.failed_times(*kind, *times);
        }
        self.first_unexpected = match (self.first_unexpected, other.first_unexpected) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}
