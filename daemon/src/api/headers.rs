//! The headers of responses, as the OpenAPI documents describe them.
//!
//! Source: SPEC.md, section 6.

use serde_json::json;

use super::openapi::Header;

/// The header that names the table which answered.
pub(super) fn generation() -> Header {
    Header {
        name: "X-Codeid-Generation",
        description: "The generation of the live table; absent if there is none.",
        schema: json!({"type": "integer", "minimum": 1}),
    }
}

/// The header of a status 405.
pub(super) fn allow() -> Header {
    Header {
        name: "Allow",
        description: "The methods that the path takes.",
        schema: json!({"type": "string"}),
    }
}

/// The header of a status 415 for a media type.
pub(super) fn accept() -> Header {
    Header {
        name: "Accept",
        description: "The media type that the path takes; absent if only the `Content-Encoding` is refused.",
        schema: json!({"const": "application/json"}),
    }
}

/// The header of a status 415 for a content coding.
pub(super) fn accept_encoding() -> Header {
    Header {
        name: "Accept-Encoding",
        description: "The only content coding that the path takes; absent if the `Content-Type` is refused.",
        schema: json!({"const": "identity"}),
    }
}

/// The header that names the rule which decided.
pub(super) fn rule() -> Header {
    Header {
        name: "X-Codeid-Rule",
        description: "The id of the rule that decided; absent if none did.",
        schema: json!({"type": "string"}),
    }
}

/// The header of a response that no signature proves.
pub(super) fn unverified() -> Header {
    Header {
        name: "X-Codeid-Unverified",
        description: "`true` if the upstream refused the request without a signature; absent otherwise.",
        schema: json!({"const": "true"}),
    }
}

/// A header that is passed on from the upstream.
pub(super) fn of_the_upstream(name: &'static str) -> Header {
    Header {
        name,
        description: "The header of the upstream's response; absent from a response of the daemon.",
        schema: json!({"type": "string"}),
    }
}

/// The challenge of a request without a known token.
pub(super) fn www_authenticate() -> Header {
    Header {
        name: "WWW-Authenticate",
        description: "The scheme of the tokens.",
        schema: json!({"const": "Bearer"}),
    }
}
