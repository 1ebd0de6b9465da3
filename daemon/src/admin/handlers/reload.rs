//! `/v1/reload`: the sources are read again.

use crate::admin::refusal::Refusal;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::{Replaced, json};
use crate::api::empty::EmptyRequest;
use crate::api::refusal::ErrorCode;
use crate::api::reload::{ReloadOutcome, Reloaded};
use crate::api::status::{CheckOutcome, SourceCheck};
use crate::shutdown::Stage;

/// `POST /v1/reload`: reads the sources again, and responds once that is done. 200 also if no source had an
/// acceptable route config: the outcome is in the body.
pub(super) async fn reload(request: Request) -> Outcome {
    let EmptyRequest {} = request.json_or_default()?;
    let operator = &request.plane.operator;
    if request.plane.shutdown.reached(Stage::Drain) {
        let detail = "The daemon is stopping or drained, and no longer reads its sources.";
        return Err(Refusal::new(ErrorCode::Stopping, detail));
    }
    request.intend(|intended| intended).await?;
    let from = operator.live_digest();
    let checks = operator.reload().await?;
    let to = operator.live_digest();
    let mut response = json(&Reloaded {
        outcome: outcome(&checks),
        checks,
        generation: operator.live().map(|entry| entry.generation.get()),
        sha256: to,
    });
    response.extensions_mut().insert(Replaced { from, to });
    Ok(response)
}

/// Returns the outcome of the last check.
fn outcome(checks: &[SourceCheck]) -> ReloadOutcome {
    match checks.last().map(|check| check.outcome) {
        Some(CheckOutcome::Activated) => ReloadOutcome::Activated,
        Some(CheckOutcome::Unchanged) => ReloadOutcome::Unchanged,
        Some(CheckOutcome::Refused) => ReloadOutcome::Refused,
        Some(CheckOutcome::Failed | CheckOutcome::Absent) | None => ReloadOutcome::Failed,
    }
}
