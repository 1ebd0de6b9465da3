//! `/v1/log-level`: the level from which on the daemon logs.

use crate::admin::refusal::Refusal;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::json;
use crate::api::log_level::LogLevelDocument;
use crate::audit::Action;
use crate::telemetry;

/// `POST /v1/log-level`: sets the level until the daemon stops.
pub(super) async fn set(request: Request) -> Outcome {
    let document: LogLevelDocument = request.json()?;
    let level = Some(document.level);
    request
        .intend(|intended| Action { level, ..intended })
        .await?;
    if !telemetry::set_level(document.level) {
        return Err(Refusal::fault());
    }
    Ok(json(&document))
}
