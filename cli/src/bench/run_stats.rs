//! Statistics of a run, counted while it lasts.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use super::connection::InFlight;
use super::failure::FailureKind;
use super::response::Outcome;
use super::schedule::Schedule;
use super::validator::{Rejected, Validator};

/// The longest latency recorded, in nanoseconds: an hour. Longer latencies are recorded as this value.
const MAX_LATENCY: u64 = 3_600_000_000_000;

/// The significant digits of a latency: latencies are exact to one part in a thousand.
const DIGITS: u8 = 3;

/// The most bytes of the first failed response that are kept.
const MAX_ERROR_BYTES: usize = 256;

/// The statistics of one worker, or the sum of all workers.
#[derive(Debug)]
pub(super) struct RunStats {
    /// The latencies of good responses to requests within the measured time, in nanoseconds.
    pub(super) latencies: Histogram<u64>,
    /// The number of good responses received within the measured time.
    pub(super) responses: u64,
    /// The number of failed requests by kind, including those during the warm-up.
    pub(super) failures: BTreeMap<FailureKind, u64>,
    /// The lowest index, from 0, of a code value whose response was unexpected.
    pub(super) first_unexpected: Option<usize>,
    /// The failure that came first.
    pub(super) first_error: Option<FirstError>,
}

/// The failure that came first in a run.
#[derive(Clone, Debug)]
pub(super) struct FirstError {
    /// In nanoseconds since the start of the run.
    at: u64,
    /// The kind of the failure.
    pub(super) kind: FailureKind,
    /// The beginning of the response; empty without one.
    pub(super) text: String,
}

impl RunStats {
    /// Returns statistics that count nothing yet.
    pub(super) fn new() -> Self {
        Self {
            latencies: Histogram::new_with_bounds(1, MAX_LATENCY, DIGITS)
                .expect("the bounds and digits are valid"),
            responses: 0,
            failures: BTreeMap::new(),
            first_unexpected: None,
            first_error: None,
        }
    }

    /// Counts a good response received at `now` whose latency counts from `since`, both in
    /// nanoseconds since the start of the run. Each counts only if it is within the measured time.
    fn count_good(&mut self, schedule: &Schedule, since: u64, now: u64) {
        if (schedule.start..schedule.end).contains(&now) {
            self.responses += 1;
        }
        if (schedule.start..schedule.end).contains(&since) {
            self.latencies.saturating_record(now.saturating_sub(since));
        }
    }

    /// Notes the failure `kind` at `at`, in nanoseconds since the start of the run, if it is the first.
    /// Of `text`, the beginning is kept.
    pub(super) fn note_error(&mut self, at: u64, kind: FailureKind, text: &[u8]) {
        if self.first_error.is_none() {
            let text = String::from_utf8_lossy(beginning(text))
                .trim_end()
                .to_owned();
            self.first_error = Some(FirstError { at, kind, text });
        }
    }

    /// Counts a failure of the request for the code value at `code_index`.
    pub(super) fn count_failure(&mut self, kind: FailureKind, code_index: usize) {
        self.count_failures(kind, 1);
        if kind == FailureKind::Unexpected {
            let lowest = self
                .first_unexpected
                .map_or(code_index, |first| first.min(code_index));
            self.first_unexpected = Some(lowest);
        }
    }

    /// Counts `times` failures of `kind`. Without any, `kind` gets no entry.
    pub(super) fn count_failures(&mut self, kind: FailureKind, times: u64) {
        if times > 0 {
            *self.failures.entry(kind).or_default() += times;
        }
    }

    /// Validates the `outcome` of `request`, received at `now` in nanoseconds since the start of the
    /// run, and counts it as a good response or as a failure.
    pub(super) fn count(
        &mut self,
        validator: &Validator,
        schedule: &Schedule,
        request: InFlight,
        outcome: &Outcome<'_>,
        now: u64,
    ) {
        match validator.check(request.code, outcome) {
            Ok(()) => self.count_good(schedule, request.since, now),
            Err(Rejected { kind, code, text }) => {
                self.note_error(now, kind, text);
                self.count_failure(kind, code);
            }
        }
    }

    /// Returns the number of failures of all kinds.
    pub(super) fn failure_count(&self) -> u64 {
        self.failures.values().sum()
    }

    /// Adds the statistics of another worker.
    pub(super) fn add(&mut self, other: &Self) {
        self.latencies
            .add(&other.latencies)
            .expect("all histograms have the same bounds");
        self.responses += other.responses;
        for (kind, times) in &other.failures {
            self.count_failures(*kind, *times);
        }
        self.first_unexpected = match (self.first_unexpected, other.first_unexpected) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let errors = [&self.first_error, &other.first_error];
        let first = errors.into_iter().flatten().min_by_key(|error| error.at);
        self.first_error = first.cloned();
    }
}

/// Returns the first [`MAX_ERROR_BYTES`] of `text`, without a character that would be cut.
fn beginning(text: &[u8]) -> &[u8] {
    let is_continuation = |at: &usize| text[*at] & 0b1100_0000 == 0b1000_0000;
    let end = match text.len() > MAX_ERROR_BYTES {
        // A character has at most three continuation bytes.
        true => (MAX_ERROR_BYTES - 3..=MAX_ERROR_BYTES)
            .rev()
            .find(|at| !is_continuation(at))
            .unwrap_or(MAX_ERROR_BYTES),
        false => text.len(),
    };
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_is_cut_between_characters() {
        for text in ["é", "支", "😀"] {
            for shift in 0..4 {
                let text = format!("{}{}", "a".repeat(shift), text.repeat(MAX_ERROR_BYTES));
                let mut stats = RunStats::new();
                stats.note_error(0, FailureKind::Unexpected, text.as_bytes());
                let noted = stats.first_error.expect("it was noted").text;
                assert!(text.starts_with(&noted), "{noted}");
                assert!(noted.len() > MAX_ERROR_BYTES - 4, "{noted}");
            }
        }
        let mut stats = RunStats::new();
        stats.note_error(0, FailureKind::Unexpected, &[0x80; 300]);
        let noted = stats.first_error.expect("it was noted").text;
        assert_eq!(noted.chars().count(), MAX_ERROR_BYTES);
    }
}
