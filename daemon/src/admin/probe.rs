//! What anybody who can reach the plane may ask: whether the daemon lives, whether it is ready, and
//! what else can be asked.

use hyper::StatusCode;

use super::answer::{json, json_of, text};
use super::call::{Call, Outcome};
use crate::api::readiness::Liveness;
use crate::readiness::readiness;

const OPEN_API: &str = include_str!("openapi.json");

/// `GET /livez`
pub(super) async fn live(_: Call) -> Outcome {
    Ok(json(&Liveness { live: true }))
}

/// `GET /readyz`
pub(super) async fn ready(call: Call) -> Outcome {
    let rules = call.plane.operator.status().status();
    let readiness = readiness(&rules, &call.plane.shutdown);
    let status = match readiness.ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok(json_of(status, &readiness))
}

/// `GET /openapi.json`
pub(super) async fn description(_: Call) -> Outcome {
    Ok(text("application/json", OPEN_API))
}
