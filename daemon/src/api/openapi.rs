//! OpenAPI documents, from tables of routes and the types of their documents.
//!
//! Source: the OpenAPI Specification, version 3.1.

use std::collections::BTreeMap;

use schemars::generate::{Contract, SchemaSettings};
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::method::Method;
use super::schema::SchemaOf;

/// The place of the schemas in a document.
const SCHEMAS: &str = "/components/schemas";

/// One method of one path.
pub(super) struct Operation<'a> {
    /// The HTTP method.
    pub(super) method: Method,
    /// The path, with its parameters in braces.
    pub(super) path: &'a str,
    /// One line without a full stop.
    pub(super) summary: &'a str,
    /// Empty for none.
    pub(super) description: String,
    /// `true` if the operation needs a token over TCP.
    pub(super) needs_token: bool,
    /// The parameters of the path and of headers, in the order of the document.
    pub(super) parameters: Vec<Parameter>,
    /// The schema of the body, which is JSON.
    pub(super) body: Option<SchemaOf>,
    /// The responses, at most one for each status.
    pub(super) responses: Vec<Response>,
}

/// A parameter of an operation.
pub(super) struct Parameter {
    /// The name, as in the path or the header.
    pub(super) name: &'static str,
    /// The part of the request that has the parameter.
    pub(super) location: Location,
    /// Sentences about the parameter.
    pub(super) description: &'static str,
    /// `true` for a parameter that each request must have, as those of the path.
    pub(super) is_required: bool,
    /// The JSON Schema of the value.
    pub(super) schema: Value,
}

/// The part of a request that holds a parameter.
#[derive(Clone, Copy)]
pub(super) enum Location {
    /// A part of the path, between braces.
    Path,
    /// A header.
    Header,
}

/// A response to an operation.
pub(super) struct Response {
    /// The name under which operations share the response, if they do.
    pub(super) shared_as: Option<String>,
    /// The HTTP status, which is the key of the response.
    pub(super) status: u16,
    /// Sentences about when the response is sent.
    pub(super) description: String,
    /// The headers that matter to a caller.
    pub(super) headers: Vec<Header>,
    /// The body.
    pub(super) content: Content,
    /// Further keywords for the schema of the content, which is [`Content::Json`].
    pub(super) narrowed: Option<Value>,
}

/// A header of a response.
pub(super) struct Header {
    /// The name of the header.
    pub(super) name: &'static str,
    /// Sentences about the header.
    pub(super) description: &'static str,
    /// The JSON Schema of the value.
    pub(super) schema: Value,
}

/// The body of a response.
#[derive(Clone, Copy, Debug)]
pub enum Content {
    /// No body.
    Empty,
    /// JSON with the schema of a type.
    Json(SchemaOf),
    /// A text of a media type.
    Text(&'static str),
}

/// A document that is being written.
pub(super) struct Document {
    paths: BTreeMap<String, Map<String, Value>>,
    /// The responses that operations share, by name.
    responses: Map<String, Value>,
    /// The types as they are written.
    written: SchemaGenerator,
    /// The types as they are read: a member with a default may be absent.
    read: SchemaGenerator,
}

impl Document {
    /// Returns a document without routes.
    pub(super) fn new() -> Self {
        let generator = |contract| {
            let settings = SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = SCHEMAS.into();
                settings.meta_schema = None;
                settings.contract = contract;
            });
            settings.into_generator()
        };
        Self {
            paths: BTreeMap::new(),
            responses: Map::new(),
            written: generator(Contract::Serialize),
            read: generator(Contract::Deserialize),
        }
    }

    /// Adds an operation.
    ///
    /// # Panics
    ///
    /// If the document has the operation already, if two of its responses have the same status, or if
    /// another operation shares another response under the same name.
    pub(super) fn add(&mut self, operation: Operation<'_>) {
        let mut described = Map::new();
        let mut describe = |key: &str, value: Value| described.insert(key.to_owned(), value);
        let id = operation_id(operation.method, operation.path);
        describe("operationId", id.into());
        describe("summary", operation.summary.into());
        let security = match operation.needs_token {
            true => json!([{"token": []}, {}]),
            false => json!([]),
        };
        describe("security", security);
        if !operation.description.is_empty() {
            describe("description", operation.description.into());
        }
        if !operation.parameters.is_empty() {
            let parameters = operation.parameters.into_iter().map(Parameter::into_json);
            describe("parameters", parameters.collect());
        }
        if let Some(schema) = operation.body {
            let content = json!({"application/json": {"schema": schema(&mut self.read)}});
            let body = json!({"required": true, "content": content});
            describe("requestBody", body);
        }
        let mut responses = Map::new();
        for response in operation.responses {
            let status = response.status.to_string();
            let previous = responses.insert(status, self.response(response));
            assert!(previous.is_none(), "two responses of {}", operation.path);
        }
        described.insert("responses".to_owned(), responses.into());
        let methods = self.paths.entry(operation.path.to_owned()).or_default();
        let previous = methods.insert(key(operation.method).to_owned(), described.into());
        assert!(previous.is_none(), "two operations of {}", operation.path);
    }

    /// Returns the whole document.
    ///
    /// # Panics
    ///
    /// If a type is both read and written, and has not the same schema in both directions.
    pub(super) fn finish(mut self, title: &str, description: &str) -> Value {
        let mut schemas = self.written.take_definitions(true);
        for schema in schemas.values_mut() {
            if let Ok(schema) = schema.try_into() {
                RecursiveTransform(absent_instead_of_null).transform(schema);
            }
        }
        for (name, schema) in self.read.take_definitions(true) {
            let known = schemas.insert(name.clone(), schema.clone());
            assert!(
                known.is_none_or(|known| known == schema),
                "{name} is read and written differently"
            );
        }
        for schema in schemas.values_mut() {
            if let Ok(schema) = schema.try_into() {
                RecursiveTransform(unwrap_lines).transform(schema);
            }
        }
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": title,
                "version": "1",
                "description": description,
                "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
            },
            "paths": self.paths,
            "components": {"schemas": schemas, "responses": self.responses},
        })
    }

    fn response(&mut self, response: Response) -> Value {
        match response.shared_as.clone() {
            None => self.describe(response),
            Some(name) => {
                let reference = json!({"$ref": format!("#/components/responses/{name}")});
                let described = self.describe(response);
                let shared = self
                    .responses
                    .entry(&name)
                    .or_insert_with(|| described.clone());
                assert!(*shared == described, "two responses are named {name}");
                reference
            }
        }
    }

    fn describe(&mut self, response: Response) -> Value {
        let mut described = Map::new();
        described.insert("description".to_owned(), response.description.into());
        if !response.headers.is_empty() {
            let headers = response.headers.into_iter();
            let headers: Map<String, Value> = headers
                .map(|header| {
                    let described =
                        json!({"description": header.description, "schema": header.schema});
                    (header.name.to_owned(), described)
                })
                .collect();
            described.insert("headers".to_owned(), headers.into());
        }
        let content = match response.content {
            Content::Empty => return described.into(),
            Content::Json(schema) => {
                let schema = schema(&mut self.written).to_value();
                let schema = match response.narrowed {
                    None => schema,
                    Some(narrowed) => json!({"allOf": [schema, narrowed]}),
                };
                json!({"application/json": {"schema": schema}})
            }
            Content::Text(media_type) => json!({media_type: {"schema": {"type": "string"}}}),
        };
        described.insert("content".to_owned(), content);
        described.into()
    }
}

