//! The routes of the serving port: its listeners dispatch on them, and its OpenAPI document describes
//! them.
//!
//! Source: SPEC.md, section 6.

mod endpoint;
mod failures;
mod responses;

use serde_json::Value;

pub use self::endpoint::Endpoint;
use self::responses::{body, responses};
use super::method::Method;
use super::openapi::{Document, Operation};

/// The routes. Each path has one method.
pub const ROUTES: &[Route] = &[
    Route {
        endpoint: Endpoint::IdentifyCode,
        method: Method::Post,
        path: "/v1/identifyCode",
        summary: "Identify a code value",
    },
    Route {
        endpoint: Endpoint::IdentifyCodes,
        method: Method::Post,
        path: "/v1/identifyCodes",
        summary: "Identify up to 1024 code values",
    },
    Route {
        endpoint: Endpoint::SdkProxy,
        method: Method::Post,
        path: "/aps/api/v1/mobile/sdkProxy",
        summary: "Forward a request of the client SDK to Alipay+",
    },
    Route {
        endpoint: Endpoint::ClientSdkProxy,
        method: Method::Post,
        path: "/v1/clientSdkProxy",
        summary: "Forward a request in the model of the client SDK to Alipay+",
    },
    Route {
        endpoint: Endpoint::Live,
        method: Method::Get,
        path: "/livez",
        summary: "Whether the process runs",
    },
    Route {
        endpoint: Endpoint::Ready,
        method: Method::Get,
        path: "/readyz",
        summary: "Whether requests should be sent to this daemon",
    },
];

/// One path.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// The operation.
    pub endpoint: Endpoint,
    /// The method.
    pub method: Method,
    /// The path.
    pub path: &'static str,
    summary: &'static str,
}

const DESCRIPTION: &str = "The interfaces that a payment gateway calls. The response to a request \
    that reached its interface has status 200, whatever its `resultStatus` is, but for \
    `/v1/clientSdkProxy`, where a failure of the daemon has a status of its own.";

impl Endpoint {
    /// Returns the endpoint of a path, if there is one.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        let mut routes = ROUTES.iter();
        Some(routes.find(|route| route.path == path)?.endpoint)
    }
}

/// Returns the OpenAPI document of the serving port.
#[must_use]
pub fn document() -> Value {
    let mut document = Document::new();
    for route in ROUTES {
        document.add(route.operation());
    }
    document.finish("codeid, the serving port", DESCRIPTION)
}

impl Route {
    fn operation(&self) -> Operation<'_> {
        Operation {
            method: self.method,
            path: self.path,
            summary: self.summary,
            description: String::new(),
            needs_token: false,
            parameters: Vec::new(),
            body: body(self.endpoint),
            responses: responses(self.endpoint),
        }
    }
}
