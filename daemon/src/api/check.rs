//! The document of `/v1/check`: what a candidate is, and what it would change.
//!
//! Source: SPEC.md, section 6.

use std::fmt;

use codeid_engine::ConfigDigest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::problem::Problem;
use super::schema::Sha256;

/// The errors and warnings of a candidate, and the difference from the live route config.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// `true` if the candidate can become live.
    pub ok: bool,
    /// The digest of the candidate.
    #[schemars(with = "Sha256")]
    pub sha256: ConfigDigest,
    /// The reason in one sentence; `null` unless the candidate is refused.
    pub why: Option<String>,
    /// The `version` of the candidate; `null` if it is refused.
    pub version: Option<String>,
    /// The number of rules; `null` if the candidate is refused.
    pub rule_count: Option<usize>,
    /// The errors, in document order; empty if the candidate is accepted.
    pub problems: Vec<Problem>,
    /// The warnings, in document order. Live rules that the candidate lacks are changes, not warnings.
    pub warnings: Vec<Problem>,
    /// The time that parsing, checking and compiling took, in microseconds; `null` if the candidate
    /// is refused.
    pub compile_us: Option<u64>,
    /// The approximate size of the table in memory, in bytes; `null` if the candidate is refused.
    pub memory_bytes: Option<usize>,
    /// The most steps that a lookup can take, whatever the code value is; the setting
    /// `compile.max-code-steps` bounds it. `null` if the candidate is refused.
    pub max_code_steps: Option<u64>,
    /// The digest of the live route config, with which the candidate was compared; `null` if none is live.
    #[schemars(with = "Option<Sha256>")]
    pub replaces: Option<ConfigDigest>,
    /// The difference from the live route config; `null` if the candidate is refused.
    pub changes: Option<Changes>,
}

/// The difference between two route configs, rule by rule. Rules are the same if their ids are. For all
/// but operators, `allowlistCount`, the number of entries, takes the place of each `allowlist`, also
/// when rules are compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// The ids of the added rules.
    pub added: Vec<String>,
    /// The ids of the removed rules.
    pub removed: Vec<String>,
    /// The ids of the rules with another content.
    pub changed: Vec<String>,
    /// The ids of the fewest rules whose moves explain the new order.
    pub moved: Vec<String>,
    /// The number of all other rules.
    pub unchanged: usize,
    /// Every rule that differs, in the new order; then the removed ones.
    pub rules: Vec<RuleChange>,
    /// The change of `trim`, which concerns every rule; `null` if it is the same, or no config is live.
    pub trim: Option<TrimChange>,
}

/// The `trim` of two route configs that differ in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrimChange {
    /// `true` if the live config trims code values.
    pub before: bool,
    /// `true` if the candidate trims code values.
    pub after: bool,
}

/// One rule that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleChange {
    /// The id of the rule.
    pub id: String,
    /// The kind of change.
    pub change: Change,
    /// The live rule; `null` for an added one.
    pub before: Option<Map<String, Value>>,
    /// The rule of the candidate; `null` for a removed one.
    pub after: Option<Map<String, Value>>,
}

/// The kinds of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Change {
    /// Only the candidate has the rule.
    Added,
    /// Only the live route config has the rule.
    Removed,
    /// The rule has another content.
    Changed,
    /// The rule has the same content and another place among the others.
    Moved,
}

/// Displays as it serializes.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
