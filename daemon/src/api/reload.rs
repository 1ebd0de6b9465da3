//! The document of `/v1/reload`.
//!
//! Source: SPEC.md, section 6.

use std::fmt;

use codeid_engine::ConfigDigest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::schema::Sha256;
use super::status::SourceCheck;

/// The response to `POST /v1/reload`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reloaded {
    /// The outcome of the last check.
    pub outcome: ReloadOutcome,
    /// The checks, in order.
    pub checks: Vec<SourceCheck>,
    /// The generation of the live table; `null` without one.
    pub generation: Option<u64>,
    /// The digest of the live route config; `null` without one.
    #[schemars(with = "Option<Sha256>")]
    pub sha256: Option<ConfigDigest>,
}

/// The outcomes of a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ReloadOutcome {
    /// A route config became live.
    Activated,
    /// A source gave, or confirmed, the live route config.
    Unchanged,
    /// The last source gave a route config that is refused.
    Refused,
    /// No source gave a route config.
    Failed,
}

/// Displays as it serializes.
impl fmt::Display for ReloadOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
