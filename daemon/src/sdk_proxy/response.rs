//! The response to a caller.

use bytes::Bytes;
use hyper::header::{HeaderMap, HeaderName};

use super::exchange::WholeResponse;
use super::upstream_result::UpstreamResult;
use super::verifier::{RESPONSE_TIME, SIGNATURE};
use crate::result::ApiResult;
use crate::result::sdk_proxy as results;

/// The header that names the party to which a message belongs.
pub(super) const CLIENT_ID: HeaderName = HeaderName::from_static("client-id");
const TRACER_ID: HeaderName = HeaderName::from_static("tracer-id");

/// The headers that are returned beside the upstream's body, so that a caller can verify it again.
const RETURNED_HEADERS: [HeaderName; 4] = [CLIENT_ID, RESPONSE_TIME, SIGNATURE, TRACER_ID];

/// The response to a caller.
#[derive(Debug)]
pub(crate) struct Response {
    /// JSON: the upstream's body to the byte, or a `result` of our own. A large body holds its share
    /// of the budget.
    pub(crate) body: Bytes,
    /// Those of the upstream's headers that are in [`RETURNED_HEADERS`], each as often as it occurs;
    /// empty if the response is our own.
    pub(crate) headers: HeaderMap,
    /// The result code under which the request is counted.
    result_code: &'static str,
}

impl Response {
    /// Creates a response of `result` alone, which is our own.
    pub(crate) fn from_result(result: &ApiResult) -> Self {
        Self {
            body: results::body(result),
            headers: HeaderMap::new(),
            result_code: result.code,
        }
    }

    /// Creates a response from the upstream's, whose result shows that it was verified.
    pub(super) fn from_upstream(response: WholeResponse, result: UpstreamResult) -> Self {
        let mut headers = HeaderMap::new();
        for name in RETURNED_HEADERS {
            for value in response.headers.get_all(&name) {
                headers.append(name.clone(), value.clone());
            }
        }
        Self {
            body: response.body,
            headers,
            result_code: result.code(),
        }
    }

    /// Returns the result code under which the request is counted.
    pub(super) const fn result_code(&self) -> &'static str {
        self.result_code
    }
}
