//! The documents of `identifyCode`, as clients see them.
//!
//! The serving port reads and writes them without these types, byte by byte (`identify`).
//!
//! Source: SPEC.md, section 1.

use codeid_engine::{Outcome, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::result::ApiResult;

/// The body of `POST /v1/identifyCode`, and an element of that of `POST /v1/identifyCodes`. Other
/// members are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdentifyRequest {
    /// The content that the user scanned.
    #[schemars(length(min = 1, max = 8192))]
    pub code_value: String,
    /// A stable identity of the user, for whom canaries decide.
    #[schemars(length(min = 3, max = 256))]
    pub open_id: String,
}

/// The response to one code value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdentifyResponse {
    /// The result.
    pub result: ResultObject,
    /// `true` if Alipay+ supports the code value; absent after a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_supported: Option<bool>,
    /// The action for the code value; absent unless it is supported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_code_match_action_type: Option<ActionType>,
    /// The code value to decode; absent unless the action is `DECODE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_value: Option<String>,
    /// The page to open; absent unless the action is `OPEN_URL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_url: Option<String>,
    /// The suffix of the user agent with which to open it; absent unless the action is `OPEN_URL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// A sentence for people about a failure; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A response that is not about a code value, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IdentifyFailure {
    /// The result.
    pub result: ResultObject,
    /// A sentence for people.
    pub detail: String,
}

/// The member `result` of every response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResultObject {
    /// The published result code.
    pub result_code: String,
    /// `S` for success, `F` for a failure, `U` for an unknown result.
    pub result_status: String,
    /// The published message.
    pub result_message: String,
}

/// The actions for a supported code value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActionType {
    /// Decode `codeValue`.
    Decode,
    /// Open `redirectUrl`.
    OpenUrl,
}

impl From<&ApiResult> for ResultObject {
    fn from(result: &ApiResult) -> Self {
        Self {
            result_code: result.code.to_owned(),
            result_status: result.status.to_owned(),
            result_message: result.message.to_owned(),
        }
    }
}

impl From<&Verdict<'_>> for IdentifyResponse {
    fn from(verdict: &Verdict<'_>) -> Self {
        let mut response = Self {
            result: ResultObject {
                result_code: "SUCCESS".to_owned(),
                result_status: "S".to_owned(),
                result_message: "Success".to_owned(),
            },
            is_supported: Some(true),
            post_code_match_action_type: None,
            code_value: None,
            redirect_url: None,
            user_agent: None,
            detail: None,
        };
        match verdict.outcome {
            Outcome::Unsupported => response.is_supported = Some(false),
            Outcome::Decode { code_value } => {
                response.post_code_match_action_type = Some(ActionType::Decode);
                response.code_value = Some(code_value.to_owned());
            }
            Outcome::OpenUrl {
                redirect_url,
                user_agent,
            } => {
                response.post_code_match_action_type = Some(ActionType::OpenUrl);
                response.redirect_url = Some(redirect_url.to_owned());
                response.user_agent = Some(user_agent.to_owned());
            }
        }
        response
    }
}
