//! The documents of sdkProxy, as clients see them.
//!
//! The serving port reads and writes them without these types, byte by byte (`sdk_proxy`). The names of a
//! header and its data depend on the client, and those of two clients must not be mixed, which a Rust type
//! cannot express: requests and responses are schemas only.
//!
//! Source: SPEC.md, section 4.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::identify::ResultObject;

/// The schema of the body of `POST /aps/api/v1/mobile/sdkProxy`.
pub(super) enum SdkProxyRequest {}

/// The schema of the body of `POST /v1/clientSdkProxy`.
pub(super) enum ClientSdkProxyRequest {}

/// The schema of the upstream's response in the model of the client SDK.
pub(super) enum ClientSdkProxyResponse {}

/// A failure that codeid itself reports, in place of the upstream's response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SdkProxyFailure {
    /// The result.
    pub result: ResultObject,
    /// A sentence for people.
    pub detail: String,
}

/// The names of a header and its data, in the requests and in the responses of one client.
struct Pair {
    title: &'static str,
    request: [&'static str; 2],
    response: [&'static str; 2],
}

const SERVER: Pair = Pair {
    title: "sdkProxy",
    request: ["sdkRequestHeader", "sdkRequestData"],
    response: ["sdkResponseHeader", "sdkResponseData"],
};

const ANDROID: Pair = Pair {
    title: "Android",
    request: ["httpProxyRequestHeader", "httpProxyRequestData"],
    response: ["httpProxyResponseHeader", "httpProxyResponseData"],
};

const IOS: Pair = Pair {
    title: "iOS",
    request: ["proxyRequestHeader", "proxyRequestData"],
    response: ["proxyResponseHeader", "proxyResponseData"],
};

impl JsonSchema for SdkProxyRequest {
    fn schema_name() -> Cow<'static, str> {
        "SdkProxyRequest".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The body of `POST /aps/api/v1/mobile/sdkProxy`: header and data under one \
                            of three pairs of names. Other members are ignored.",
            "type": "object",
            "properties": {
                "customerId": {
                    "description": "The customer; needed if `proxy.customer-from` is `body`, and \
                                    ignored otherwise.",
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 256,
                },
            },
            "anyOf": request_schemas(&[SERVER, ANDROID, IOS]),
        })
    }
}

impl JsonSchema for ClientSdkProxyRequest {
    fn schema_name() -> Cow<'static, str> {
        "ClientSdkProxyRequest".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The body of `POST /v1/clientSdkProxy`: header and data under the names of one \
                            platform. Other members are ignored.",
            "type": "object",
            "properties": {
                "scene": {
                    "description": "The business scenario, which is not forwarded.",
                    "type": "string",
                    "minLength": 1,
                },
            },
            "required": ["scene"],
            "anyOf": request_schemas(&[ANDROID, IOS]),
        })
    }
}

impl JsonSchema for ClientSdkProxyResponse {
    fn schema_name() -> Cow<'static, str> {
        "ClientSdkProxyResponse".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // Whatever the upstream wrote; a `null` is left out.
        let kinds = ["string", "object", "array", "number", "boolean"];
        let members = [
            "The response's header, as the upstream wrote it; absent if the upstream sent none or `null`.",
            "The response's data, as the upstream wrote it; absent if the upstream sent none or `null`.",
        ]
        .map(|description| json!({"description": description, "type": kinds}));
        json_schema!({
            "description": "The upstream's response in the model of the client SDK: header and data under \
                            the names of the request's platform.",
            "type": "object",
            "properties": {
                "isSuccess": {
                    "description": "`true` if the result code is `SUCCESS`.",
                    "type": "boolean",
                },
                "errorCode": {
                    "description": "The upstream's result code; absent from a success, and if the upstream \
                                    sent none.",
                    "type": "string",
                },
                "errorMessage": {
                    "description": "The upstream's result message; absent from a success, and if the \
                                    upstream sent none.",
                    "type": "string",
                },
            },
            "required": ["isSuccess"],
            "anyOf": pair_schemas(&[ANDROID, IOS], |pair| pair.response, &members, false),
        })
    }
}

/// Returns the schemas of the pairs that a request may have.
fn request_schemas(pairs: &[Pair]) -> Vec<Value> {
    let members = [
        "The header of the client SDK's request, forwarded unchanged.",
        "The data of the client SDK's request, forwarded unchanged.",
    ]
    .map(|description| json!({"description": description, "type": "string", "minLength": 1}));
    pair_schemas(pairs, |pair| pair.request, &members, true)
}

/// Returns a schema for each pair, which allows no name of another one. `members` are the schemas of header
/// and data.
///
/// The schemas are for `anyOf`: a response without header and data fits every pair, which `oneOf` would
/// refuse.
fn pair_schemas(
    pairs: &[Pair],
    names: fn(&Pair) -> [&'static str; 2],
    members: &[Value; 2],
    is_required: bool,
) -> Vec<Value> {
    let schema = |pair: &Pair| -> Value {
        let own = names(pair);
        let others = pairs
            .iter()
            .flat_map(names)
            .filter(|name| !own.contains(name));
        let others: Vec<Value> = others.map(|name| json!({"required": [name]})).collect();
        let properties = own
            .into_iter()
            .map(str::to_owned)
            .zip(members.iter().cloned());
        let mut schema = Map::new();
        schema.insert("title".to_owned(), pair.title.into());
        schema.insert("type".to_owned(), "object".into());
        schema.insert(
            "properties".to_owned(),
            properties.collect::<Map<_, _>>().into(),
        );
        if is_required {
            schema.insert("required".to_owned(), json!(own));
        }
        schema.insert("not".to_owned(), json!({"anyOf": others}));
        schema.into()
    };
    pairs.iter().map(schema).collect()
}
