//! The figures of a run, and their JSON format.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::Path;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::input::{InputError, read_file};
use super::run_stats::RunStats;
use super::schedule::{Pace, Schedule};
use super::target::Target;

/// The number of percentiles reported before each halving of the remaining distance to 100 %.
pub(super) const TICKS_PER_HALF_DISTANCE: u32 = 5;

/// The document that `--json` prints and `--saved` reads.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Figures {
    /// The runs in the order in which they are shown.
    pub(super) runs: Vec<Run>,
}

/// The figures of one target.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Run {
    /// The name of the target.
    pub(super) name: String,
    /// The name of its protocol.
    pub(super) protocol: String,
    /// `host:port`, or the path of a Unix socket.
    pub(super) address: String,
    /// The pace of the requests.
    pub(super) load: Load,
    /// The number of connections.
    pub(super) connections: u32,
    /// The limit on requests in flight per connection.
    pub(super) depth: u32,
    /// The number of code values in each request; absent if each had one, outside an array.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) batch: Option<usize>,
    /// The number of threads asked for; at most one per connection is used.
    pub(super) threads: u32,
    /// The time of load before the measurement, in seconds.
    pub(super) warm_up_seconds: f64,
    /// The measured time, in seconds; 0 if the run was interrupted while warming up.
    pub(super) seconds: f64,
    /// `true` if the run was interrupted.
    pub(super) interrupted: bool,
    /// Good responses per second of the measured time.
    pub(super) requests_per_second: f64,
    /// The failures, including those during the warm-up.
    pub(super) errors: Errors,
    /// The latencies of good responses to requests within the measured time.
    pub(super) latency: Latency,
}

/// The pace of the requests: each waited for a response, or for the clock.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "loop")]
pub(super) enum Load {
    /// Latency counts from the sending.
    Closed,
    /// Latency counts from the time at which a request was due.
    #[serde(rename_all = "camelCase")]
    Open {
        /// The rate of all connections together.
        requests_per_second: u64,
    },
}

/// Requests that failed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Errors {
    /// The number of all failures.
    pub(super) total: u64,
    /// The number of failures by the text of their kind.
    pub(super) by_kind: BTreeMap<String, u64>,
    /// The first line, from 1, of the code values whose response was unexpected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_unexpected_line: Option<usize>,
    /// The failure that came first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first: Option<FirstError>,
}

/// The failure that came first.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct FirstError {
    /// The text of its kind.
    pub(super) kind: String,
    /// The beginning of the response; empty without one.
    pub(super) text: String,
}

/// Latencies of good responses, in microseconds.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Latency {
    /// The number of latencies.
    pub(super) count: u64,
    /// The usual percentiles, in microseconds.
    pub(super) microseconds: Percentiles,
    /// From the lowest to the highest.
    pub(super) by_percentile: Vec<Point>,
}

/// Percentiles, the maximum and the mean, in microseconds; 0 without latencies.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Percentiles {
    /// The latency that half of the responses do not exceed.
    pub(super) p50: f64,
    /// Exceeded by a tenth of the responses.
    pub(super) p90: f64,
    /// Exceeded by one response in a hundred.
    pub(super) p99: f64,
    /// Exceeded by one response in a thousand.
    #[serde(rename = "p99.9")]
    pub(super) p99_9: f64,
    /// Exceeded by one response in ten thousand.
    #[serde(rename = "p99.99")]
    pub(super) p99_99: f64,
    /// The highest latency.
    pub(super) max: f64,
    /// The mean of all latencies.
    pub(super) mean: f64,
}

/// A percentile: this share of the requests took at most this time.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(super) struct Point {
    /// In percent, 0 to 100.
    pub(super) percentile: f64,
    /// The latency, in microseconds.
    pub(super) microseconds: f64,
    /// The number of requests that took at most this time.
    pub(super) count: u64,
}

/// The parameters of a run, and the time of its interruption.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup {
    /// The number of connections.
    pub(super) connections: u32,
    /// The limit on requests in flight per connection.
    pub(super) depth: u32,
    /// The number of threads asked for.
    pub(super) threads: u32,
    /// The times and the pace of the run.
    pub(super) schedule: Schedule,
    /// The time at which an interrupt ended the run, in nanoseconds since its start; `None` if it ran
    /// to its end.
    pub(super) interrupted_at: Option<u64>,
}

impl Run {
    /// Returns the figures of `target` from what was counted.
    pub(super) fn new(target: &Target, setup: &Setup, stats: &RunStats) -> Self {
        let Schedule { pace, start, end } = setup.schedule;
        let ended = setup.interrupted_at.map_or(end, |at| at.min(end));
        let seconds = seconds(ended.saturating_sub(start));
        Self {
            name: target.name.clone(),
            protocol: target.protocol_name().to_owned(),
            address: target.address.to_string(),
            load: match pace {
                Pace::Closed => Load::Closed,
                Pace::Open { rate } => Load::Open {
                    requests_per_second: rate.get(),
                },
            },
            connections: setup.connections,
            depth: setup.depth,
            batch: target.batch.map(NonZero::get),
            threads: setup.threads,
            warm_up_seconds: self::seconds(start),
            seconds,
            interrupted: setup.interrupted_at.is_some(),
            requests_per_second: if seconds > 0.0 {
                stats.responses as f64 / seconds
            } else {
                0.0
            },
            errors: Errors {
                total: stats.failure_count(),
                by_kind: stats
                    .failures
                    .iter()
                    .map(|(kind, times)| (kind.to_string(), *times))
                    .collect(),
                first_unexpected_line: stats.first_unexpected.map(|code| code + 1),
                first: stats.first_error.as_ref().map(|error| FirstError {
                    kind: error.kind.to_string(),
                    text: error.text.clone(),
                }),
            },
            latency: Latency::new(&stats.latencies),
        }
    }
}

impl Latency {
    fn new(latencies: &Histogram<u64>) -> Self {
        let at = |quantile| micros(latencies.value_at_quantile(quantile));
        let mut count = 0;
        let points = latencies.iter_quantiles(TICKS_PER_HALF_DISTANCE);
        Self {
            count: latencies.len(),
            microseconds: Percentiles {
                p50: at(0.5),
                p90: at(0.9),
                p99: at(0.99),
                p99_9: at(0.999),
                p99_99: at(0.9999),
                max: micros(latencies.max()),
                mean: latencies.mean() / 1000.0,
            },
            by_percentile: points
                .map(|step| {
                    count += step.count_since_last_iteration();
                    Point {
                        percentile: percent(step.quantile_iterated_to()),
                        microseconds: micros(step.value_iterated_to()),
                        count,
                    }
                })
                .collect(),
        }
    }
}

/// Reads the runs that `--json` saved in the file at `path`.
///
/// # Errors
///
/// [`InputError::NotFigures`] if the file is not such a document, and the errors of [`read_file`].
pub(super) fn read_saved(path: &Path) -> Result<Vec<Run>, InputError> {
    let text = read_file(path)?;
    let figures: Figures =
        serde_json::from_str(&text).map_err(|source| InputError::NotFigures {
            path: path.to_owned(),
            source,
        })?;
    Ok(figures.runs)
}

/// Returns a quantile in percent, without the error of its binary fraction.
fn percent(quantile: f64) -> f64 {
    (quantile * 1e12).round() / 1e10
}

fn micros(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1000.0
}

fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}
