//! One rule that accepts a code value, as JSON tells it.

use codeid_engine::{Admission, Explanation};
use serde::Serialize;

/// A rule, whether it decides, and what its canary said of the openId.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedRule<'a> {
    rule: &'a str,
    pointer: String,
    decides: bool,
    admits: bool,
    reason: &'static str,
    /// The user's bucket, `0..10_000`, where it was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket: Option<u16>,
    /// The rule's percentage in hundredths: it admits the buckets below.
    #[serde(skip_serializing_if = "Option::is_none")]
    hundredths: Option<u16>,
}

impl<'a> ExplainedRule<'a> {
    /// Serializes as one member of the array `rules` of an explanation.
    pub fn new(explanation: &'a Explanation<'a>) -> Self {
        let (reason, bucket, hundredths) = match explanation.admission {
            Admission::NoCanary => ("noCanary", None, None),
            Admission::Allowlisted => ("allowlisted", None, None),
            Admission::InsidePercentage { bucket, percentage } => (
                "insidePercentage",
                Some(bucket.get()),
                Some(percentage.hundredths()),
            ),
            Admission::Refused { bucket, percentage } => {
                ("refused", Some(bucket.get()), Some(percentage.hundredths()))
            }
            _ => ("other", None, None),
        };
        Self {
            rule: explanation.rule.as_str(),
            pointer: format!("/rules/{}", explanation.index),
            decides: explanation.decides,
            admits: explanation.admission.admits(),
            reason,
            bucket,
            hundredths,
        }
    }
}
