//! The documents of `/v1/explain`.
//!
//! Source: SPEC.md, section 6.

use codeid_engine::{Admission, Explanation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::identify::IdentifyResponse;

/// The body of `POST /v1/explain`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExplainRequest {
    /// The code value.
    #[schemars(length(min = 1, max = 8192))]
    pub code_value: String,
    /// The user for whom canaries decide.
    #[schemars(length(min = 3, max = 256))]
    pub open_id: String,
}

/// The response to `POST /v1/explain`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Explained {
    /// The generation of the live table.
    pub generation: u64,
    /// The response of `identifyCode`.
    pub response: IdentifyResponse,
    /// The rules that accept the code value, in the order in which they are tried.
    pub explanation: Vec<ExplainedRule>,
}

/// A rule that accepts a code value, and the decision of its canary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainedRule {
    /// The id of the rule.
    pub rule: String,
    /// The number of the rule in the route config, from 1.
    #[schemars(range(min = 1))]
    pub position: usize,
    /// The JSON pointer of the rule in the route config.
    pub pointer: String,
    /// `true` if the rule decides: it is the first that admits the openId.
    pub decides: bool,
    /// `true` if the rule's canary admits the openId.
    pub admits: bool,
    /// The reason for the canary's decision.
    pub reason: AdmissionReason,
    /// The openId's bucket, below 10,000; absent where no bucket was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<u16>,
    /// The canary's percentage in hundredths of a percent: it admits the buckets below; absent
    /// where no bucket was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hundredths: Option<u16>,
}

/// The reasons for a canary's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AdmissionReason {
    /// The rule has no canary.
    NoCanary,
    /// The openId is on the allowlist.
    Allowlisted,
    /// The bucket is below the percentage.
    InsidePercentage,
    /// The bucket is not below the percentage, and the openId is not on the allowlist.
    Refused,
    /// Another reason.
    Other,
}

impl ExplainedRule {
    /// Returns the explanation of the rule at `index` of the route config, whose canary decided `admission`.
    #[must_use]
    pub fn new(rule: String, index: usize, decides: bool, admission: Admission) -> Self {
        let (reason, draw) = match admission {
            Admission::NoCanary => (AdmissionReason::NoCanary, None),
            Admission::Allowlisted => (AdmissionReason::Allowlisted, None),
            Admission::InsidePercentage { bucket, percentage } => (
                AdmissionReason::InsidePercentage,
                Some((bucket, percentage)),
            ),
            Admission::Refused { bucket, percentage } => {
                (AdmissionReason::Refused, Some((bucket, percentage)))
            }
            _ => (AdmissionReason::Other, None),
        };
        Self {
            rule,
            position: index + 1,
            pointer: format!("/rules/{index}"),
            decides,
            admits: admission.admits(),
            reason,
            bucket: draw.map(|(bucket, _)| bucket.get()),
            hundredths: draw.map(|(_, percentage)| percentage.hundredths()),
        }
    }
}

impl From<&Explanation<'_>> for ExplainedRule {
    fn from(explanation: &Explanation<'_>) -> Self {
        let rule = explanation.rule.as_str().to_owned();
        let Explanation {
            index,
            decides,
            admission,
            ..
        } = *explanation;
        Self::new(rule, index, decides, admission)
    }
}
