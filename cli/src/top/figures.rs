//! The difference between two readings of a daemon.

use std::cmp::Reverse;
use std::time::Duration;

use codeid_daemon::api::metrics::{Count, Latency, ListenerMetrics};
use serde::Serialize;

use super::reading::Reading;

/// The figures of an interval.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Figures {
    /// The end of the interval, in milliseconds since the beginning of 1970, UTC.
    pub(super) at: u64,
    /// The length of the interval in the daemon's time, in seconds; more than 0.
    pub(super) seconds: f64,
    /// `true` if the daemon was ready at the end.
    pub(super) ready: bool,
    /// `true` if the live config is frozen.
    pub(super) frozen: bool,
    /// The generation of the live table; `null` if no table is live.
    pub(super) generation: Option<u64>,
    /// The `version` of the live route config; `null` if no table is live.
    pub(super) version: Option<String>,
    /// The traffic of all listeners together, named `all`.
    pub(super) total: Traffic,
    /// The traffic of each listener, in the daemon's order.
    pub(super) listeners: Vec<Traffic>,
    /// Code values by the action of their rule, or by the result code of a failure.
    pub(super) identifications: Vec<Rate>,
    /// The requests that sdkProxy forwarded.
    pub(super) sdk_proxy: ProxyTraffic,
    /// The rules of the live table, the busiest first: in the interval, then since the table became
    /// live. Empty if no table is live.
    pub(super) rules: Vec<RuleFigures>,
}

/// The requests of one listener, or of all.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Traffic {
    /// The name of the listener, or `all`.
    pub(super) name: String,
    /// The sum of `results`.
    pub(super) requests_per_second: f64,
    /// The share of requests whose result is not `SUCCESS`, 0 to 1; `null` without requests.
    pub(super) error_ratio: Option<f64>,
    /// Requests by their result.
    pub(super) results: Vec<Rate>,
    /// The time taken per code value in the interval.
    pub(super) latency: Percentiles,
    /// The number of connections that were open at the end.
    pub(super) open_connections: u64,
    /// The connections that were refused, per second of the interval.
    pub(super) refused_connections_per_second: f64,
}

/// A rate of events, per second.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rate {
    /// The result, action or result code that is counted.
    pub(super) name: String,
    /// The events per second, on average over the interval.
    pub(super) per_second: f64,
}

/// Percentiles of the time taken per code value, in nanoseconds: the upper bounds of their buckets.
/// `null` without code values, and beyond the last bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Percentiles {
    /// The number of code values.
    pub(super) count: u64,
    /// At most this for 50 % of the code values.
    pub(super) p50_ns: Option<u64>,
    /// At most this for 90 %.
    pub(super) p90_ns: Option<u64>,
    /// At most this for 99 %.
    pub(super) p99_ns: Option<u64>,
    /// At most this for 99.9 %.
    pub(super) p999_ns: Option<u64>,
    /// At most this for all.
    pub(super) max_ns: Option<u64>,
}

/// The requests that sdkProxy forwarded.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProxyTraffic {
    /// The number of requests in flight at the end.
    pub(super) in_flight: u64,
    /// The sum of `results`.
    pub(super) requests_per_second: f64,
    /// Requests by their result.
    pub(super) results: Vec<Rate>,
}

/// The lookups of one rule.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RuleFigures {
    /// The id of the rule.
    pub(super) id: String,
    /// The lookups that it decided, per second of the interval.
    pub(super) decided_per_second: f64,
    /// The lookups that its canary refused, per second of the interval.
    pub(super) refused_per_second: f64,
    /// The lookups that it decided since its table became live.
    pub(super) decided: u64,
    /// The lookups that its canary refused since its table became live.
    pub(super) refused: u64,
}

impl Figures {
    /// Returns the difference; `None` if the readings come from different processes, since each
    /// process counts from zero, or if the counts of `after` are not of a later moment.
    pub(super) fn between(before: &Reading, after: &Reading) -> Option<Self> {
        let process = |reading: &Reading| {
            let daemon = &reading.status.daemon;
            (daemon.pid, daemon.started_at)
        };
        if process(before) != process(after) {
            return None;
        }
        // The daemon's own time: a response that was under way for long has counts of an earlier moment
        // than that at which it arrived.
        let uptime = |reading: &Reading| Duration::from_millis(reading.metrics.uptime_ms);
        let interval = uptime(after).checked_sub(uptime(before))?;
        if interval.is_zero() {
            return None;
        }
        let seconds = interval.as_secs_f64();
        let interval = Interval { seconds };
        let bounds = &after.metrics.bounds_ns;
        let earlier = |listener: &ListenerMetrics| {
            let mut listeners = before.metrics.listeners.iter();
            listeners.find(|candidate| candidate.listener == listener.listener)
        };
        let listeners: Vec<Traffic> = after
            .metrics
            .listeners
            .iter()
            .map(|listener| interval.traffic(earlier(listener), listener, bounds))
            .collect();
        let latency = Percentiles::between(&before.metrics.latency, &after.metrics.latency, bounds);
        let proxy = &after.metrics.sdk_proxy;
        let results = interval.rates(&before.metrics.sdk_proxy.requests, &proxy.requests);
        let table = after.status.rules.table.as_ref();
        Some(Self {
            at: after.metrics.at,
            seconds,
            ready: after.status.readiness.ready,
            frozen: after.status.rules.freeze.is_some(),
            generation: table.map(|table| table.generation),
            version: table.map(|table| table.version.clone()),
            total: Traffic::sum(&listeners, latency),
            listeners,
            identifications: interval.rates(
                &before.metrics.identifications,
                &after.metrics.identifications,
            ),
            sdk_proxy: ProxyTraffic {
                in_flight: proxy.in_flight,
                requests_per_second: results.iter().map(|rate| rate.per_second).sum(),
                results,
            },
            rules: interval.rules(before, after),
        })
    }
}

