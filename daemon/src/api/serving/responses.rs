//! The bodies that the operations take, and the responses to them.
//!
//! Source: SPEC.md, section 6.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use super::endpoint::Endpoint;
use super::failures::{CLIENT_FAILURES, ClientFailure, FAILURES, Failure};
use crate::api::headers;
use crate::api::identify::{IdentifyRequest, IdentifyResponse};
use crate::api::openapi::{Content, Response};
use crate::api::schema::{SchemaOf, schema_of};
use crate::api::sdk_proxy::{ClientSdkProxyRequest, ClientSdkProxyResponse, SdkProxyRequest};

/// Returns the schema of the body that an operation takes, if it takes one.
pub(super) fn body(endpoint: Endpoint) -> Option<SchemaOf> {
    match endpoint {
        Endpoint::IdentifyCode => Some(schema_of::<IdentifyRequest>),
        Endpoint::IdentifyCodes => Some(batch_of::<IdentifyRequest>),
        Endpoint::SdkProxy => Some(schema_of::<SdkProxyRequest>),
        Endpoint::ClientSdkProxy => Some(schema_of::<ClientSdkProxyRequest>),
        Endpoint::Live | Endpoint::Ready => None,
    }
}

/// Returns every response of an operation.
pub(super) fn responses(endpoint: Endpoint) -> Vec<Response> {
    match endpoint {
        Endpoint::IdentifyCode => {
            let mut success = Response::new(200, "The result for the code value.");
            success.headers = vec![headers::generation(), headers::rule()];
            success.content = Content::Json(schema_of::<IdentifyResponse>);
            with_failures(success, Failure::of_identify)
        }
        Endpoint::IdentifyCodes => {
            let mut success = Response::new(200, "The results, in the order of the request.");
            success.headers = vec![headers::generation()];
            success.content = Content::Json(batch_of::<IdentifyResponse>);
            with_failures(success, Failure::of_identify)
        }
        Endpoint::SdkProxy => {
            let mut success = Response::new(
                200,
                "The body of the upstream's response, byte for byte, or a `result` of the \
                 daemon with its `detail`.",
            );
            let names = ["Signature", "Response-Time", "Tracer-Id", "Client-Id"];
            success.headers = names.map(headers::of_the_upstream).into();
            success.headers.push(headers::unverified());
            success.content = Content::Json(schema_of::<Map<String, Value>>);
            with_failures(success, Failure::of_sdk_proxy)
        }
        Endpoint::ClientSdkProxy => {
            let mut success = Response::new(200, "The upstream's response.");
            success.headers = vec![headers::of_the_upstream("Tracer-Id"), headers::unverified()];
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
        Endpoint::Live => {
            let mut responses = of_probe("The process runs.");
            responses.extend(overload().map(Failure::of_identify));
            responses
        }
        Endpoint::Ready => {
            let mut responses = of_probe("The daemon is ready.");
            responses.extend(overload().map(|failure| {
                Response {
                    shared_as: None,
                    description:
                        "The daemon is not ready, and the body is empty; or it is overloaded, \
                              and the body says so."
                            .to_owned(),
                    ..failure.of_identify()
                }
            }));
            responses
        }
    }
}

fn with_failures(success: Response, response: fn(&Failure) -> Response) -> Vec<Response> {
    let failures = FAILURES.iter().map(response);
    [success].into_iter().chain(failures).collect()
}

/// Returns the responses of a probe, whose body is not read, but for an overload.
fn of_probe(success: &str) -> Vec<Response> {
    let failures = FAILURES
        .iter()
        .filter(|failure| matches!(failure.status, 400 | 404 | 405 | 414 | 431))
        .map(Failure::of_identify);
    [Response::new(200, success)]
        .into_iter()
        .chain(failures)
        .collect()
}

fn overload() -> impl Iterator<Item = &'static Failure> {
    FAILURES.iter().filter(|failure| failure.status == 503)
}

/// Is [`SchemaOf`] for a batch: an array of at most 1024 elements.
fn batch_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let element = generator.subschema_for::<T>();
    json_schema!({"type": "array", "items": element, "maxItems": 1024})
}
