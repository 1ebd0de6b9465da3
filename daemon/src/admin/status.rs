//! What `/v1/status`, `/livez` and `/readyz` answer.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{AdminPlane, Listening};
use crate::metrics::Connections;
use crate::rules::status::Status;
use crate::settings::StalePolicy;
use crate::shutdown::Stage;
use crate::telemetry;
use crate::timestamp::{milliseconds, unix_ms};

/// Everything an operator may know of a running daemon.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document<'a> {
    daemon: Daemon<'a>,
    #[serde(flatten)]
    readiness: Readiness,
    #[serde(flatten)]
    reload: Status,
}

/// The process.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Daemon<'a> {
    version: &'static str,
    pid: u32,
    /// Milliseconds since the beginning of 1970, UTC.
    started_at: u64,
    uptime_ms: u64,
    /// Whether it was told to stop, or to drain.
    stopping: bool,
    /// Whether an operator told it to drain.
    draining: bool,
    /// The least severe events that are logged.
    log_level: String,
    listeners: &'a Listening,
    /// Those that are open on each listener that serves, and how many ever were.
    connections: BTreeMap<&'static str, Connections>,
}

/// Whether requests should be sent here.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Readiness {
    pub(super) ready: bool,
    /// Why not; empty if they should.
    not_ready_because: Vec<Reason>,
}

/// Why requests should be sent elsewhere.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Reason {
    /// For programs.
    reason: &'static str,
    /// For people.
    detail: String,
}

/// That the process runs.
#[derive(Debug, Serialize)]
pub(super) struct Alive {
    pub(super) live: bool,
}

impl<'a> Document<'a> {
    /// Everything, as it is now.
    pub(super) fn of(plane: &'a AdminPlane) -> Self {
        let status = plane.operator.board().status();
        Self {
            daemon: Daemon {
                version: env!("CARGO_PKG_VERSION"),
                pid: std::process::id(),
                started_at: unix_ms(plane.started_at),
                uptime_ms: milliseconds(plane.started.elapsed()),
                stopping: plane.shutdown.reached(Stage::Drain),
                draining: plane.shutdown.is_draining(),
                log_level: telemetry::level().to_string(),
                listeners: &plane.listening,
                connections: plane.metrics.connections_by_listener(),
            },
            readiness: Readiness::of(plane, &status),
            reload: status,
        }
    }
}

impl Readiness {
    /// As the daemon is now.
    pub(super) fn now(plane: &AdminPlane) -> Self {
        Self::of(plane, &plane.operator.board().status())
    }

    fn of(plane: &AdminPlane, status: &Status) -> Self {
        let mut not_ready_because = Vec::new();
        let mut tell = |reason, detail: String| not_ready_because.push(Reason { reason, detail });
        if plane.shutdown.is_draining() {
            tell("draining", "An operator has the daemon drain.".to_owned());
        } else if plane.shutdown.reached(Stage::Drain) {
            tell("stopping", "The daemon was told to stop.".to_owned());
        }
        if status.table.is_none() {
            tell("noTable", "There is no route table.".to_owned());
        }
        let is_unready = status.staleness.policy == StalePolicy::Unready.word();
        if status.staleness.stale && is_unready && status.hold.is_none() {
            let detail = format!(
                "The remote source has not confirmed the route table for {} ms.",
                status.staleness.age_ms
            );
            tell("stale", detail);
        }
        Self {
            ready: not_ready_because.is_empty(),
            not_ready_because,
        }
    }
}
