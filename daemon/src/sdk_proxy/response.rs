//! The path of sdkProxy, and the response that its caller gets.

use bytes::Bytes;
use hyper::HeaderMap;

use crate::result::ApiResult;
use crate::result::sdk_proxy as results;

/// The path of the interface, of callers and of the upstream.
pub const PATH: &str = "/aps/api/v1/mobile/sdkProxy";

/// The response that the caller gets.
#[derive(Debug)]
pub(crate) struct Response {
    /// JSON: the upstream's body to the byte, or a `result` of our own. If it is large, it holds
    /// its share of the budget.
    pub(crate) body: Bytes,
    /// The headers that belong to it, such as a mark of a response without a signature.
    pub(crate) headers: HeaderMap,
    /// The result code, as it is counted.
    pub(super) counted: &'static str,
}

impl Response {
    /// A response with a result of our own, and nothing else.
    pub(crate) fn from_result(result: &ApiResult) -> Self {
        Self {
            body: results::body(result),
            headers: HeaderMap::new(),
            counted: result.code,
        }
    }
}
