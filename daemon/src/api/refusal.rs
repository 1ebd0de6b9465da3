//! A response that refuses a request to the admin plane.

use serde::{Deserialize, Serialize};

use super::problem::Problem;

/// The reason why a request was refused. Unless the status is 500, nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The file of the freeze could not be written or removed.
    #[serde(rename = "notKept")]
    NotSaved,
    /// The audit log could not be written. With status 507 nothing was changed; with status 500 the
    /// change was made.
    NotAudited,
    /// An internal fault.
    Fault,
}
