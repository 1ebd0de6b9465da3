//! The body of a command: one JSON object, with the members that the schema of its type names.

use std::marker::PhantomData;

use schemars::generate::{Contract, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::api::apply::whole_number;
use crate::error_chain::sentence;
use crate::json::{self, BodyError, Kind};

/// The most unknown members that a message names.
const MAX_NAMED: usize = 3;

/// The most characters of an unknown member's name that a message shows.
const MAX_NAME_CHARACTERS: usize = 64;

/// Parses a body as JSON. No message quotes a value of the body.
///
/// # Errors
///
/// [`Refusal`] if the body is not strict JSON, or not a `T`; it names every member that is wrong.
pub(super) fn parse_json<T: DeserializeOwned + JsonSchema>(body: &[u8]) -> Result<T, Refusal> {
    let text = strict_object(body).map_err(|error| {
        Refusal::malformed(match &error {
            // Not serde's message, which names what it expected in the characters of JSON.
            BodyError::Syntax(error) => format!("The body is not JSON{}.", position(error)),
            error => sentence(error),
        })
    })?;
    let object = serde_json::from_str(text).map_err(|error| refuse_value(&error))?;
    let faults = faults(&schema_of::<T>(), &object);
    if !faults.is_empty() {
        return Err(Refusal::malformed(format!("{}.", faults.join("; "))));
    }
    serde_json::from_str(text).map_err(|error| refuse_value(&error))
}

/// Refuses a value of a body that is JSON, such as a number beyond those of 64 bits.
fn refuse_value(error: &serde_json::Error) -> Refusal {
    // Not serde's message, which may quote the body.
    let position = position(error);
    Refusal::malformed(format!(
        "The body has a value that this path does not take{position}."
    ))
}

fn position(error: &serde_json::Error) -> String {
    format!(", at line {}, column {}", error.line(), error.column())
}

/// Returns the text of a body that is one strict object.
fn strict_object(body: &[u8]) -> Result<&str, BodyError> {
    let text = json::read_text(body)?;
    // As it is written: what follows the grammar is JSON, also if it is refused.
    let object: &RawValue = json::parse_kind(text, Kind::Object, PhantomData)?;
    json::check(object, 0).map_err(BodyError::NotStrict)?;
    Ok(text)
}

/// Returns the schema of a type that is read.
fn schema_of<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.contract = Contract::Deserialize;
    });
    settings.into_generator().into_root_schema_for::<T>()
}

/// Returns a clause for every member that is missing, wrong or unknown.
fn faults(schema: &Schema, object: &Map<String, Value>) -> Vec<String> {
    let none = Map::new();
    let known = schema.get("properties").and_then(Value::as_object);
    let known = known.unwrap_or(&none);
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|n| n == name));
    let of_known = known.iter().filter_map(|(name, schema)| {
        let expected = Expected::new(schema)?;
        let actual = match object.get(name) {
            None if is_required(name) => " but is missing".to_owned(),
            Some(value) if !expected.accepts(value) => match Kind::of(value) {
                kind if kind == expected.kind => String::new(),
                kind => format!(" but is {kind}"),
            },
            _ => return None,
        };
        Some(format!("{name} must be {}{actual}", expected.words()))
    });
    let unknown = object.keys().filter(|name| !known.contains_key(*name));
    let unknown: Vec<&String> = unknown.collect();
    of_known.chain(of_unknown(&unknown, known)).collect()
}

/// Returns the clause for the members that a path does not take.
fn of_unknown(unknown: &[&String], known: &Map<String, Value>) -> Option<String> {
    let named = unknown.iter().take(MAX_NAMED).map(|name| shown(name));
    let mut named: Vec<String> = named.collect();
    if unknown.len() > MAX_NAMED {
        named.push(format!("{} more", unknown.len() - MAX_NAMED));
    }
    let are = match unknown.len() {
        0 => return None,
        1 => "is not a member",
        _ => "are not members",
    };
    let known: Vec<String> = known.keys().cloned().collect();
    let known = match known.is_empty() {
        true => "none".to_owned(),
        false => listed(&known, "and"),
    };
    let named = listed(&named, "and");
    Some(format!(
        "{named} {are} that this path takes; it takes {known}"
    ))
}

/// Returns the name of an unknown member, with `?` for characters that names do not have.
fn shown(name: &str) -> String {
    if name.is_empty() {
        return "the empty name".to_owned();
    }
    let plain = |c: char| match c {
        '-' | '_' | '.' | '$' => c,
        c if c.is_ascii_alphanumeric() => c,
        _ => '?',
    };
    let mut shown: String = name.chars().take(MAX_NAME_CHARACTERS).map(plain).collect();
    if name.chars().nth(MAX_NAME_CHARACTERS).is_some() {
        shown.push('…');
    }
    shown
}

/// Returns `a, b and c`.
fn listed(words: &[String], conjunction: &str) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {conjunction} {last}", first.join(", ")),
    }
}

/// The values that a member may have.
struct Expected {
    kind: Kind,
    /// The only strings, if they are listed.
    words: Vec<String>,
    may_be_null: bool,
}

impl Expected {
    /// Reads the schema of a member; returns `None` for one that accepts anything.
    fn new(schema: &Value) -> Option<Self> {
        let constants = schema.get("oneOf").and_then(Value::as_array);
        let constants = constants.into_iter().flatten();
        let words = constants.filter_map(|constant| constant.get("const")?.as_str());
        let words: Vec<String> = words.map(str::to_owned).collect();
        let kinds = match schema.get("type") {
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(kind)) => vec![kind.as_str()],
            _ => Vec::new(),
        };
        let kind = match kinds.iter().find(|kind| **kind != "null") {
            Some(&"integer") => Kind::Number,
            Some(&"string") => Kind::String,
            None if !words.is_empty() => Kind::String,
            _ => return None,
        };
        Some(Self {
            kind,
            words,
            may_be_null: kinds.contains(&"null"),
        })
    }

    fn accepts(&self, value: &Value) -> bool {
        match value {
            Value::Null => self.may_be_null,
            Value::String(word) => {
                self.kind == Kind::String && (self.words.is_empty() || self.words.contains(word))
            }
            Value::Number(number) => self.kind == Kind::Number && whole_number(number).is_some(),
            _ => false,
        }
    }

    fn words(&self) -> String {
        let words = match self.kind {
            Kind::Number => format!("a whole number in digits from 0 to {}", u64::MAX),
            _ if self.words.is_empty() => "a string".to_owned(),
            _ => listed(&self.words, "or"),
        };
        match self.may_be_null {
            true => format!("{words} or null"),
            false => words,
        }
    }
}

#[cfg(test)]
mod tests;
