//! The rows and cells of the table of traffic, the same as text and on the screen.

use std::time::Duration;

use super::figures::{Figures, Percentiles, Traffic};
use crate::quantity::time;

/// Returns the traffic of each row: that of all listeners together, then that of each listener.
pub(super) fn traffics(figures: &Figures) -> impl Iterator<Item = &Traffic> {
    [&figures.total].into_iter().chain(&figures.listeners)
}

/// Returns the share of requests that failed, in per cent with two decimals; `-` without requests.
pub(super) fn errors(traffic: &Traffic) -> String {
    traffic
        .error_ratio
        .map_or_else(|| "-".to_owned(), |ratio| format!("{:.2} %", ratio * 100.0))
}

/// Returns the 50th, 90th, 99th and 99.9th percentile, and the maximum, each with its unit; `-` if
/// nothing was timed, `longer` if it lies beyond the last bound of the daemon's buckets.
pub(super) fn latencies(latency: &Percentiles) -> [String; 5] {
    [
        latency.p50_ns,
        latency.p90_ns,
        latency.p99_ns,
        latency.p999_ns,
        latency.max_ns,
    ]
    .map(|nanoseconds| match nanoseconds {
        Some(nanoseconds) => time(Duration::from_nanos(nanoseconds).as_secs_f64() * 1e6),
        None if latency.count == 0 => "-".to_owned(),
        None => "longer".to_owned(),
    })
}
