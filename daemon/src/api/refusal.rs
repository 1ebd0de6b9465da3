//! A response that refuses a request to the admin plane.
//!
//! Source: SPEC.md, section 6.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::Problem;

/// The reason why a request was refused. Unless the status is 500, nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// The reason for programs.
    pub error: ErrorCode,
    /// A sentence for people.
    pub detail: String,
    /// The problems of a refused route config; absent otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
}

/// The reasons for which the admin plane refuses requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ErrorCode {
    /// The request is not what the path takes.
    Malformed,
    /// The request has no token, or an unknown one.
    Unauthorized,
    /// The token's role does not suffice.
    Forbidden,
    /// The request is for another host, or comes from a foreign page.
    ForeignOrigin,
    /// The path does not exist.
    NotFound,
    /// The history does not hold this generation.
    UnknownGeneration,
    /// The path does not allow the method.
    MethodNotAllowed,
    /// The body did not arrive in time.
    TooSlow,
    /// The live route config is frozen.
    Frozen,
    /// The daemon is stopping or drained.
    Stopping,
    /// The daemon was drained and accepts no connections, which only a restart changes.
    Drained,
    /// Another take-over from this daemon is under way.
    TakeOverUnderWay,
    /// The successor has not become ready; the daemon goes on. Only the audit log has it, as an outcome.
    TakeOverFailed,
    /// Another route config is live than `If-Match` names.
    IfMatchStale,
    /// The body is too large.
    TooLarge,
    /// The `Content-Type` is not `application/json`.
    MediaType,
    /// The route config is refused; the live one stays.
    Refused,
    /// `If-Match` is missing.
    IfMatchMissing,
    /// The file of the freeze could not be written or removed, or the saved route config not removed.
    NotSaved,
    /// The audit log could not be written, so nothing was changed.
    NotAudited,
    /// There were too many changes in a short time.
    TooManyActions,
    /// An internal fault.
    Fault,
}

impl ErrorCode {
    /// Returns the HTTP status of a refusal after which nothing was changed.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unauthorized => 401,
            Self::Forbidden | Self::ForeignOrigin => 403,
            Self::NotFound | Self::UnknownGeneration => 404,
            Self::MethodNotAllowed => 405,
            Self::TooSlow => 408,
            Self::Frozen
            | Self::Stopping
            | Self::Drained
            | Self::TakeOverUnderWay
            | Self::TakeOverFailed => 409,
            Self::IfMatchStale => 412,
            Self::TooLarge => 413,
            Self::MediaType => 415,
            Self::Refused => 422,
            Self::IfMatchMissing => 428,
            Self::TooManyActions => 429,
            Self::Fault => 500,
            Self::NotSaved | Self::NotAudited => 507,
        }
    }
}

/// Displays as it serializes.
impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
