//! `/v1/freeze` and `/v1/thaw`: the daemon stops following its sources, and follows them again.

use crate::admin::refusal::Refusal;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::{Replaced, json};
use crate::api::empty::EmptyRequest;
use crate::api::freeze::{FreezeRequest, Frozen};
use crate::api::thaw::Thawed;
use crate::audit::Action;
use crate::shutdown::Stage;

/// The longest reason, in characters.
const MAX_REASON_CHARACTERS: usize = 200;

/// `POST /v1/freeze`: keeps the live route config against the sources.
pub(super) async fn freeze(request: Request) -> Outcome {
    let FreezeRequest { reason } = request.json_or_default()?;
    let characters = reason.as_ref().map_or(0, |reason| reason.chars().count());
    if characters > MAX_REASON_CHARACTERS {
        return Err(Refusal::malformed(format!(
            "The reason has {characters} characters, more than {MAX_REASON_CHARACTERS}."
        )));
    }
    let recorded = reason.clone();
    request
        .intend(|intended| Action {
            to: intended.from,
            reason: recorded,
            ..intended
        })
        .await?;
    let by = request.caller.to_string();
    let freeze = request.plane.operator.freeze(reason, by).await?;
    Ok(json(&Frozen { freeze }))
}

/// `POST /v1/thaw`: ends the freeze, reads the sources again, and responds once that is done.
pub(super) async fn thaw(request: Request) -> Outcome {
    let EmptyRequest {} = request.json_or_default()?;
    request.intend(|intended| intended).await?;
    let operator = &request.plane.operator;
    let from = operator.live_digest();
    let reads_sources = !request.plane.shutdown.reached(Stage::Drain);
    let checks = operator.thaw(reads_sources).await?;
    let mut response = json(&Thawed {
        was_frozen: checks.is_some(),
        checks: checks.unwrap_or_default(),
    });
    let to = operator.live_digest();
    response.extensions_mut().insert(Replaced { from, to });
    Ok(response)
}
