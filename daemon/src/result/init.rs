//! The published results of `init`, with status and message verbatim from its page.

use super::ApiResult;

/// A permitted source gave a valid route config, or an operator's was restored.
pub const SUCCESS: ApiResult = ApiResult {
    code: "SUCCESS",
    status: "S",
    message: "Success",
};

/// The remote, the only permitted source, gave none.
pub const REMOTE_CONFIG_UPDATE_FAILED: ApiResult = ApiResult {
    code: "REMOTE_CONFIG_UPDATE_FAILED",
    status: "F",
    message: "Remote configuration update failed.",
};

/// The local storage, the last permitted source, gave none.
pub const STORAGE_CONFIG_LOAD_FAILED: ApiResult = ApiResult {
    code: "STORAGE_CONFIG_LOAD_FAILED",
    status: "F",
    message: "Loading storage configuration failed.",
};

/// The preset, the last permitted source, gave none.
pub const INIT_CONFIG_IS_INVALID: ApiResult = ApiResult {
    code: "INIT_CONFIG_IS_INVALID",
    status: "F",
    message: "Initial configuration is invalid.",
};
