//! `/livez` and `/readyz`, which need no token.

use hyper::StatusCode;

use crate::admin::request::{Outcome, Request};
use crate::admin::response::{json, json_with_status};
use crate::api::readiness::Liveness;
use crate::readiness::readiness;

/// `GET /livez`: 200 while the process can respond.
pub(super) async fn livez() -> Outcome {
    Ok(json(&Liveness { live: true }))
}

/// `GET /readyz`: 200 if requests should be sent to this daemon, otherwise 503; the reasons are in the
/// body.
pub(super) async fn readyz(request: Request) -> Outcome {
    let plane = &request.plane;
    let readiness = readiness(&plane.operator.status().status(), &plane.shutdown);
    let status = match readiness.ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok(json_with_status(status, &readiness))
}