/// The time over which the counts grew.
struct Interval {
    /// More than 0.
    seconds: f64,
}

impl Interval {
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of an interval are far below 2^52"
    )]
    fn per_second(&self, count: u64) -> f64 {
        count as f64 / self.seconds
    }

    /// Returns the rate of each count in `after`; one that `before` lacks counts from zero.
    fn rates(&self, before: &[Count], after: &[Count]) -> Vec<Rate> {
        let earlier = |name: &str| before.iter().find(|count| count.name == name);
        after
            .iter()
            .map(|count| {
                let earlier = earlier(&count.name).map_or(0, |earlier| earlier.count);
                Rate {
                    name: count.name.to_string(),
                    per_second: self.per_second(count.count.saturating_sub(earlier)),
                }
            })
            .collect()
    }

    /// Returns the traffic of one listener. Without an earlier reading of it, its requests count from
    /// zero, but it has no percentiles.
    fn traffic(
        &self,
        before: Option<&ListenerMetrics>,
        after: &ListenerMetrics,
        bounds: &[u64],
    ) -> Traffic {
        let results = self.rates(
            before.map_or(&[], |before| &before.requests),
            &after.requests,
        );
        let latency = match before {
            Some(before) => Percentiles::between(&before.latency, &after.latency, bounds),
            None => Percentiles::default(),
        };
        let refused = before.map_or(0, |before| before.connections.refused);
        let refused = after.connections.refused.saturating_sub(refused);
        Traffic {
            open_connections: after.connections.open,
            refused_connections_per_second: self.per_second(refused),
            ..Traffic::new(after.listener.to_string(), results, latency)
        }
    }

    /// Returns the lookups of each live rule. The counts of another table are not compared, since
    /// each table begins at zero.
    fn rules(&self, before: &Reading, after: &Reading) -> Vec<RuleFigures> {
        let Some(now) = &after.rules else {
            return Vec::new();
        };
        let earlier = before.rules.as_ref();
        let earlier = earlier.filter(|rules| rules.generation == now.generation);
        let earlier = earlier.map_or(&[][..], |rules| &rules.rules);
        // The same table has the same rules at the same positions.
        let mut rules: Vec<_> = now
            .rules
            .iter()
            .enumerate()
            .map(|(place, rule)| {
                let then = earlier.get(place);
                let decided = then.map_or(0, |then| then.decided);
                let refused = then.map_or(0, |then| then.refused_by_canary);
                let decided = rule.decided.saturating_sub(decided);
                let refused = rule.refused_by_canary.saturating_sub(refused);
                (decided, refused, rule)
            })
            .collect();
        rules.sort_by_key(|(decided, refused, rule)| {
            Reverse((*decided, *refused, rule.decided, rule.refused_by_canary))
        });
        rules
            .into_iter()
            .map(|(decided, refused, rule)| RuleFigures {
                id: rule.id.clone(),
                decided_per_second: self.per_second(decided),
                refused_per_second: self.per_second(refused),
                decided: rule.decided,
                refused: rule.refused_by_canary,
            })
            .collect()
    }
}

impl Traffic {
    /// The traffic of no connection.
    fn new(name: String, results: Vec<Rate>, latency: Percentiles) -> Self {
        let requests: f64 = results.iter().map(|rate| rate.per_second).sum();
        let good: f64 = results
            .iter()
            .filter(|rate| rate.name == "SUCCESS")
            .map(|rate| rate.per_second)
            .sum();
        Self {
            name,
            requests_per_second: requests,
            error_ratio: (requests > 0.0).then(|| (requests - good) / requests),
            results,
            latency,
            open_connections: 0,
            refused_connections_per_second: 0.0,
        }
    }

    /// Returns the sum of the traffic of `listeners`, with `latency`, which cannot be summed.
    fn sum(listeners: &[Self], latency: Percentiles) -> Self {
        let mut results: Vec<Rate> = Vec::new();
        for rate in listeners.iter().flat_map(|listener| &listener.results) {
            match results.iter_mut().find(|sum| sum.name == rate.name) {
                Some(sum) => sum.per_second += rate.per_second,
                None => results.push(rate.clone()),
            }
        }
        let open = listeners.iter().map(|listener| listener.open_connections);
        let each_refused = listeners.iter();
        let refused = each_refused.map(|listener| listener.refused_connections_per_second);
        Self {
            open_connections: open.sum(),
            refused_connections_per_second: refused.sum(),
            ..Self::new("all".to_owned(), results, latency)
        }
    }
}

impl Percentiles {
    /// Returns the percentiles of the durations that are in `after` but not in `before`.
    fn between(before: &Latency, after: &Latency, bounds: &[u64]) -> Self {
        let count = after.count.saturating_sub(before.count);
        let earlier = before.cumulative.iter().chain(std::iter::repeat(&0));
        let cumulative: Vec<u64> = after
            .cumulative
            .iter()
            .zip(earlier)
            .map(|(after, before)| after.saturating_sub(*before))
            .collect();
        let quantile = |thousandths: u64| {
            let rank = count.saturating_mul(thousandths).div_ceil(1000).max(1);
            let bucket = cumulative.iter().position(|taken| *taken >= rank)?;
            bounds.get(bucket).copied()
        };
        Self {
            count,
            p50_ns: quantile(500),
            p90_ns: quantile(900),
            p99_ns: quantile(990),
            p999_ns: quantile(999),
            max_ns: quantile(1000),
        }
    }
}