impl Response {
    /// Returns a response without headers and without a body.
    pub(super) fn new(status: u16, description: &str) -> Self {
        Self {
            shared_as: None,
            status,
            description: description.to_owned(),
            headers: Vec::new(),
            content: Content::Empty,
            narrowed: None,
        }
    }
}

impl Parameter {
    fn into_json(self) -> Value {
        json!({
            "name": self.name,
            "in": match self.location {
                Location::Path => "path",
                Location::Header => "header",
            },
            "description": self.description,
            "required": self.is_required,
            "schema": self.schema,
        })
    }
}

/// Returns a name for an operation: `post-v1-log-level` for `POST /v1/log-level`.
fn operation_id(method: Method, path: &str) -> String {
    let words = path.split(['/', '{', '}']).filter(|word| !word.is_empty());
    let words: Vec<&str> = [key(method)].into_iter().chain(words).collect();
    words.join("-")
}

/// Returns the name of a method in a document.
const fn key(method: Method) -> &'static str {
    match method {
        Method::Get => "get",
        Method::Post => "post",
    }
}

/// Takes `null` from the members of an object that may be absent: what is written leaves such a member out
/// instead.
fn absent_instead_of_null(schema: &mut Schema) {
    let required = schema.get("required").and_then(Value::as_array).cloned();
    let required = required.unwrap_or_default();
    let Some(Value::Object(members)) = schema.get_mut("properties") else {
        return;
    };
    for (name, member) in members {
        let is_required = required.iter().any(|required| required == name);
        let Some(member) = member.as_object_mut().filter(|_| !is_required) else {
            continue;
        };
        if let Some(Value::Array(kinds)) = member.get_mut("type") {
            kinds.retain(|kind| kind != "null");
            if let [kind] = &**kinds {
                let kind = kind.clone();
                member.insert("type".to_owned(), kind);
            }
        }
        if let Some(Value::Array(either)) = member.get_mut("anyOf") {
            either.retain(|schema| *schema != json!({"type": "null"}));
            if let [Value::Object(only)] = &**either {
                let only = only.clone();
                member.remove("anyOf");
                member.extend(only);
            }
        }
    }
}

/// Joins the lines of a description, which are those of a doc comment, and drops the formats of
/// integers, which are those of Rust.
fn unwrap_lines(schema: &mut Schema) {
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = description.replace("\n\n", "\u{0}").replace('\n', " ");
        *description = description.replace('\u{0}', "\n\n");
    }
    if schema.get("type").is_some_and(is_integer) {
        schema.remove("format");
    }
}

fn is_integer(kind: &Value) -> bool {
    match kind {
        Value::String(kind) => kind == "integer",
        Value::Array(kinds) => kinds.iter().any(is_integer),
        _ => false,
    }
}
