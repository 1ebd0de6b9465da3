//! `/metrics` and `/v1/metrics`.

use crate::admin::request::{Outcome, Request};
use crate::admin::response::{json, text};
use crate::api::admin::PROMETHEUS_TEXT;

pub(super) async fn prometheus(request: Request) -> Outcome {
    Ok(text(PROMETHEUS_TEXT, request.plane.metrics.render()))
}

pub(super) async fn snapshot(request: Request) -> Outcome {
    Ok(json(&request.plane.metrics.snapshot()))
}
