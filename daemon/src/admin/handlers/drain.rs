//! `/v1/drain` and `/v1/undrain`: the daemon goes out of service, and comes back.

use crate::admin::refusal::Refusal;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::json;
use crate::api::drain::Drained;
use crate::api::empty::EmptyRequest;
use crate::api::refusal::ErrorCode;
use crate::shutdown::NotUndrained;

/// `POST /v1/drain`: begins to drain, and responds at once. A repeated request has no effect.
pub(super) async fn drain(request: Request) -> Outcome {
    let EmptyRequest {} = request.json_or_default()?;
    request.intend(|intended| intended).await?;
    request.plane.shutdown.drain();
    Ok(json(&Drained { draining: true }))
}

/// `POST /v1/undrain`: takes a drain back, while the daemon still accepts connections.
pub(super) async fn undrain(request: Request) -> Outcome {
    let EmptyRequest {} = request.json_or_default()?;
    request.intend(|intended| intended).await?;
    let (code, detail) = match request.plane.shutdown.undrain() {
        Ok(()) => return Ok(json(&Drained { draining: false })),
        Err(NotUndrained::NotAccepting) => (
            ErrorCode::Drained,
            "The daemon no longer accepts connections. Only a restart ends this drain.",
        ),
        Err(NotUndrained::Stopping) => (
            ErrorCode::Stopping,
            "The daemon is stopping, which cannot be taken back.",
        ),
    };
    Err(Refusal::new(code, detail))
}
