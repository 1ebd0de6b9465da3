//! `/v1/status`: the process, the live table and its sources.

use crate::admin::plane::AdminPlane;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::json;
use crate::api::status::{DaemonStatus, Status};
use crate::health::{Facts, LONG_PERIOD, SHORT_PERIOD, Validity, health};
use crate::readiness::readiness;
use crate::telemetry;
use crate::timestamp::{milliseconds, since_1970, unix_ms};

/// `GET /v1/status`: the state of the process, the live table and the sources.
pub(super) async fn get(request: Request) -> Outcome {
    Ok(json(&status(&request.plane)))
}

fn status(plane: &AdminPlane) -> Status {
    let rules = plane.operator.status().status();
    let (state, since) = plane.shutdown.state();
    let readiness = readiness(&rules, &plane.shutdown);
    let faults = rules.counters.restarts.values().sum();
    let certificates = plane.certificates.iter();
    let certificates = certificates.filter_map(|certificate| {
        Some(Validity {
            until: since_1970(certificate.not_after()?).as_secs(),
            listener: certificate.listener(),
        })
    });
    let certificates: Vec<Validity> = certificates.collect();
    let health = health(&Facts {
        certificates: &certificates,
        now: since_1970(plane.metrics.now()).as_secs(),
        readiness: &readiness,
        state,
        rules: &rules,
        short: plane.last_hour.recent(SHORT_PERIOD, faults),
        long: plane.last_hour.recent(LONG_PERIOD, faults),
        is_audit_behind: plane.audit.is_behind(),
    });
    Status {
        health,
        daemon: DaemonStatus {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started_at: unix_ms(plane.metrics.started_at()),
            uptime_ms: milliseconds(plane.started.elapsed()),
            stopping: plane.shutdown.is_leaving(),
            draining: plane.shutdown.is_drained(),
            state,
            state_since: unix_ms(since),
            log_level: telemetry::level(),
            listeners: plane.addresses.clone(),
            connections: plane.metrics.connections_by_listener(),
            turned_away: plane.metrics.turned_away(),
            decision_log: plane.decisions.status(),
            decision_watchers: plane.decisions.watchers(),
        },
        readiness,
        rules,
    }
}
