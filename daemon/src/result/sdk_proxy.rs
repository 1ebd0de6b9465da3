//! The published results of sdkProxy, with status and message verbatim from its page.

use super::ApiResult;

/// The customer was not admitted: no login, a rejected one, or no single customer ID.
pub const ACCESS_DENIED: ApiResult = result("ACCESS_DENIED", "F", "Access is denied.");
/// sdkProxy is not configured on this daemon.
pub const INVALID_API: ApiResult = result(
    "INVALID_API",
    "F",
    "The called API is invalid or not active.",
);
/// The upstream response is not signed, or its signature does not verify.
pub const INVALID_SIGNATURE: ApiResult =
    result("INVALID_SIGNATURE", "F", "The signature is invalid.");
/// The request body is declared as something other than plain `application/json`.
pub const MEDIA_TYPE_NOT_ACCEPTABLE: ApiResult = result(
    "MEDIA_TYPE_NOT_ACCEPTABLE",
    "F",
    "The server does not implement the media type that is acceptable to the client.",
);
/// The request method is not `POST`.
pub const METHOD_NOT_SUPPORTED: ApiResult = result(
    "METHOD_NOT_SUPPORTED",
    "F",
    "The server does not implement the requested HTTPS method.",
);
/// A field of the request is missing, empty or of the wrong type.
pub const PARAM_ILLEGAL: ApiResult = result(
    "PARAM_ILLEGAL",
    "F",
    "Illegal parameters. For example, non-numeric input, invalid date.",
);
/// As many requests as `proxy.max-in-flight` allows are being forwarded.
pub const REQUEST_TRAFFIC_EXCEED_LIMIT: ApiResult = result(
    "REQUEST_TRAFFIC_EXCEED_LIMIT",
    "U",
    "The request traffic exceeds the limit.",
);
/// There is no usable upstream response: a time-out, a lost connection, another status.
pub const UNKNOWN_EXCEPTION: ApiResult = result(
    "UNKNOWN_EXCEPTION",
    "U",
    "An API call failed, which is caused by unknown reasons.",
);

/// All twelve published results.
pub const ALL: [ApiResult; 12] = [
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

/// Returns the published result with this code.
pub(crate) fn find(code: &str) -> Option<&'static ApiResult> {
    ALL.iter().find(|result| result.code == code)
}

const fn result(code: &'static str, status: &'static str, message: &'static str) -> ApiResult {
    ApiResult {
        code,
        status,
        message,
    }
}
