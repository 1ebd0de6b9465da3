//! The published results of the interface, with status and message verbatim from its page.

use bytes::Bytes;

use crate::result::ApiResult;

pub(crate) const ACCESS_DENIED: ApiResult = result("ACCESS_DENIED", "F", "Access is denied.");
pub(crate) const INVALID_API: ApiResult = result(
    "INVALID_API",
    "F",
    "The called API is invalid or not active.",
);
pub(crate) const INVALID_SIGNATURE: ApiResult =
    result("INVALID_SIGNATURE", "F", "The signature is invalid.");
pub(crate) const MEDIA_TYPE_NOT_ACCEPTABLE: ApiResult = result(
    "MEDIA_TYPE_NOT_ACCEPTABLE",
    "F",
    "The server does not implement the media type that is acceptable to the client.",
);
pub(crate) const METHOD_NOT_SUPPORTED: ApiResult = result(
    "METHOD_NOT_SUPPORTED",
    "F",
    "The server does not implement the requested HTTPS method.",
);
pub(crate) const PARAM_ILLEGAL: ApiResult = result(
    "PARAM_ILLEGAL",
    "F",
    "Illegal parameters. For example, non-numeric input, invalid date.",
);
pub(crate) const REQUEST_TRAFFIC_EXCEED_LIMIT: ApiResult = result(
    "REQUEST_TRAFFIC_EXCEED_LIMIT",
    "U",
    "The request traffic exceeds the limit.",
);
pub(crate) const UNKNOWN_EXCEPTION: ApiResult = result(
    "UNKNOWN_EXCEPTION",
    "U",
    "An API call failed, which is caused by unknown reasons.",
);

/// All twelve.
pub(crate) const ALL: [ApiResult; 12] = [
    result("SUCCESS", "S", "Success"),
    ACCESS_DENIED,
    INVALID_API,
    result("INVALID_CLIENT", "F", "The client is invalid."),
    INVALID_SIGNATURE,
    result("KEY_NOT_FOUND", "F", "The key is not found."),
    MEDIA_TYPE_NOT_ACCEPTABLE,
    METHOD_NOT_SUPPORTED,
    PARAM_ILLEGAL,
    result(
        "PROCESS_FAIL",
        "F",
        "A general business failure occurred. Do not retry.",
    ),
    REQUEST_TRAFFIC_EXCEED_LIMIT,
    UNKNOWN_EXCEPTION,
];

/// The published result of this code.
pub(super) fn find(code: &str) -> Option<&'static ApiResult> {
    ALL.iter().find(|result| result.code == code)
}

/// A body with `result` only.
pub(crate) fn body(result: &ApiResult) -> Bytes {
    let mut out = b"{".to_vec();
    result.write(&mut out);
    out.extend_from_slice(b"}");
    Bytes::from(out)
}

const fn result(code: &'static str, status: &'static str, message: &'static str) -> ApiResult {
    ApiResult {
        code,
        status,
        message,
    }
}
