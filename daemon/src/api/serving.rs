//! The routes of the serving port: its listeners dispatch on them, and its OpenAPI document describes
//! them.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::identify::{IdentifyFailure, IdentifyRequest, IdentifyResponse};
use super::method::Method;
use super::openapi::{Content, Document, Header, Operation, Response};
use super::schema::{SchemaOf, schema_of};
use super::sdk_proxy::{
    ClientSdkProxyRequest, ClientSdkProxyResponse, SdkProxyFailure, SdkProxyRequest,
};
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

/// An operation of the serving listeners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Identifies one code value.
    IdentifyCode,
    /// Identifies a batch of code values.
    IdentifyCodes,
    /// Forwards a request of the client SDK.
    SdkProxy,
    /// Forwards a request in the client SDK's own model.
    ClientSdkProxy,
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
    that reached its interface has status 200, whatever its `resultStatus` is, but for \
    `/v1/clientSdkProxy`, where a failure of the daemon has a status of its own.";

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
            Self::ClientSdkProxy => Some(schema_of::<ClientSdkProxyRequest>),
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
                     daemon with its `detail`.",
                );
                let names = ["Signature", "Response-Time", "Tracer-Id", "Client-Id"];
                success.headers = names.map(of_the_upstream).into();
                success.headers.push(unverified());
                success.content = Content::Json(schema_of::<Map<String, Value>>);
                with_failures(success, Failure::of_sdk_proxy)
            }
            Self::ClientSdkProxy => {
                let mut success = response(200, "The upstream's response.");
                success.headers = vec![of_the_upstream("Tracer-Id"), unverified()];
                success.content = Content::Json(schema_of::<ClientSdkProxyResponse>);
                let failures = CLIENT_FAILURES.iter().map(ClientFailure::response);
                let of_the_head_and_body = FAILURES
                    .iter()
                    .filter(|failure| matches!(failure.status, 404..=431))
                    .map(Failure::of_sdk_proxy);
                [success]
                    .into_iter()
                    .chain(failures)
                    .chain(of_the_head_and_body)
                    .collect()
            }
            Self::Live => with_failures_of_probes(vec![response(200, "The process runs.")]),
            Self::Ready => with_failures_of_probes(vec![
                response(200, "The daemon is ready."),
                response(503, "The daemon is not ready."),
            ]),
        }
    }
}

/// The failures of the interface for the client SDK's model, which have a status each.
const CLIENT_FAILURES: &[ClientFailure] = &[
    ClientFailure {
        status: 400,
        description: "The head or the body cannot be read, the `Host` is missing, given twice or not \
            valid, or a field is missing or wrong.",
        codes: &[sdk_proxy::PARAM_ILLEGAL],
    },
    ClientFailure {
        status: 403,
        description: "There is no single customer who is logged in.",
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
        description: "The upstream or the login check did not respond in time.",
        codes: &[sdk_proxy::UNKNOWN_EXCEPTION],
    },
];

/// A failure of the interface for the client SDK's model, with the result codes beside its status.
struct ClientFailure {
    status: u16,
    description: &'static str,
    codes: &'static [ApiResult],
}

impl ClientFailure {
    fn response(&self) -> Response {
        let codes: Vec<_> = self.codes.iter().map(|result| result.code).collect();
        let code = json!({"properties": {"resultCode": {"enum": codes}}});
        Response {
            content: Content::Json(schema_of::<SdkProxyFailure>),
            narrowed: Some(json!({"properties": {"result": code}})),
            ..response(self.status, self.description)
        }
    }
}

impl Failure {
    fn of_identify(&self) -> Response {
        self.response("identify", &self.identify, schema_of::<IdentifyFailure>)
    }

    fn of_sdk_proxy(&self) -> Response {
        // Another path than this one is not one of sdkProxy.
        if self.status == 404 {
            return self.of_identify();
        }
        self.response("sdkProxy", &self.sdk_proxy, schema_of::<SdkProxyFailure>)
    }

    fn response(&self, interface: &str, result: &ApiResult, schema: SchemaOf) -> Response {
        let code = json!({"properties": {"resultCode": {"const": result.code}}});
        let headers = match self.status {
            405 => vec![allow()],
            _ => Vec::new(),
        };
        Response {
            shared_as: Some(format!("{}-{interface}", self.status)),
            headers,
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

/// Adds the failures of a request whose body is not read.
fn with_failures_of_probes(mut responses: Vec<Response>) -> Vec<Response> {
    let failures = FAILURES
        .iter()
        .filter(|failure| matches!(failure.status, 400 | 404 | 405 | 414 | 431));
    responses.extend(failures.map(Failure::of_identify));
    responses
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

fn allow() -> Header {
    Header {
        name: "Allow",
        description: "The methods that the path takes.",
        schema: json!({"type": "string"}),
    }
}

fn rule() -> Header {
    Header {
        name: "X-Codeid-Rule",
        description: "The id of the rule that decided; absent if none did.",
        schema: json!({"type": "string"}),
    }
}

fn unverified() -> Header {
    Header {
        name: "X-Codeid-Unverified",
        description: "`true` if the upstream refused the request without a signature; absent otherwise.",
        schema: json!({"const": "true"}),
    }
}

fn of_the_upstream(name: &'static str) -> Header {
    Header {
        name,
        description: "The header of the upstream's response; absent from a response of the daemon.",
        schema: json!({"type": "string"}),
    }
}
