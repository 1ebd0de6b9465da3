//! JSON Schemas of the engine's types, which do not know of any, and of whole documents.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// Adds the schema of one type to a generator, and returns a schema that refers to it.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// Is [`SchemaOf`] for `T`.
pub fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// The schema of a [`codeid_engine::ConfigDigest`].
pub(super) enum Sha256 {}

/// The schema of a [`codeid_engine::InitLevel`].
pub(super) enum SourceLevel {}

/// The schema of a route config in a request or a response.
pub(super) enum RouteConfig {}

/// The schema of a document that may be anything.
pub(super) enum Anything {}

impl JsonSchema for Sha256 {
    fn schema_name() -> Cow<'static, str> {
        "Sha256".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The SHA-256 of the bytes of a route config.",
            "type": "string",
            "pattern": "^[0-9a-f]{64}$",
        })
    }
}

impl JsonSchema for SourceLevel {
    fn schema_name() -> Cow<'static, str> {
        "SourceLevel".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The level of a source, the highest first.",
            "enum": ["REMOTE", "LOCAL", "PRESET"],
        })
    }
}

impl JsonSchema for RouteConfig {
    fn schema_name() -> Cow<'static, str> {
        "RouteConfig".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A route config, as the JSON Schema of `codeid schema` describes it.",
            "type": "object",
        })
    }
}

impl JsonSchema for Anything {
    fn schema_name() -> Cow<'static, str> {
        "Anything".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({})
    }
}
