//! The document of `/v1/rules`.
//!
//! Source: SPEC.md, section 6.

use codeid_engine::ConfigDigest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::schema::Sha256;

/// The live rules, in the order in which they are tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rules {
    /// The generation of the live table.
    pub generation: u64,
    /// The `version` of the route config.
    pub version: String,
    /// The digest of the route config.
    #[schemars(with = "Sha256")]
    pub sha256: ConfigDigest,
    /// `true` if code values are trimmed before they are compared.
    #[serde(default)]
    pub trim: bool,
    /// The rules; the first one that accepts a code value and admits the openId decides.
    pub rules: Vec<Rule>,
}

/// A live rule, and the number of lookups that it decided since its table became live.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// The number of the rule in the route config, from 1.
    #[schemars(range(min = 1))]
    pub position: usize,
    /// The id of the rule.
    pub id: String,
    /// The description of the rule; `null` without one.
    pub description: Option<String>,
    /// The member `match` of the rule.
    #[serde(rename = "match")]
    pub matching: Map<String, Value>,
    /// The member `action` of the rule.
    pub action: Map<String, Value>,
    /// The member `canary` of the rule; `null` without one. Only operators see its `allowlist`;
    /// others see `allowlistCount` in its place, the number of entries.
    pub canary: Option<Map<String, Value>>,
    /// The number of lookups that the rule decided.
    pub decided: u64,
    /// The number of lookups that the rule would have decided if its canary had admitted the
    /// openId.
    pub refused_by_canary: u64,
}
