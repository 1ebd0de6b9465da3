//! `/metrics` and `/v1/metrics`: the counts since the start.

use crate::admin::request::{Outcome, Request};
use crate::admin::response::{json, text};
use crate::api::admin::PROMETHEUS_TEXT;
use crate::metrics::render;
use crate::readiness::is_ready;

/// `GET /metrics`: the counts and the state in the text format of Prometheus.
pub(super) async fn prometheus(request: Request) -> Outcome {
    let plane = &request.plane;
    let status = plane.operator.status();
    let is_ready = is_ready(status, &plane.shutdown);
    Ok(text(
        PROMETHEUS_TEXT,
        render(&plane.metrics, &status.status(), is_ready),
    ))
}

/// `GET /v1/metrics`: the counts in JSON.
pub(super) async fn snapshot(request: Request) -> Outcome {
    Ok(json(&request.plane.metrics.snapshot()))
}
