//! `/v1/config` and `/v1/history/{generation}`: route configs, byte for byte.

use super::history;
use crate::admin::refusal::Refusal;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::route_config;

/// `GET /v1/config`: the text of the live route config.
pub(super) async fn live(request: Request) -> Outcome {
    let entry = request.plane.operator.live();
    let entry = entry.ok_or_else(Refusal::fault)?;
    Ok(route_config(&entry.text, entry.provenance.digest))
}

/// `GET /v1/history/{generation}`: the text of a route config of the history.
pub(super) async fn of_history(request: Request) -> Outcome {
    let entry = history::find(&request.plane, &request.parameter)?;
    Ok(route_config(&entry.text, entry.provenance.digest))
}
