//! `/v1/forget`: the local storage forgets its route config.

use crate::admin::request::{Outcome, Request};
use crate::admin::response::{Replaced, json};
use crate::api::empty::EmptyRequest;
use crate::shutdown::Stage;

/// `POST /v1/forget`: removes the saved route config, and reads the sources as at a start unless there is
/// a remote. Responds once that is done.
pub(super) async fn forget(request: Request) -> Outcome {
    let EmptyRequest {} = request.json_or_default()?;
    let overrides = request.overrides()?;
    request.intend(|intended| intended).await?;
    let operator = &request.plane.operator;
    let from = operator.live_digest();
    let is_stopping = request.plane.shutdown.reached(Stage::Drain);
    let forgotten = operator.forget(overrides, is_stopping).await?;
    let mut response = json(&forgotten);
    let to = operator.live_digest();
    response.extensions_mut().insert(Replaced { from, to });
    Ok(response)
}
