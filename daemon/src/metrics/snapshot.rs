//! The figures of one moment, for clients that compare it with the next.

use std::time::SystemTime;

use serde::Serialize;

use super::connections::ConnectionFigures;
use super::histogram::Distribution;
use super::{Identification, Listener, Metrics, RequestResult};
use crate::timestamp::{milliseconds, unix_ms};

/// Everything that was counted since the start. Figures of different members may be of moments that
/// lie a little apart, since the daemon goes on.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Snapshot {
    /// When, in milliseconds since the beginning of 1970, UTC.
    at: u64,
    /// Milliseconds since the daemon began to start.
    uptime_ms: u64,
    /// Which table serves.
    generation: u64,
    /// The bounds of the buckets of `latencies`, in nanoseconds, ascending.
    bounds_ns: Vec<u64>,
    /// One for each listener.
    listeners: Vec<ListenerSnapshot>,
    /// Of all listeners together.
    latency: LatencySnapshot,
    identifications: Vec<Count>,
    sdk_proxy: SdkProxySnapshot,
}

/// What came in by one listener.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListenerSnapshot {
    /// `http`, `unix` or `resp`.
    listener: &'static str,
    /// By result code.
    requests: Vec<Count>,
    /// How long each code value took.
    latency: LatencySnapshot,
    connections: Connections,
}

/// How often something was so.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Count {
    /// A result code or an action.
    name: &'static str,
    count: u64,
}

/// How long it took. A percentile is the bound of a bucket, at most a quarter too high; `null` if
/// there was nothing, or if it is beyond the last bound.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LatencySnapshot {
    count: u64,
    sum_ns: u64,
    p50_ns: Option<u64>,
    p90_ns: Option<u64>,
    p99_ns: Option<u64>,
    p999_ns: Option<u64>,
    max_ns: Option<u64>,
    /// For each bound, how many took no longer.
    cumulative: Vec<u64>,
}

/// Connections of one listener.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Connections {
    open: u64,
    accepted: u64,
    refused: u64,
}

/// Requests of sdkProxy.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SdkProxySnapshot {
    in_flight: u64,
    /// By result code, all zero if it is not configured.
    requests: Vec<Count>,
}

impl Snapshot {
    pub(super) fn of(metrics: &Metrics) -> Self {
        let now = SystemTime::now();
        let uptime = now.duration_since(metrics.started_at).unwrap_or_default();
        let mut latency = Distribution::default();
        let listeners = Listener::ALL.map(|listener| {
            let durations = metrics.durations(listener);
            latency += &durations;
            ListenerSnapshot::of(metrics, listener, &durations)
        });
        let identifications = Identification::ALL.map(|identification| Count {
            name: identification.word(),
            count: metrics.identifications(identification),
        });
        let sdk_proxy = &metrics.sdk_proxy;
        let requests = sdk_proxy.results();
        Self {
            at: unix_ms(now),
            uptime_ms: milliseconds(uptime),
            generation: metrics.generation(),
            bounds_ns: latency.cumulative().map(|(bound, _)| bound).collect(),
            listeners: listeners.into(),
            latency: LatencySnapshot::of(&latency),
            identifications: identifications.into(),
            sdk_proxy: SdkProxySnapshot {
                in_flight: sdk_proxy.in_flight(),
                requests: requests
                    .map(|(name, count)| Count { name, count })
                    .collect(),
            },
        }
    }
}

impl ListenerSnapshot {
    fn of(metrics: &Metrics, listener: Listener, durations: &Distribution) -> Self {
        let requests = RequestResult::ALL.map(|result| Count {
            name: result.word(),
            count: metrics.requests(listener, result),
        });
        let connections = &metrics.connections;
        Self {
            listener: listener.word(),
            requests: requests.into(),
            latency: LatencySnapshot::of(durations),
            connections: Connections::of(connections, listener),
        }
    }
}

impl Connections {
    pub(super) fn of(figures: &ConnectionFigures, listener: Listener) -> Self {
        Self {
            open: figures.open(listener),
            accepted: figures.accepted(listener),
            refused: figures.refused(listener),
        }
    }
}

impl LatencySnapshot {
    fn of(durations: &Distribution) -> Self {
        Self {
            count: durations.count(),
            sum_ns: durations.sum(),
            p50_ns: durations.quantile(500),
            p90_ns: durations.quantile(900),
            p99_ns: durations.quantile(990),
            p999_ns: durations.quantile(999),
            max_ns: durations.quantile(1000),
            cumulative: durations.cumulative().map(|(_, count)| count).collect(),
        }
    }
}
