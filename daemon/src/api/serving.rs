//! The routes of the serving port: its listeners dispatch on them, and its OpenAPI document describes
//! them.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::identify::{IdentifyFailure, IdentifyRequest, IdentifyResponse};
use super::method::Method;
use super::openapi::{Content, Document, Header, Operation, Response};
use super::schema::{SchemaOf, schema_of};
use super::sdk_proxy::{SdkProxyFailure, SdkProxyRequest};
use crate::result::{ApiResult, identify, sdk_proxy};

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

/// An operation of the serving listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Identifies one code value.
    IdentifyCode,
    /// Identifies a batch of code values.
    IdentifyCodes,
    /// Forwards a request of the client SDK.
    SdkProxy,
    /// Reports that the process runs.
    Live,
    /// Reports whether requests should be sent here.
    Ready,
}

/// The status of requests that do not reach their interface, and the result codes beside it.
struct Failure {
    status: u16,
    description: &'static str,
    identify: ApiResult,
    sdk_proxy: ApiResult,
}

const FAILURES: &[Failure] = &[
    Failure {
        status: 400,
        description: "The head or the body cannot be read, the `Host` is missing, given twice or not \
            valid, or the body has the wrong form.",
        identify: identify::PARAM_ILLEGAL,
        sdk_proxy: sdk_proxy::PARAM_ILLEGAL,
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
            `Content-Encoding`.",
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

const DESCRIPTION: &str = "The interfaces that a payment gateway calls. The response to a request \
    that reached its interface has status 200, whatever its `resultStatus` is. Another path has \
    status 404, another method 405; both responses have a `result`, too.";

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
            body: self.endpoint.body(),
            responses: self.endpoint.responses(),
        }
    }
}

impl Endpoint {
    /// Returns the endpoint of a path, if there is one.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        let mut routes = ROUTES.iter();
        Some(routes.find(|route| route.path == path)?.endpoint)
    }

    fn body(self) -> Option<SchemaOf> {
        match self {
            Self::IdentifyCode => Some(schema_of::<IdentifyRequest>),
            Self::IdentifyCodes => Some(batch_of::<IdentifyRequest>),
            Self::SdkProxy => Some(schema_of::<SdkProxyRequest>),
            Self::Live | Self::Ready => None,
        }
    }

    fn responses(self) -> Vec<Response> {
        match self {
            Self::IdentifyCode => {
                let mut success = response(200, "The result for the code value.");
                success.headers = vec![generation(), rule()];
                success.content = Content::Json(schema_of::<IdentifyResponse>);
                with_failures(success, Failure::of_identify)
            }
            Self::IdentifyCodes => {
                let mut success = response(200, "The results, in the order of the request.");
                success.headers = vec![generation()];
                success.content = Content::Json(batch_of::<IdentifyResponse>);
                with_failures(success, Failure::of_identify)
            }
            Self::SdkProxy => {
                let mut success = response(
                    200,
                    "The body of the upstream's response, byte for byte, or a `result` of the \
                     daemon.",
                );
                let names = ["Signature", "Response-Time", "Tracer-Id", "Client-Id"];
                success.headers = names.map(of_the_upstream).into();
                success.content = Content::Json(schema_of::<Map<String, Value>>);
                with_failures(success, Failure::of_sdk_proxy)
            }
            Self::Live => vec![response(200, "The process runs.")],
            Self::Ready => vec![
                response(200, "The daemon is ready."),
                response(503, "The daemon is not ready."),
            ],
        }
    }
}

impl Failure {
    fn of_identify(&self) -> Response {
        self.response("identify", &self.identify, schema_of::<IdentifyFailure>)
    }

    fn of_sdk_proxy(&self) -> Response {
        self.response("sdkProxy", &self.sdk_proxy, schema_of::<SdkProxyFailure>)
    }

    fn response(&self, interface: &str, result: &ApiResult, schema: SchemaOf) -> Response {
        let code = json!({"properties": {"resultCode": {"const": result.code}}});
        Response {
            shared_as: Some(format!("{}-{interface}", self.status)),
            content: Content::Json(schema),
            narrowed: Some(json!({"properties": {"result": code}})),
            ..response(self.status, self.description)
        }
    }
}

fn with_failures(success: Response, response: fn(&Failure) -> Response) -> Vec<Response> {
    let failures = FAILURES.iter().map(response);
    [success].into_iter().chain(failures).collect()
}

/// Returns a response without headers and without a body.
fn response(status: u16, description: &str) -> Response {
    Response {
        shared_as: None,
        status,
        description: description.to_owned(),
        headers: Vec::new(),
        content: Content::Empty,
        narrowed: None,
    }
}

/// Is [`SchemaOf`] for a batch: an array of at most 1024 elements.
fn batch_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let element = generator.subschema_for::<T>();
    json_schema!({"type": "array", "items": element, "maxItems": 1024})
}

fn generation() -> Header {
    Header {
        name: "X-Codeid-Generation",
        description: "The generation of the live table; absent if there is none.",
        schema: json!({"type": "integer", "minimum": 1}),
    }
}

fn rule() -> Header {
    Header {
        name: "X-Codeid-Rule",
        description: "The id of the rule that decided; absent if none did.",
        schema: json!({"type": "string"}),
    }
}

fn of_the_upstream(name: &'static str) -> Header {
    Header {
        name,
        description: "The header of the upstream's response; absent from a response of the daemon.",
        schema: json!({"type": "string"}),
    }
}
