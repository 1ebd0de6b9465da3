//! The metrics of one daemon.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use codeid_engine::LiveTable;

use super::admin::{AdminFigures, AdminListener};
use super::connections::ConnectionFigures;
use super::decisions::DecisionFigures;
use super::rule_series::RuleSeries;
use super::sdk_proxy::SdkProxyFigures;
use super::worker::WorkerFigures;
use crate::api::status::TurnedAway;
use crate::clock::Clock;

/// The metrics of one daemon.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// The wall clock, for the time of a scrape.
    pub(super) clock: Clock,
    /// The wall-clock time of the start.
    pub(super) started_at: SystemTime,
    started: Instant,
    /// The live table, whose rules have counts of their own.
    pub(super) live: Arc<LiveTable>,
    /// The figures of each worker thread, which it alone adds to.
    pub(super) workers: Box<[Arc<WorkerFigures>]>,
    /// The connections of each listener.
    pub(super) connections: Arc<ConnectionFigures>,
    /// The connections to the admin plane that were closed early.
    pub(super) admin: AdminFigures,
    /// The figures of the forwarder; all zero without one.
    pub(super) sdk_proxy: Arc<SdkProxyFigures>,
    /// The lines of the decision log; all zero without one.
    pub(super) decisions: Arc<DecisionFigures>,
    /// The choice of rules that have series of their own.
    pub(super) rule_series: RuleSeries,
}

impl Metrics {
    /// Returns the metrics, all zero, of a daemon that began to start at `started`, which is
    /// `started_at` by the wall clock, and has `workers` worker threads; `sdk_proxy` are the figures of
    /// its forwarder, if it has one, and `decisions` those of its decision log.
    pub(crate) fn new(
        clock: Clock,
        (started, started_at): (Instant, SystemTime),
        workers: usize,
        live: Arc<LiveTable>,
        sdk_proxy: Option<Arc<SdkProxyFigures>>,
        decisions: Arc<DecisionFigures>,
    ) -> Self {
        Self {
            clock,
            started_at,
            started,
            live,
            workers: (0..workers).map(|_| Arc::default()).collect(),
            connections: Arc::default(),
            admin: AdminFigures::default(),
            sdk_proxy: sdk_proxy.unwrap_or_default(),
            decisions,
            rule_series: RuleSeries::default(),
        }
    }

    /// Returns the wall-clock time at which the daemon started.
    pub(crate) const fn started_at(&self) -> SystemTime {
        self.started_at
    }

    /// Returns the wall-clock time.
    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Returns the time since the daemon began to start, whatever happened to the wall clock since.
    pub(super) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// Returns the figures that a worker thread writes to; workers are numbered from 0. Returns `None` if there
    /// are not that many workers.
    pub(crate) fn worker(&self, index: usize) -> Option<Arc<WorkerFigures>> {
        self.workers.get(index).cloned()
    }

    /// Returns the figures that the accepting thread writes to.
    pub(crate) const fn connections(&self) -> &Arc<ConnectionFigures> {
        &self.connections
    }

    /// Counts connections to the admin plane that were closed before their caller was known, to make room
    /// for others.
    pub(crate) fn count_turned_away(&self, listener: AdminListener, count: u64) {
        self.admin.count_turned_away(listener, count);
    }

    /// Counts a TLS handshake on `admin.http` that failed or took too long.
    pub(crate) fn count_admin_tls_handshake_failure(&self) {
        self.admin.count_tls_handshake_failure();
    }

    /// Returns the numbers of the connections that [`Self::count_turned_away`] counts.
    pub(crate) fn turned_away(&self) -> TurnedAway {
        TurnedAway {
            admin: self.admin.turned_away(AdminListener::Unix),
            admin_http: self.admin.turned_away(AdminListener::Tcp),
        }
    }

    /// Returns the figures of sdkProxy.
    pub(crate) const fn sdk_proxy(&self) -> &Arc<SdkProxyFigures> {
        &self.sdk_proxy
    }
}
