//! A route of the admin plane: the facts that its router needs, and its description for OpenAPI.
//!
//! Source: SPEC.md, section 6.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde_json::json;

use super::endpoint::Endpoint;
use crate::api::headers;
use crate::api::method::Method;
use crate::api::openapi::{Content, Header, Location, Operation, Parameter, Response};
use crate::api::refusal::{ErrorCode, Refusal};
use crate::api::role::Role;
use crate::api::schema::{RouteConfig, SchemaOf, schema_of};

/// One method of one path.
#[derive(Clone, Debug)]
pub struct Route {
    /// The operation.
    pub endpoint: Endpoint,
    /// The method.
    pub method: Method,
    /// The path, in which a parameter stands between braces.
    pub path: &'static str,
    /// The role that a caller needs.
    pub role: Role,
    /// The name under which the audit log records the route; `None` if it neither changes anything nor shows
    /// what clients do.
    pub action: Option<&'static str>,
    /// The body that the route takes.
    pub body: Body,
    if_match: Option<IfMatch>,
    takes_override: bool,
    response: Content,
    returns_route_config: bool,
    errors: &'static [ErrorCode],
    summary: &'static str,
    description: &'static str,
}

/// The body of a request.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// No body.
    None,
    /// JSON with the schema of a type.
    Json(SchemaOf),
    /// A route config, or a text that is to be checked as one.
    RouteConfig(SchemaOf),
}

/// The use that a route makes of the header `If-Match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IfMatch {
    /// The header may be absent: any route config may be replaced then.
    Optional,
    /// A request without the header is refused.
    Required,
}

impl Route {
    /// A route with GET and HEAD, which needs the role `read`.
    pub(super) const fn get(endpoint: Endpoint, path: &'static str) -> Self {
        Self::new(Method::Get, endpoint, path)
    }

    /// A route with POST, which needs the role `read`.
    pub(super) const fn post(endpoint: Endpoint, path: &'static str) -> Self {
        Self::new(Method::Post, endpoint, path)
    }

    const fn new(method: Method, endpoint: Endpoint, path: &'static str) -> Self {
        Self {
            endpoint,
            method,
            path,
            role: Role::Read,
            action: None,
            body: Body::None,
            if_match: None,
            takes_override: false,
            response: Content::Empty,
            returns_route_config: false,
            errors: &[],
            summary: "",
            description: "",
        }
    }

    /// Has this summary, a line without a full stop.
    pub(super) const fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// Has this description, in whole sentences.
    pub(super) const fn described(mut self, description: &'static str) -> Self {
        self.description = description;
        self
    }

    /// Needs no token.
    pub(super) const fn open(mut self) -> Self {
        self.role = Role::Anonymous;
        self
    }

