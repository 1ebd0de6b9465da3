//! `/v1/status`, and the readiness that `/readyz` reports, too.

use crate::admin::plane::AdminPlane;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::json;
use crate::api::readiness::Readiness;
use crate::api::status::{DaemonStatus, Status};
use crate::readiness;
use crate::shutdown::Stage;
use crate::telemetry;
use crate::timestamp::{milliseconds, unix_ms};

pub(super) async fn get(request: Request) -> Outcome {
    Ok(json(&status(&request.plane)))
}

/// Returns whether requests should be sent to this daemon now.
pub(super) fn readiness(plane: &AdminPlane) -> Readiness {
    readiness::readiness(&plane.operator.status().status(), &plane.shutdown)
}

fn status(plane: &AdminPlane) -> Status {
    let rules = plane.operator.status().status();
    Status {
        daemon: DaemonStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started_at: unix_ms(plane.started_at),
            uptime_ms: milliseconds(plane.started.elapsed()),
            stopping: plane.shutdown.reached(Stage::Drain),
            draining: plane.shutdown.is_draining(),
            log_level: telemetry::level(),
            listeners: plane.addresses.clone(),
            connections: plane.metrics.connections_by_listener(),
        },
        readiness: readiness::readiness(&rules, &plane.shutdown),
        rules,
    }
}
