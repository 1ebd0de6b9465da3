//! sdkProxy, so far only as an interface that is not configured.
//!
//! Source: SPEC.md, section 4.

use crate::result::ApiResult;

/// The path that callers know.
pub(crate) const PATH: &str = "/aps/api/v1/mobile/sdkProxy";

/// The most bytes of a request's body.
pub(crate) const MAX_BODY_BYTES: usize = 1 << 20;

pub(crate) const INVALID_API: ApiResult = ApiResult {
    code: "INVALID_API",
    status: "F",
    message: "The called API is invalid or not active.",
};
pub(crate) const MEDIA_TYPE_NOT_ACCEPTABLE: ApiResult = ApiResult {
    code: "MEDIA_TYPE_NOT_ACCEPTABLE",
    status: "F",
    message: "The server does not implement the media type that is acceptable to the client.",
};
pub(crate) const METHOD_NOT_SUPPORTED: ApiResult = ApiResult {
    code: "METHOD_NOT_SUPPORTED",
    status: "F",
    message: "The server does not implement the requested HTTPS method.",
};
pub(crate) const PARAM_ILLEGAL: ApiResult = ApiResult {
    code: "PARAM_ILLEGAL",
    status: "F",
    message: "Illegal parameters. For example, non-numeric input, invalid date.",
};
pub(crate) const REQUEST_TRAFFIC_EXCEED_LIMIT: ApiResult = ApiResult {
    code: "REQUEST_TRAFFIC_EXCEED_LIMIT",
    status: "U",
    message: "The request traffic exceeds the limit.",
};
