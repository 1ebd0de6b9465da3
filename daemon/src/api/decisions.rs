//! The documents of `/v1/decisions`.
//!
//! Source: SPEC.md, section 6.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of `POST /v1/decisions`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TailRequest {
    /// The ids of the rules whose decisions are sent, and `@none` for code values that no rule decided; empty
    /// for all decisions.
    #[serde(default)]
    #[schemars(
        length(max = 32),
        inner(regex(pattern = r"^([A-Za-z0-9._-]{1,64}|@none)$"))
    )]
    pub rules: Vec<String>,
    /// The share of the decisions that are sent; all if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub sample: Option<f64>,
}

/// A line of the decision log, or of the response to `POST /v1/decisions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TailLine {
    /// A decision.
    Decision(DecisionLine),
    /// Decisions that are missing.
    Dropped(DroppedLine),
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DecisionLine {
    /// The time, in RFC 3339 to the millisecond, UTC.
    pub time: String,
    /// The listener: `http`, `unix` or `resp`.
    pub listener: String,
    /// The generation of the table; `null` without one.
    pub generation: Option<u64>,
    /// The id of the rule that decided; `null` if none did.
    pub rule: Option<String>,
    /// The result code.
    pub result_code: String,
    /// The action; `null` for a failure.
    pub action: Option<String>,
    /// The code value, masked or hashed; `null` if a parameter was not valid.
    pub code_value: Option<String>,
    /// The number of characters of the code value; `null` likewise.
    pub code_length: Option<u64>,
    /// The openId, masked or hashed; `null` likewise.
    pub open_id: Option<String>,
}

/// Decisions that are missing before the next line, since they came faster than they were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedLine {
    /// The number of decisions; 0 in a line that only shows that the daemon is there.
    pub dropped: u64,
}
