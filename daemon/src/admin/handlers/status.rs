//! `/v1/status`, and the readiness that `/readyz` reports, too.

use super::log_level;
use crate::admin::plane::AdminPlane;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::json;
use crate::api::readiness::{NotReady, Readiness, Reason};
use crate::api::status::{DaemonStatus, RulesStatus, StalePolicy, Status};
use crate::shutdown::Stage;
use crate::timestamp::{milliseconds, unix_ms};

pub(super) async fn get(request: Request) -> Outcome {
    Ok(json(&status(&request.plane)))
}

/// Returns whether requests should be sent to this daemon now.
pub(super) fn readiness(plane: &AdminPlane) -> Readiness {
    readiness_of(plane, &plane.operator.board().status())
}

fn status(plane: &AdminPlane) -> Status {
    let rules = plane.operator.board().status();
    Status {
        daemon: DaemonStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started_at: unix_ms(plane.started_at),
            uptime_ms: milliseconds(plane.started.elapsed()),
            stopping: plane.shutdown.reached(Stage::Drain),
            draining: plane.shutdown.is_draining(),
            log_level: log_level::live(),
            listeners: plane.addresses.clone(),
            connections: plane.metrics.connections_by_listener(),
        },
        readiness: readiness_of(plane, &rules),
        rules,
    }
}

fn readiness_of(plane: &AdminPlane, rules: &RulesStatus) -> Readiness {
    let mut not_ready_because = Vec::new();
    let mut add = |reason, detail: String| not_ready_because.push(Reason { reason, detail });
    if plane.shutdown.is_draining() {
        let detail = "An operator drained the daemon.";
        add(NotReady::Draining, detail.to_owned());
    } else if plane.shutdown.reached(Stage::Drain) {
        add(NotReady::Stopping, "The daemon is stopping.".to_owned());
    }
    if rules.table.is_none() {
        let detail = "There is no route table.";
        add(NotReady::NoTable, detail.to_owned());
    }
    let is_unready = rules.staleness.policy == StalePolicy::Unready;
    if rules.staleness.stale && is_unready && rules.freeze.is_none() {
        let detail = format!(
            "The remote source has not confirmed the route table for {} ms.",
            rules.staleness.age_ms
        );
        add(NotReady::Stale, detail);
    }
    Readiness {
        ready: not_ready_because.is_empty(),
        not_ready_because,
    }
}
