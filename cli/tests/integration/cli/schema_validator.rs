//! A validator for JSON Schema (2020-12) that supports the keywords of our schema and rejects
//! others.
//!
//! The libraries that support all keywords bring some thirty crates; this one needs a page.

use regex_automata::meta::Regex;
use serde_json::{Map, Value};

/// The root schema, into which every `$ref` points.
pub(crate) struct Validator<'a> {
    root: &'a Value,
}

impl<'a> Validator<'a> {
    pub(crate) const fn new(root: &'a Value) -> Self {
        Self { root }
    }

    pub(super) fn is_valid(&self, value: &Value) -> bool {
        self.accepts(self.root, value)
    }

    /// Returns `true` if `value` satisfies a schema of the document.
    pub(crate) fn accepts(&self, schema: &Value, value: &Value) -> bool {
        let schema = schema.as_object().expect("a schema is an object");
        schema
            .iter()
            .all(|(keyword, operand)| self.keyword(schema, keyword, operand, value))
    }

    /// Returns `true` if `value` satisfies a keyword. Most keywords apply to one type only.
    fn keyword(
        &self,
        schema: &Map<String, Value>,
        keyword: &str,
        operand: &Value,
        value: &Value,
    ) -> bool {
        let every = |schemas: &Value| {
            schemas
                .as_array()
                .unwrap()
                .iter()
                .map(|s| self.accepts(s, value))
                .collect::<Vec<_>>()
        };
        let text = value.as_str();
        let object = value.as_object();
        match keyword {
            "$schema" | "$id" | "$defs" | "title" | "description" | "default" => true,
            "$ref" => self.accepts(self.resolve(operand.as_str().unwrap()), value),
            "type" => match operand {
                Value::Array(types) => types
                    .iter()
                    .any(|name| is_of_type(value, name.as_str().unwrap())),
                name => is_of_type(value, name.as_str().unwrap()),
            },
            "const" => value == operand,
            "enum" => operand.as_array().unwrap().contains(value),
            "not" => !self.accepts(operand, value),
            "allOf" => every(operand).into_iter().all(|valid| valid),
            "anyOf" => every(operand).into_iter().any(|valid| valid),
            "oneOf" => every(operand).into_iter().filter(|valid| *valid).count() == 1,
            "if" => {
                let branch = if self.accepts(operand, value) {
                    "then"
                } else {
                    "else"
                };
                self.accepts(&schema[branch], value)
            }
            "then" | "else" => schema.contains_key("if"),
            "minLength" => text.is_none_or(|t| t.chars().count() >= number(operand)),
            "maxLength" => text.is_none_or(|t| t.chars().count() <= number(operand)),
            "pattern" => {
                let pattern = Regex::new(operand.as_str().unwrap()).unwrap();
                text.is_none_or(|t| pattern.is_match(t))
            }
            "minimum" => value
                .as_f64()
                .is_none_or(|n| n >= operand.as_f64().unwrap()),
            "maximum" => value
                .as_f64()
                .is_none_or(|n| n <= operand.as_f64().unwrap()),
            "maxItems" => value
                .as_array()
                .is_none_or(|items| items.len() <= number(operand)),
            "items" => value
                .as_array()
                .is_none_or(|items| items.iter().all(|i| self.accepts(operand, i))),
            "required" => object.is_none_or(|fields| {
                operand
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|n| fields.contains_key(n.as_str().unwrap()))
            }),
            "minProperties" => object.is_none_or(|fields| fields.len() >= number(operand)),
            "maxProperties" => object.is_none_or(|fields| fields.len() <= number(operand)),
            "properties" => object.is_none_or(|fields| {
                let schemas = operand.as_object().unwrap();
                schemas
                    .iter()
                    .all(|(n, s)| fields.get(n).is_none_or(|v| self.accepts(s, v)))
            }),
            "propertyNames" => object.is_none_or(|fields| {
                fields
                    .keys()
                    .all(|name| self.accepts(operand, &Value::from(name.as_str())))
            }),
            "additionalProperties" => object.is_none_or(|fields| {
                let known = schema.get("properties").and_then(Value::as_object);
                let is_known = |name: &str| known.is_some_and(|k| k.contains_key(name));
                let mut others = fields.iter().filter(|(name, _)| !is_known(name));
                match operand {
                    Value::Bool(allowed) => *allowed || others.next().is_none(),
                    schema => others.all(|(_, v)| self.accepts(schema, v)),
                }
            }),
            _ => panic!("the validator does not know {keyword:?}"),
        }
    }

    fn resolve(&self, reference: &str) -> &'a Value {
        let pointer = reference
            .strip_prefix('#')
            .expect("a reference is to the same document");
        self.root
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{reference} leads nowhere"))
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => panic!("the validator does not know the type {name:?}"),
    }
}

fn number(operand: &Value) -> usize {
    usize::try_from(operand.as_u64().unwrap()).unwrap()
}
