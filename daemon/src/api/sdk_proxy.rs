//! The documents of sdkProxy, as clients see them.
//!
//! The serving port reads and writes them without these types, byte by byte (`sdk_proxy`).
//!
//! Source: SPEC.md, section 4.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::identify::ResultObject;

/// The body of `POST /aps/api/v1/mobile/sdkProxy`. The names `httpProxyRequestHeader` and
/// `httpProxyRequestData`, or `proxyRequestHeader` and `proxyRequestData`, are accepted, too. Other
/// members are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SdkProxyRequest {
    /// The header of the client SDK's request, forwarded unchanged.
    #[schemars(length(min = 1))]
    pub sdk_request_header: String,
    /// The data of the client SDK's request, forwarded unchanged.
    #[schemars(length(min = 1))]
    pub sdk_request_data: String,
    /// The customer; read only if `proxy.customer-from` is `body`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub customer_id: Option<String>,
}

/// The body of `POST /v1/clientSdkProxy`. The names `proxyRequestHeader` and `proxyRequestData` are
/// accepted, too. Other members are ignored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientSdkProxyRequest {
    /// The business scenario, which is not forwarded.
    #[schemars(length(min = 1))]
    pub scene: String,
    /// The header of the client SDK's request, forwarded unchanged.
    #[schemars(length(min = 1))]
    pub http_proxy_request_header: String,
    /// The data of the client SDK's request, forwarded unchanged.
    #[schemars(length(min = 1))]
    pub http_proxy_request_data: String,
}

/// The upstream's response in the model of the client SDK. Header and data have the names
/// `proxyResponseHeader` and `proxyResponseData` if those of the request were `proxyRequestHeader` and
/// `proxyRequestData`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientSdkProxyResponse {
    /// `true` if the result code is `SUCCESS`.
    pub is_success: bool,
    /// The upstream's result code; absent from a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The upstream's result message; absent from a success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
    /// The response's header, as the upstream wrote it; absent if the upstream sent none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_proxy_response_header: Option<String>,
    /// The response's data, as the upstream wrote it; absent if the upstream sent none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_proxy_response_data: Option<String>,
}

/// A response that is not the upstream's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SdkProxyFailure {
    /// The result.
    pub result: ResultObject,
    /// A sentence for people.
    pub detail: String,
}
