//! The freeze: an operator keeps the live route config against the sources.
//!
//! Source: SPEC.md, section 6.

use codeid_engine::ConfigDigest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::Sha256;

/// A freeze of the live route config. Nothing is pulled, a reload is refused, and a restart makes
/// the same config live again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Freeze {
    /// The time at which the config was frozen, in milliseconds since the beginning of 1970, UTC.
    pub since: u64,
    /// The operator: `uid N` or `token NAME`.
    pub by: String,
    /// The command that froze it.
    pub action: FreezeAction,
    /// The digest of the frozen config.
    #[schemars(with = "Sha256")]
    pub sha256: ConfigDigest,
    /// The reason that the operator gave; `null` without one.
    pub reason: Option<String>,
}

/// The commands that freeze the live route config.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FreezeAction {
    /// A route config was applied.
    Apply,
    /// A route config of the history was made live again.
    Rollback,
    /// The live route config was frozen as it was.
    Freeze,
}

/// The body of `POST /v1/freeze`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FreezeRequest {
    /// The reason, of at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub reason: Option<String>,
}

/// The response to `POST /v1/freeze`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Frozen {
    /// The freeze that is in force now.
    pub freeze: Freeze,
}
