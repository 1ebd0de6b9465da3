//! The document of `/v1/metrics`: what was counted since the daemon's start.
//!
//! Source: SPEC.md, section 6.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Requests, latencies and connections since the start. Counts of different members may be of
/// moments that lie a little apart, since the daemon does not stop for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Metrics {
    /// The time at which the counts were read, in milliseconds since the beginning of 1970, UTC.
    pub at: u64,
    /// Milliseconds since the daemon began to start.
    pub uptime_ms: u64,
    /// The generation of the live table; 0 without one.
    pub generation: u64,
    /// The bounds of the buckets of every latency, in nanoseconds, ascending.
    pub bounds_ns: Vec<u64>,
    /// The serving listeners, one element each.
    pub listeners: Vec<ListenerMetrics>,
    /// The latency of all listeners together.
    pub latency: Latency,
    /// Code values by the action of their rule, or by the result code of a failure.
    pub identifications: Vec<Count>,
    /// Requests of sdkProxy.
    pub sdk_proxy: SdkProxyMetrics,
}

/// Requests and connections of one listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListenerMetrics {
    /// The listener.
    pub listener: Listener,
    /// Requests by result code.
    pub requests: Vec<Count>,
    /// The time that each code value took.
    pub latency: Latency,
    /// Connections of the listener.
    pub connections: Connections,
}

/// A serving listener.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Listener {
    /// HTTP over TCP, with or without TLS.
    Http,
    /// HTTP over a Unix socket.
    Unix,
    /// RESP over a Unix socket.
    Resp,
}

/// The number of times that something happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Count {
    /// A result code or an action.
    pub name: Cow<'static, str>,
    /// The number of times.
    pub count: u64,
}

/// The distribution of a duration. A percentile is the bound of a bucket, at most a quarter too
/// high; `null` if nothing was timed, or if it lies beyond the last bound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Latency {
    /// The number of durations.
    pub count: u64,
    /// The sum of all durations.
    pub sum_ns: u64,
    /// The median.
    pub p50_ns: Option<u64>,
    /// The 90th percentile.
    pub p90_ns: Option<u64>,
    /// The 99th percentile.
    pub p99_ns: Option<u64>,
    /// The 99.9th percentile.
    pub p999_ns: Option<u64>,
    /// The longest duration.
    pub max_ns: Option<u64>,
    /// The number of durations at or below each bound of `boundsNs`.
    pub cumulative: Vec<u64>,
}

/// Connections of one listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Connections {
    /// The number of connections that are served: open, and neither being refused nor displaced.
    pub open: u64,
    /// The number of connections that were ever accepted.
    pub accepted: u64,
    /// The number of accepted connections that were refused because there were too many, or no memory.
    pub refused: u64,
    /// The number of idle connections that were closed to make room for others.
    pub displaced: u64,
    /// The number of connections that were closed because they held too much: more than `memory.max-bytes`
    /// left, and on `resp` more than `resp.max-pending-reply-bytes`, or a large transaction for too long.
    pub overflowed: u64,
    /// The number of times that the system refused to accept, for want of descriptors or memory.
    pub accept_failures: u64,
    /// The number of TLS handshakes that failed or took too long; always 0 without TLS.
    pub tls_handshake_failures: u64,
}

/// Requests of sdkProxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SdkProxyMetrics {
    /// The number of requests that are being forwarded.
    pub in_flight: u64,
    /// Requests by result code; all zero if sdkProxy is not configured.
    pub requests: Vec<Count>,
    /// Those of them that the upstream refused without a signature, by result code.
    pub unverified: Vec<Count>,
}

/// Displays as it serializes.
impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
