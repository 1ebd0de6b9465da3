//! `/v1/config` and `/v1/history/{generation}`: route configs, byte for byte.

use std::sync::Arc;

use super::history;
use crate::admin::refusal::Refusal;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::{Response, route_config};
use crate::rules::history::Entry;

/// `GET /v1/config`: the text of the live route config.
pub(super) async fn live(request: Request) -> Outcome {
    let entry = request.plane.operator.live();
    Ok(text_of(&*entry.ok_or_else(Refusal::fault)?))
}

/// `GET /v1/history/{generation}`: the text of a route config of the history.
pub(super) async fn of_history(request: Request) -> Outcome {
    let entry = history::find(&request.plane, &request.parameter)?;
    Ok(text_of(&entry))
}

fn text_of(entry: &Entry) -> Response {
    route_config(Arc::clone(entry.config.text()), entry.provenance.digest)
}
