//! The document of `/v1/status`.

use super::{AdminPlane, log_level};
use crate::api::status::{DaemonStatus, Status};
use crate::readiness::readiness;
use crate::shutdown::Stage;
use crate::telemetry;
use crate::timestamp::{milliseconds, unix_ms};

/// Returns the whole status document, as of now.
pub(super) fn status(plane: &AdminPlane) -> Status {
    let rules = plane.operator.status().status();
    Status {
        daemon: DaemonStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started_at: unix_ms(plane.started_at),
            uptime_ms: milliseconds(plane.started.elapsed()),
            stopping: plane.shutdown.reached(Stage::Drain),
            draining: plane.shutdown.is_draining(),
            log_level: log_level::from_filter(telemetry::level()),
            listeners: plane.listening.clone(),
            connections: plane.metrics.connections_by_listener(),
        },
        readiness: readiness(&rules, &plane.shutdown),
        rules,
    }
}