    /// Needs this role.
    pub(super) const fn needing(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// Changes the daemon, and is recorded in the audit log under this name.
    pub(super) const fn changing(mut self, action: &'static str) -> Self {
        self.role = Role::Operate;
        self.action = Some(action);
        self
    }

    /// Takes a body: JSON with the schema of `T`.
    pub(super) const fn taking<T: JsonSchema>(mut self) -> Self {
        self.body = Body::Json(schema_of::<T>);
        self
    }

    /// Takes a body: the text of a route config, with the schema of `T`.
    pub(super) const fn taking_candidate<T: JsonSchema>(mut self) -> Self {
        self.body = Body::RouteConfig(schema_of::<T>);
        self
    }

    /// Makes this use of the header `If-Match`.
    pub(super) const fn with_if_match(mut self, if_match: IfMatch) -> Self {
        self.if_match = Some(if_match);
        self
    }

    /// Is refused while an operator has frozen the live route config, unless the request overrides
    /// that.
    pub(super) const fn overriding(mut self) -> Self {
        self.takes_override = true;
        self
    }

    /// Responds with JSON with the schema of `T`.
    pub(super) const fn json<T: JsonSchema>(mut self) -> Self {
        self.response = Content::Json(schema_of::<T>);
        self
    }

    /// Responds with the text of a route config, byte for byte, and its digest as `ETag`.
    pub(super) const fn route_config(mut self) -> Self {
        self.returns_route_config = true;
        self.json::<RouteConfig>()
    }

    /// Responds with a text of this media type.
    pub(super) const fn text(mut self, media_type: &'static str) -> Self {
        self.response = Content::Text(media_type);
        self
    }

    /// May refuse with these codes, besides those that every route has.
    pub(super) const fn refusing(mut self, errors: &'static [ErrorCode]) -> Self {
        self.errors = errors;
        self
    }

    /// Returns the value of the path's parameter, if `path` is one of the route's paths. A route
    /// without a parameter has an empty one.
    #[must_use]
    pub fn parameter<'a>(&self, path: &'a str) -> Option<&'a str> {
        match self.path.split_once('{') {
            None => (self.path == path).then_some(""),
            Some((before, _)) => {
                let parameter = path.strip_prefix(before)?;
                (!parameter.is_empty() && !parameter.contains('/')).then_some(parameter)
            }
        }
    }

    /// Returns every code with which the route may refuse a request.
    fn refusals(&self) -> impl Iterator<Item = ErrorCode> {
        use ErrorCode::{
            Fault, Forbidden, ForeignOrigin, Malformed, MediaType, NotAudited, TooLarge,
            TooManyActions, TooSlow, Unauthorized,
        };
        let of_the_role: &[ErrorCode] = match self.role {
            Role::Anonymous => &[],
            // Every token has at least this role.
            Role::Metrics => &[Unauthorized],
            Role::Read | Role::Operate => &[Unauthorized, Forbidden],
        };
        let of_the_method: &[ErrorCode] = match self.method {
            Method::Get => &[],
            Method::Post => &[TooSlow, MediaType],
        };
        let of_the_audit: &[ErrorCode] = match self.action {
            None => &[],
            Some(_) => &[NotAudited, TooManyActions],
        };
        let of_all = &[Malformed, ForeignOrigin, TooLarge, Fault][..];
        [
            of_all,
            of_the_role,
            of_the_method,
            of_the_audit,
            self.errors,
        ]
        .into_iter()
        .flatten()
        .copied()
    }

    /// Describes every response but those to requests that are not HTTP.
    fn responses(&self) -> Vec<Response> {
        let etag = json!({"type": "string", "pattern": "^\"[0-9a-f]{64}\"$"});
        let headers = match self.returns_route_config {
            true => vec![Header {
                name: "ETag",
                description: "The SHA-256 of the route config, in quotes.",
                schema: etag,
            }],
            false => Vec::new(),
        };
        let carried_out = Response {
            headers,
            content: self.response,
            ..Response::new(200, "The request was carried out.")
        };
        let not_ready = (self.endpoint == Endpoint::Readyz).then(|| Response {
            content: self.response,
            ..Response::new(503, "The daemon is not ready.")
        });
        let mut by_status: BTreeMap<u16, BTreeSet<String>> = BTreeMap::new();
        for code in self.refusals() {
            by_status
                .entry(code.status())
                .or_default()
                .insert(code.to_string());
        }
        let refusals = by_status.into_iter();
        let refusals = refusals.map(|(status, codes)| refusal(status, &codes));
        [carried_out]
            .into_iter()
            .chain(not_ready)
            .chain(refusals)
            .collect()
    }

    fn parameters(&self) -> Vec<Parameter> {
        let in_path = self.path.split_once('{').map(|(_, rest)| {
            let name = rest.trim_end_matches('}');
            Parameter {
                name,
                location: Location::Path,
                description: match self.endpoint {
                    Endpoint::HistoryConfig => "The generation of the table.",
                    _ => "The file name of the module.",
                },
                is_required: true,
                schema: match self.endpoint {
                    Endpoint::HistoryConfig => json!({"type": "integer", "minimum": 0}),
                    _ => json!({"type": "string"}),
                },
            }
        });
        let if_match = self.if_match.map(|if_match| Parameter {
            name: "If-Match",
            location: Location::Header,
            description: "The SHA-256, in quotes, of the live route config that is to be replaced; \
                          `*` for any.",
            is_required: if_match == IfMatch::Required,
            schema: json!({"type": "string", "pattern": r#"^(\*|"[0-9a-f]{64}")$"#}),
        });
        let overrides = self.takes_override.then(|| Parameter {
            name: "X-Codeid-Override",
            location: Location::Header,
            description: "`true` to replace a route config that an operator has frozen with `freeze`.",
            is_required: false,
            schema: json!({"const": "true"}),
        });
        in_path
            .into_iter()
            .chain(if_match)
            .chain(overrides)
            .collect()
    }

    /// Returns the route as the OpenAPI document describes it.
    pub(super) fn operation(&self) -> Operation<'_> {
        let role = match self.role {
            Role::Anonymous => String::new(),
            role => format!("Needs the role `{role}`."),
        };
        let description = [self.description, &*role];
        let description: Vec<&str> = description
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        Operation {
            method: self.method,
            path: self.path,
            summary: self.summary,
            description: description.join(" "),
            needs_token: self.role > Role::Anonymous,
            parameters: self.parameters(),
            body: match self.body {
                Body::None => None,
                Body::Json(schema) | Body::RouteConfig(schema) => Some(schema),
            },
            responses: self.responses(),
        }
    }
}

/// Describes the refusals that have a status, by their codes.
fn refusal(status: u16, codes: &BTreeSet<String>) -> Response {
    let quoted: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let names: Vec<&str> = codes.iter().map(String::as_str).collect();
    let description = format!("The request was refused with {}.", quoted.join(" or "));
    let headers = match status {
        401 => vec![headers::www_authenticate()],
        415 => vec![headers::accept(), headers::accept_encoding()],
        _ => Vec::new(),
    };
    Response {
        shared_as: Some(format!("{status}-{}", names.join("-"))),
        headers,
        content: Content::Json(schema_of::<Refusal>),
        narrowed: Some(json!({"properties": {"error": {"enum": codes}}})),
        ..Response::new(status, &description)
    }
}
