//! The body of a request, read strictly.

mod plain;

use std::collections::HashSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use thiserror::Error;

use super::parameters::{Parameter, Parameters};
use crate::json::{self, BodyError, Kind, StrictJsonError, TextReader};

/// The most elements of a batch.
pub(crate) const MAX_ELEMENTS: usize = 1024;

/// The error for a body that is not a request.
///
/// Displays without any of the body's content.
#[derive(Debug, Error)]
pub enum RequestError {
    /// The body is not what the interface takes.
    #[error(transparent)]
    Malformed(#[from] BodyError),
    /// The batch has more than 1024 elements.
    #[error("the batch has more than {MAX_ELEMENTS} elements")]
    TooManyElements,
}

/// An element of a batch: its parameters, or its kind if it is not an object.
pub(crate) type Element<'a> = Result<Parameters<'a>, Kind>;

/// Reads the one object of a request.
///
/// # Errors
///
/// [`BodyError`] if the body is not JSON in UTF-8, is not an object, or repeats a key or holds a lone
/// surrogate at any depth.
pub(crate) fn read_one(body: &[u8]) -> Result<Parameters<'_>, BodyError> {
    let text = json::read_text(body)?;
    match plain::read(text) {
        Some(parameters) => Ok(parameters),
        None => json::parse_kind(text, Kind::Object, ObjectReader { enclosing: 0 }),
    }
}

/// Reads the array of a batch.
///
/// # Errors
///
/// [`RequestError`] if the body is not JSON in UTF-8, is not an array, has too many elements, or
/// repeats a key or holds a lone surrogate at any depth.
pub(crate) fn read_batch(body: &[u8]) -> Result<Vec<Element<'_>>, RequestError> {
    let text = json::read_text(body)?;
    let elements = json::parse_kind(text, Kind::Array, ArrayReader)?;
    if elements.len() > MAX_ELEMENTS {
        return Err(RequestError::TooManyElements);
    }
    let elements: Result<_, BodyError> = elements.into_iter().map(read_element).collect();
    Ok(elements?)
}

fn read_element(element: &RawValue) -> Result<Element<'_>, BodyError> {
    if let Some(parameters) = plain::read(element.get()) {
        return Ok(Ok(parameters));
    }
    match kind_of(element) {
        Kind::Object => json::parse(element.get(), ObjectReader { enclosing: 1 }).map(Ok),
        kind => {
            json::check(element, 1).map_err(BodyError::NotStrict)?;
            Ok(Err(kind))
        }
    }
}

fn kind_of(value: &RawValue) -> Kind {
    Kind::from_text(value.get()).expect("a raw value is JSON")
}

/// Reads the elements of an array, at most one more than are allowed.
struct ArrayReader;

impl<'de> DeserializeSeed<'de> for ArrayReader {
    type Value = Vec<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ArrayReader {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = from.next_element()? {
            // Elements beyond the limit are parsed and dropped: a malformed batch is reported as that.
            if elements.len() <= MAX_ELEMENTS {
                elements.push(element);
            }
        }
        Ok(elements)
    }
}

/// Reads the parameters of an object that lies inside `enclosing` arrays.
struct ObjectReader {
    enclosing: usize,
}

impl<'de> DeserializeSeed<'de> for ObjectReader {
    type Value = Parameters<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectReader {
    type Value = Parameters<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut parameters = Parameters {
            code_value: Parameter::Missing,
            open_id: Parameter::Missing,
        };
        let mut others = HashSet::new();
        while let Some(key) = from.next_key_seed(TextReader)? {
            let parameter = match &*key {
                "codeValue" => &mut parameters.code_value,
                "openId" => &mut parameters.open_id,
                _ => {
                    if !others.insert(key) {
                        return Err(A::Error::custom(StrictJsonError::RepeatedKey));
                    }
                    let value: &RawValue = from.next_value()?;
                    json::check(value, self.enclosing + 1).map_err(A::Error::custom)?;
                    continue;
                }
            };
            if !matches!(parameter, Parameter::Missing) {
                return Err(A::Error::custom(format_args!("has {key} more than once")));
            }
            *parameter =
                read_parameter(from.next_value()?, self.enclosing).map_err(A::Error::custom)?;
        }
        Ok(parameters)
    }
}

fn read_parameter(value: &RawValue, enclosing: usize) -> Result<Parameter<'_>, StrictJsonError> {
    match kind_of(value) {
        Kind::String => json::decode_string(value.get()).map(Parameter::Text),
        kind => {
            json::check(value, enclosing + 1)?;
            Ok(Parameter::Mistyped(kind))
        }
    }
}

#[cfg(test)]
mod tests;
