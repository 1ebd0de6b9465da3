//! The counts of one moment, for clients that compare it with the next.

use std::collections::BTreeMap;

use super::connections::ConnectionFigures;
use super::histogram::Distribution;
use super::{Identification, Listener, Metrics, Overflow, Refusal, RequestResult};
use crate::api::metrics::{self as api, Connections, Count, Latency, ListenerMetrics};
use crate::timestamp::{milliseconds, unix_ms};

impl Metrics {
    /// Returns the counts of this moment, which clients compare with those of another.
    pub(crate) fn snapshot(&self) -> api::Metrics {
        api::Metrics::of(self)
    }

    /// Returns the connections of each listener.
    pub(crate) fn connections_by_listener(&self) -> BTreeMap<api::Listener, Connections> {
        let of = |listener: Listener| {
            let connections = Connections::of(&self.connections, listener);
            (listener.into(), connections)
        };
        Listener::ALL.into_iter().map(of).collect()
    }
}

impl api::Metrics {
    /// Reads the counts of all workers.
    pub(super) fn of(metrics: &Metrics) -> Self {
        let (now, uptime) = (metrics.clock.now(), metrics.uptime());
        let mut latency = Distribution::default();
        let listeners = Listener::ALL.map(|listener| {
            let durations = metrics.durations(listener);
            latency += &durations;
            ListenerMetrics::of(metrics, listener, &durations)
        });
        let identifications = Identification::ALL.map(|identification| Count {
            name: identification.word().into(),
            count: metrics.identifications(identification),
        });
        let sdk_proxy = &metrics.sdk_proxy;
        Self {
            at: unix_ms(now),
            uptime_ms: milliseconds(uptime),
            generation: metrics.generation(),
            bounds_ns: latency.cumulative().map(|(bound, _)| bound).collect(),
            listeners: listeners.into(),
            latency: Latency::of(&latency),
            identifications: identifications.into(),
            sdk_proxy: api::SdkProxyMetrics {
                in_flight: sdk_proxy.in_flight(),
                requests: counts(sdk_proxy.results()),
                unverified: counts(sdk_proxy.unverified()),
            },
        }
    }
}

fn counts(named: impl Iterator<Item = (&'static str, u64)>) -> Vec<Count> {
    let counts = named.map(|(name, count)| Count {
        name: name.into(),
        count,
    });
    counts.collect()
}

impl ListenerMetrics {
    fn of(metrics: &Metrics, listener: Listener, durations: &Distribution) -> Self {
        let requests = RequestResult::ALL.map(|result| Count {
            name: result.word().into(),
            count: metrics.requests(listener, result),
        });
        let connections = &metrics.connections;
        Self {
            listener: listener.into(),
            requests: requests.into(),
            latency: Latency::of(durations),
            connections: Connections::of(connections, listener),
        }
    }
}

impl Connections {
    /// Returns the counts of the connections of `listener` since the start.
    pub(super) fn of(figures: &ConnectionFigures, listener: Listener) -> Self {
        let answered = Refusal::ALL.map(|refusal| figures.refused(listener, refusal));
        let overflowed = Overflow::ALL.map(|overflow| figures.overflowed(listener, overflow));
        Self {
            open: figures.open(listener),
            accepted: figures.accepted(listener),
            refused: answered.iter().sum::<u64>() + figures.refused_unanswered(listener),
            displaced: figures.displaced(listener),
            overflowed: overflowed.iter().sum(),
            accept_failures: figures.accept_failures(listener),
            tls_handshake_failures: figures.tls_handshake_failures(listener),
        }
    }
}

impl Latency {
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

impl From<Listener> for api::Listener {
    fn from(listener: Listener) -> Self {
        match listener {
            Listener::Http => Self::Http,
            Listener::Unix => Self::Unix,
            Listener::Resp => Self::Resp,
        }
    }
}
