//! `/v1/drain`: the daemon goes out of service.

use crate::admin::request::{Outcome, Request};
use crate::admin::response::json;
use crate::api::drain::Drained;
use crate::api::empty::EmptyRequest;

/// `POST /v1/drain`: begins to drain, and responds at once. A repeated request has no effect.
pub(super) async fn drain(request: Request) -> Outcome {
    let EmptyRequest {} = request.json_or_default()?;
    request.intend(|intended| intended).await?;
    request.plane.shutdown.ask_to_drain();
    Ok(json(&Drained { draining: true }))
}
