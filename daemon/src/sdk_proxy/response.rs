//! The response to a caller.

use std::sync::Arc;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use super::checked_response::{CheckedResponse, Counted};
use super::client_response;
use super::exchange::WholeResponse;
use super::failure::Failure;
use super::interface::Interface;
use super::request::Pair;
use super::verifier::{RESPONSE_TIME, SIGNATURE};
use crate::budget::{Budget, Buffer};
use crate::result::write_failure;

/// The header that names the party to which a message belongs.
pub(super) const CLIENT_ID: HeaderName = HeaderName::from_static("client-id");
const TRACER_ID: HeaderName = HeaderName::from_static("tracer-id");

/// The header of a response that no signature proves.
const UNVERIFIED: HeaderName = HeaderName::from_static("x-codeid-unverified");

/// The headers that are returned beside the upstream's body, so that a caller can verify it again.
const RETURNED_HEADERS: [HeaderName; 4] = [CLIENT_ID, RESPONSE_TIME, SIGNATURE, TRACER_ID];

/// The response to a caller.
#[derive(Debug)]
pub(crate) struct Response {
    /// The status.
    pub(crate) status: StatusCode,
    /// JSON. A large body holds its share of the budget.
    pub(crate) body: Bytes,
    /// Some headers of the upstream, each as often as it occurs, and whether the response is verified; empty
    /// if the response is our own.
    pub(crate) headers: HeaderMap,
    counted: Counted,
}

impl Response {
    /// Creates a response of our own to a request through `interface`, which fails, and logs the failure.
    pub(crate) fn fail(failure: &Failure, interface: Interface) -> Self {
        failure.log();
        let result = failure.result();
        let mut body = Vec::new();
        write_failure(result, &failure.detail(), &mut body);
        Self {
            status: match interface {
                Interface::Server => StatusCode::OK,
                Interface::Client => failure.client_status(),
            },
            body: body.into(),
            headers: HeaderMap::new(),
            counted: Counted {
                code: result.code,
                is_unverified: false,
            },
        }
    }

    /// Creates a response from the upstream's, which was checked with this outcome: its body as it came.
    pub(super) fn as_it_came(response: WholeResponse, counted: Counted) -> Self {
        Self {
            status: StatusCode::OK,
            headers: returned_headers(&response.headers, &RETURNED_HEADERS, counted),
            body: response.body,
            counted,
        }
    }

    /// Creates a response in the model of the client SDK, with the names of `pair`, from that of the
    /// upstream, which has these headers.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the model cannot express the response, or the budget has no room for it.
    pub(super) fn for_client(
        checked: &CheckedResponse<'_>,
        headers: &HeaderMap,
        pair: &Pair,
        budget: &Arc<Budget>,
    ) -> Result<Self, Failure> {
        let pieces = client_response::pieces(checked, pair)?;
        let body = Buffer::concat(&pieces, budget).ok_or(Failure::NoRoom)?;
        let counted = checked.counted();
        Ok(Self {
            status: StatusCode::OK,
            body: body.into_bytes(),
            // The signature is one of another body.
            headers: returned_headers(headers, &[TRACER_ID], counted),
            counted,
        })
    }

    /// Returns how the request is counted.
    pub(super) const fn counted(&self) -> Counted {
        self.counted
    }
}

/// Returns those of an upstream's headers that have these names, and the mark of a response that is not
/// verified.
fn returned_headers(headers: &HeaderMap, names: &[HeaderName], counted: Counted) -> HeaderMap {
    let mut returned = HeaderMap::new();
    for name in names {
        for value in headers.get_all(name) {
            returned.append(name.clone(), value.clone());
        }
    }
    if counted.is_unverified {
        returned.insert(UNVERIFIED, HeaderValue::from_static("true"));
    }
    returned
}
