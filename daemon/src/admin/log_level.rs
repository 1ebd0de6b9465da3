//! `/v1/log-level`: how much the daemon logs.

use super::answer::{Refusal, json};
use super::call::{Call, Outcome};
use crate::api::log_level::LogLevelDocument;
use crate::telemetry;

/// `POST /v1/log-level`
pub(super) async fn set(call: Call) -> Outcome {
    let document: LogLevelDocument = call.json()?;
    if !telemetry::set_level(document.level) {
        return Err(Refusal::fault());
    }
    Ok(json(&document))
}
