//! The responses to requests that fail before they reach their interface, and those of
//! `/v1/clientSdkProxy`, whose failures have a status each.
//!
//! Source: SPEC.md, section 6.

use serde_json::json;

use crate::api::headers;
use crate::api::identify::IdentifyFailure;
use crate::api::openapi::{Content, Response};
use crate::api::schema::{SchemaOf, schema_of};
use crate::api::sdk_proxy::SdkProxyFailure;
use crate::result::{ApiResult, identify, sdk_proxy};

/// The status of requests that do not reach their interface, and the result codes beside it.
pub(super) struct Failure {
    /// The HTTP status.
    pub(super) status: u16,
    /// A sentence for the OpenAPI document.
    description: &'static str,
    /// The result of a request to `identifyCode` or `identifyCodes`.
    identify: ApiResult,
    /// The result of a request to sdkProxy.
    sdk_proxy: ApiResult,
}

/// The failures of all interfaces, one for each status.
pub(super) const FAILURES: &[Failure] = &[
    Failure {
        status: 400,
        description: "The head or the body cannot be read, the `Host` is missing, given twice or not \
            valid, or the body has the wrong form.",
        identify: identify::PARAM_ILLEGAL,
        sdk_proxy: sdk_proxy::PARAM_ILLEGAL,
    },
    Failure {
        status: 404,
        description: "There is nothing at the path, which differs from this one.",
        identify: identify::PARAM_ILLEGAL,
        sdk_proxy: sdk_proxy::PARAM_ILLEGAL,
    },
    Failure {
        status: 405,
        description: "The path takes another method, which the header `Allow` names.",
        identify: identify::PARAM_ILLEGAL,
        sdk_proxy: sdk_proxy::METHOD_NOT_SUPPORTED,
    },
    Failure {
        status: 408,
        description: "The body did not arrive in time.",
        identify: identify::PARAM_ILLEGAL,
        sdk_proxy: sdk_proxy::PARAM_ILLEGAL,
    },
    Failure {
        status: 413,
        description: "The body is too long, or has too many elements.",
        identify: identify::PARAM_ILLEGAL,
        sdk_proxy: sdk_proxy::PARAM_ILLEGAL,
    },
    Failure {
        status: 414,
        description: "The first line of the head is too long.",
        identify: identify::PARAM_ILLEGAL,
        sdk_proxy: sdk_proxy::PARAM_ILLEGAL,
    },
    Failure {
        status: 415,
        description: "The `Content-Type` is missing, or is not `application/json`, or the body has a \
            `Content-Encoding`. A header says what would be taken.",
        identify: identify::PARAM_ILLEGAL,
        sdk_proxy: sdk_proxy::MEDIA_TYPE_NOT_ACCEPTABLE,
    },
    Failure {
        status: 431,
        description: "The head is too long.",
        identify: identify::PARAM_ILLEGAL,
        sdk_proxy: sdk_proxy::PARAM_ILLEGAL,
    },
    Failure {
        status: 503,
        description: "The daemon is overloaded.",
        identify: identify::UNKNOWN_EXCEPTION,
        sdk_proxy: sdk_proxy::REQUEST_TRAFFIC_EXCEED_LIMIT,
    },
];

/// The failures of the interface for the client SDK's model, which have a status each.
pub(super) const CLIENT_FAILURES: &[ClientFailure] = &[
    ClientFailure {
        status: 400,
        description: "The head or the body cannot be read, the `Host` is missing, given twice or not \
            valid, or a field is missing or wrong.",
        codes: &[sdk_proxy::PARAM_ILLEGAL],
    },
    ClientFailure {
        status: 403,
        description: "There is no single customer who is logged in: `X-Customer-Id` is missing, repeated, \
            empty or too long, or the login check denies access, cannot be reached, or does not respond \
            within `proxy.login-check-timeout-ms`. Or `proxy.customer-from` is `body`, so that an app \
            could choose the customer.",
        codes: &[sdk_proxy::ACCESS_DENIED],
    },
    ClientFailure {
        status: 502,
        description: "The upstream did not respond, or its response cannot be returned.",
        codes: &[sdk_proxy::INVALID_SIGNATURE, sdk_proxy::UNKNOWN_EXCEPTION],
    },
    ClientFailure {
        status: 503,
        description: "sdkProxy is not configured, or the daemon is overloaded.",
        codes: &[
            sdk_proxy::INVALID_API,
            sdk_proxy::REQUEST_TRAFFIC_EXCEED_LIMIT,
        ],
    },
    ClientFailure {
        status: 504,
        description: "The upstream, or the login check before it, did not respond within \
            `proxy.total-timeout-ms`, or there was no connection to the upstream within \
            `proxy.connect-timeout-ms`.",
        codes: &[sdk_proxy::UNKNOWN_EXCEPTION],
    },
];

/// A failure of the interface for the client SDK's model, with the result codes beside its status.
pub(super) struct ClientFailure {
    status: u16,
    description: &'static str,
    codes: &'static [ApiResult],
}

impl ClientFailure {
    /// Returns the response as the OpenAPI document describes it.
    pub(super) fn response(&self) -> Response {
        let codes: Vec<_> = self.codes.iter().map(|result| result.code).collect();
        let code = json!({"properties": {"resultCode": {"enum": codes}}});
        Response {
            content: Content::Json(schema_of::<SdkProxyFailure>),
            narrowed: Some(json!({"properties": {"result": code}})),
            ..Response::new(self.status, self.description)
        }
    }
}

impl Failure {
    /// Returns the response of the interfaces for code values.
    pub(super) fn of_identify(&self) -> Response {
        self.response("identify", &self.identify, schema_of::<IdentifyFailure>)
    }

    /// Returns the response of the interface for servers.
    pub(super) fn of_sdk_proxy(&self) -> Response {
        // Another path than this one is not one of sdkProxy.
        if self.status == 404 {
            return self.of_identify();
        }
        self.response("sdkProxy", &self.sdk_proxy, schema_of::<SdkProxyFailure>)
    }

    fn response(&self, interface: &str, result: &ApiResult, schema: SchemaOf) -> Response {
        let code = json!({"properties": {"resultCode": {"const": result.code}}});
        let headers = match self.status {
            405 => vec![headers::allow()],
            415 => vec![headers::accept(), headers::accept_encoding()],
            _ => Vec::new(),
        };
        Response {
            shared_as: Some(format!("{}-{interface}", self.status)),
            headers,
            content: Content::Json(schema),
            narrowed: Some(json!({"properties": {"result": code}})),
            ..Response::new(self.status, self.description)
        }
    }
}
