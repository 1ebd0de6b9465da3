//! Figures of a running daemon: how much it does, how fast, and what came of it.
//!
//! ```text
//! worker threads ──Tally──▶ WorkerFigures, one for each ─┐
//! accepting thread ───────▶ ConnectionFigures ───────────┼─▶ Metrics ─┬▶ text for Prometheus
//! proxy threads ──────────▶ SdkProxyFigures ─────────────┤            └▶ Snapshot, as JSON
//! route table ────────────▶ its counts of rules ─────────┤
//! control thread ─────────▶ the status of reloading ─────┘
//! ```
//!
//! Whoever asks pays: a worker writes to memory of its own, and what it wrote is added up when it is
//! read. Nothing in it tells a code value, an openId or a customer.
//!
//! Without the feature `metrics` nothing is recorded, and what was not is left out.
//!
//! Source: SPEC.md, section 6.

mod connections;
mod exposition;
mod families;
mod histogram;
mod rules;
mod sdk_proxy;
mod snapshot;
mod tally;
mod task;
mod worker;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use codeid_engine::LiveTable;

use self::exposition::Exposition;
use self::rules::RuleSeries;
use crate::api::metrics as api;
use crate::api::status::RulesStatus;

pub(crate) use self::connections::{ConnectionFigures, OpenConnection};
pub(crate) use self::sdk_proxy::SdkProxyFigures;
pub(crate) use self::tally::{Identification, Listener, RequestResult, Tally};
pub(crate) use self::task::Task;
pub(crate) use self::worker::{
    Elapsed, Stopwatch, WorkerFigures, enter_worker, record, thread_scratch,
};

/// Whether requests are counted and timed at all: the feature `metrics`.
pub(crate) const RECORDED: bool = cfg!(feature = "metrics");

/// Everything that is known of a daemon in figures.
#[derive(Debug)]
pub(crate) struct Metrics {
    started_at: SystemTime,
    live: Arc<LiveTable>,
    workers: Box<[Arc<WorkerFigures>]>,
    connections: Arc<ConnectionFigures>,
    sdk_proxy: Arc<SdkProxyFigures>,
    rule_series: RuleSeries,
}

impl Metrics {
    /// Of a daemon that began to start at `started` and has `workers` worker threads; `sdk_proxy`
    /// is what its forwarder writes to, if it has one.
    pub(crate) fn new(
        started: Instant,
        workers: usize,
        live: Arc<LiveTable>,
        sdk_proxy: Option<Arc<SdkProxyFigures>>,
    ) -> Self {
        Self {
            started_at: SystemTime::now() - started.elapsed(),
            live,
            workers: (0..workers).map(|_| Arc::default()).collect(),
            connections: Arc::default(),
            sdk_proxy: sdk_proxy.unwrap_or_default(),
            rule_series: RuleSeries::default(),
        }
    }

    /// Returns all metrics as Prometheus reads them. `status` and `is_ready` are those of the
    /// moment.
    pub(crate) fn render(&self, status: &RulesStatus, is_ready: bool) -> String {
        let mut out = Exposition::default();
        families::write(self, status, is_ready, &mut out);
        out.into_text()
    }

    /// What clients of our own compare from one moment to the next.
    pub(crate) fn snapshot(&self) -> api::Metrics {
        api::Metrics::of(self)
    }

    /// By the name of its listener, the connections of each.
    pub(crate) fn connections_by_listener(&self) -> BTreeMap<api::Listener, api::Connections> {
        let of = |listener: Listener| {
            let connections = api::Connections::of(&self.connections, listener);
            (listener.into(), connections)
        };
        Listener::ALL.into_iter().map(of).collect()
    }

    /// What accepting threads write to.
    pub(crate) const fn connections(&self) -> &Arc<ConnectionFigures> {
        &self.connections
    }

    /// What is written to about requests of sdkProxy.
    pub(crate) const fn sdk_proxy(&self) -> &Arc<SdkProxyFigures> {
        &self.sdk_proxy
    }
}
