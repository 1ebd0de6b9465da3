//! `/v1/figures`: the last hour.

use crate::admin::request::{Outcome, Request};
use crate::admin::response::json;

/// `GET /v1/figures`: the figures of the last hour, interval by interval.
pub(super) async fn last_hour(request: Request) -> Outcome {
    Ok(json(&request.plane.last_hour.figures()))
}
