//! The routes of the admin plane and their OpenAPI document.
//!
//! Source: SPEC.md, section 6.

mod endpoint;
mod route;
mod routes;

use serde_json::{Value, json};

pub use self::endpoint::Endpoint;
pub use self::route::{Body, Route};
pub use self::routes::{CSS, HTML, JAVASCRIPT, NDJSON, OPEN_METRICS_TEXT, PROMETHEUS_TEXT, ROUTES};
use super::openapi::Document;

/// Returns the OpenAPI document of the admin plane.
#[must_use]
pub fn document() -> Value {
    let mut document = Document::new();
    for route in ROUTES {
        document.add(route.operation());
    }
    let mut document = document.finish("codeid, the admin plane", DESCRIPTION);
    let components = document.pointer_mut("/components");
    if let Some(components) = components.and_then(Value::as_object_mut) {
        let token = json!({"token": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of `admin.tokens-path`.",
        }});
        components.insert("securitySchemes".to_owned(), token);
    }
    document
}

const DESCRIPTION: &str = "The state of a running daemon, and the commands that change it. A process \
    that can open the Unix socket may do everything; over TCP a token identifies the caller. A \
    connection carries one request. Every change is a POST of JSON, and a line in the audit log.";
