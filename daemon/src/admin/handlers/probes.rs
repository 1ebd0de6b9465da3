//! `/livez`, `/readyz` and `/openapi.json`, which need no token.

use std::sync::LazyLock;

use bytes::Bytes;
use hyper::StatusCode;

use crate::admin::request::{Outcome, Request};
use crate::admin::response::{json, json_with_status, text};
use crate::api::admin;
use crate::api::readiness::Liveness;
use crate::readiness::readiness;

static OPEN_API: LazyLock<Bytes> = LazyLock::new(|| admin::document().to_string().into());

pub(super) async fn livez() -> Outcome {
    Ok(json(&Liveness { live: true }))
}

pub(super) async fn readyz(request: Request) -> Outcome {
    let plane = &request.plane;
    let readiness = readiness(&plane.operator.status().status(), &plane.shutdown);
    let status = match readiness.ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok(json_with_status(status, &readiness))
}

pub(super) async fn open_api() -> Outcome {
    Ok(text("application/json", OPEN_API.clone()))
}
