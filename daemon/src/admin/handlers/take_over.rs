//! `/v1/take-over`: a successor takes the listening sockets over.

use hyper::StatusCode;
use hyper::header::{CONNECTION, HeaderMap, HeaderValue, UPGRADE};

use crate::admin::body::Body;
use crate::admin::caller::Caller;
use crate::admin::refusal::Refusal;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::{ConcludedLater, Response};
use crate::admin::take_over::converse;
use crate::api::empty::EmptyRequest;
use crate::api::refusal::ErrorCode;
use crate::hand_over::PROTOCOL;

/// `POST /v1/take-over`: responds with 101, and speaks the protocol of take-overs on the connection from then on.
pub(super) async fn take_over(request: Request) -> Outcome {
    let EmptyRequest {} = request.json_or_default()?;
    if !matches!(request.caller, Caller::Process { .. }) {
        return Err(Refusal::malformed(
            "Descriptors can be sent over the Unix socket only.",
        ));
    }
    if !asks_for_protocol(&request.headers) {
        let detail = format!(
            "The headers must be Connection: Upgrade and Upgrade: {PROTOCOL}; this is what codeid serve \
             --take-over of this version sends."
        );
        return Err(Refusal::malformed(detail));
    }
    let Some(only_one) = request.plane.take_overs.begin() else {
        let detail = "Another successor is taking over; one at a time can.";
        return Err(Refusal::new(ErrorCode::TakeOverUnderWay, detail));
    };
    request.intend(|intended| intended).await?;
    let Some(intent) = request.intent.lock().take() else {
        return Err(Refusal::fault());
    };
    let caller = request.caller.to_string();
    let Request { plane, upgrade, .. } = request;
    tokio::spawn(converse(plane, upgrade, caller, intent, only_one));
    let mut response = Response::new(Body::Whole(bytes::Bytes::new()));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static(PROTOCOL));
    response.extensions_mut().insert(ConcludedLater);
    Ok(response)
}

fn asks_for_protocol(headers: &HeaderMap) -> bool {
    let has = |name, value: &str| {
        let mut values = headers.get_all(name).iter();
        values.any(|given| given.as_bytes().eq_ignore_ascii_case(value.as_bytes()))
    };
    has(CONNECTION, "upgrade") && has(UPGRADE, PROTOCOL)
}
