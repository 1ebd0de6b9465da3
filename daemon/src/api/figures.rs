//! The document of `/v1/figures`: the last hour, interval by interval.
//!
//! Source: SPEC.md, section 6.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The length of an interval, in milliseconds: short enough to show the beginning of an incident, and
/// long enough that an hour of it is a small document.
pub const INTERVAL_MS: u64 = 10_000;

/// The most samples: those of one hour.
pub const MAX_SAMPLES: usize = 360;

/// The figures of the last hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// The time at which this document was made, in milliseconds since the beginning of 1970, UTC.
    pub at: u64,
    /// The time since the last sample ended, in milliseconds; `null` before the first one.
    pub age_ms: Option<u64>,
    /// The length of an interval, in milliseconds.
    pub interval_ms: u64,
    /// A sample for each interval, the oldest first; at most 360. `null` where nothing was measured:
    /// the machine slept, its clock was set forward, or the daemon could not measure.
    pub samples: Vec<Option<Sample>>,
}

/// The figures of one interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    /// The time that was measured, in milliseconds on a clock that is never set. It is longer than an
    /// interval after intervals in which the daemon could not measure.
    pub ms: u64,
    /// The counts of that time.
    #[serde(flatten)]
    pub counts: FigureCounts,
    /// The median of the time that each code value took, in nanoseconds: the bound of a bucket, at most a
    /// quarter too high. `null` without a code value, or if it lies beyond 67 ms.
    pub p50_ns: Option<u64>,
    /// The 99th percentile, likewise.
    pub p99_ns: Option<u64>,
    /// The number of connections that were served at the end.
    pub open_connections: u64,
    /// The memory of the process that was in use at the end, in bytes; `null` if the system does not say.
    pub resident_bytes: Option<u64>,
    /// The generation of the live table at the end; 0 without one.
    pub generation: u64,
}

/// The counts of a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FigureCounts {
    /// Code values that were identified, each of a batch on its own: the sum of the next four.
    pub lookups: u64,
    /// Code values that a rule decodes or opens as a page.
    pub supported: u64,
    /// Code values that are not supported.
    pub unsupported: u64,
    /// Code values with a parameter that is refused.
    pub illegal: u64,
    /// Code values that failed: without a table, or through an internal fault.
    pub failed: u64,
    /// Requests and commands to identify code values, a batch as one.
    pub requests: u64,
    /// Those of the requests that were refused with `PARAM_ILLEGAL`.
    pub illegal_requests: u64,
    /// Those of the requests that failed with `UNKNOWN_EXCEPTION`.
    pub failed_requests: u64,
    /// Requests of sdkProxy.
    pub sdk_proxy_requests: u64,
    /// Those of them that failed for a reason that an operator can remove, and not their caller.
    pub sdk_proxy_failures: u64,
    /// Connections that were refused because there were too many, or no memory.
    pub refused_connections: u64,
    /// Requests and commands that were refused because `memory.max-bytes` had no room for them.
    pub memory_refusals: u64,
    /// Internal faults of tasks of the daemon.
    pub faults: u64,
    /// Lines that are missing from the log.
    pub dropped_log_lines: u64,
}
