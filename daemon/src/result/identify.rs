//! The published results of identifyCode, with status and message verbatim from its page.

use super::ApiResult;

/// A parameter is missing, `null`, of the wrong type, too short or too long, or is not Unicode.
pub const PARAM_ILLEGAL: ApiResult = ApiResult {
    code: "PARAM_ILLEGAL",
    status: "F",
    message: "Illegal parameters exist. For example, a non-numeric input, or an invalid date.",
};

/// There is no route table, or an internal fault.
pub const UNKNOWN_EXCEPTION: ApiResult = ApiResult {
    code: "UNKNOWN_EXCEPTION",
    status: "U",
    message: "The API calling failed because of unknown reasons.",
};
