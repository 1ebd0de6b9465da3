//! `/v1/settings`: the settings that the daemon runs with.

use crate::admin::request::{Outcome, Request};
use crate::admin::response::json;

/// `GET /v1/settings`: every setting as it was at the start, with its source, and without the secrets of URLs.
pub(super) async fn get(request: Request) -> Outcome {
    Ok(json(&*request.plane.settings))
}
