//! The documents of `/v1/apply` and `/v1/rollback`.
//!
//! Source: SPEC.md, section 6.

use std::fmt;

use codeid_engine::ConfigDigest;
use schemars::JsonSchema;
use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::freeze::Freeze;
use super::problem::Problem;
use super::schema::Sha256;

/// The largest whole number that no other number is read as, if it is written with a fraction.
const MAX_EXACT: f64 = 9_007_199_254_740_991.0;

/// The body of `POST /v1/rollback`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RollbackRequest {
    /// The generation of the table to go back to.
    #[serde(deserialize_with = "whole")]
    pub generation: u64,
}

/// The response to `POST /v1/apply` and `POST /v1/rollback`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    /// The outcome.
    pub outcome: ApplyOutcome,
    /// The generation of the live table.
    pub generation: u64,
    /// The digest of the live route config.
    #[schemars(with = "Sha256")]
    pub sha256: ConfigDigest,
    /// The digest of the route config that was live before; `null` if no config was.
    #[schemars(with = "Option<Sha256>")]
    pub replaced: Option<ConfigDigest>,
    /// The `version` of the live route config.
    pub version: String,
    /// The number of live rules.
    pub rule_count: usize,
    /// The warnings about the route config.
    pub warnings: Vec<Problem>,
    /// The freeze that the command began.
    pub freeze: Freeze,
}

/// The outcomes of an apply or a rollback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ApplyOutcome {
    /// The route config became live.
    Activated,
    /// The route config was live already, and is frozen now.
    Unchanged,
}

/// Displays as it serializes.
impl fmt::Display for ApplyOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Reads a [`whole_number`].
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = Number::deserialize(deserializer)?;
    whole_number(&number)
        .ok_or_else(|| de::Error::custom("must be a whole number that is not negative"))
}

/// Returns a number that is whole and not negative; also one that is written with a fraction or an exponent,
/// as `4.0`, up to [`MAX_EXACT`].
pub(crate) fn whole_number(number: &Number) -> Option<u64> {
    let rounded = || {
        let number = number.as_f64()?;
        let is_exact = number.is_sign_positive() && number.fract() == 0.0 && number <= MAX_EXACT;
        is_exact.then(|| format!("{number:.0}").parse().ok())?
    };
    number.as_u64().or_else(rounded)
}
