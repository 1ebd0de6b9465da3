//! The body of a request, read strictly.

mod elements;
mod plain;

use std::collections::HashSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use thiserror::Error;

use super::MAX_BODY_BYTES;
use super::parameters::{Parameter, Parameters};
use crate::json::{self, BodyError, Kind, StrictJsonError, TextReader};

pub(super) use self::elements::{ElementReader, Step};

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
    /// The element with this number, from 1, is not what the interface takes.
    #[error("in element {0} of the batch")]
    Element(usize, #[source] BodyError),
    /// The array of the batch is malformed at this byte.
    #[error("the body is not JSON: {expected} is expected at byte {at}")]
    Array {
        /// The characters that JSON allows there.
        expected: &'static str,
        /// The number of bytes before the place.
        at: usize,
    },
    /// The element with this number, from 1, has more bytes than a request for one code value.
    #[error("element {0} of the batch has more than {MAX_BODY_BYTES} bytes")]
    ElementTooLong(usize),
    /// The batch has more than 1024 elements.
    #[error("the batch has more than {MAX_ELEMENTS} elements")]
    TooManyElements,
}

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

/// Reads an object of a batch, which was read before.
///
/// # Panics
///
/// Panics if it was not.
pub(super) fn read_object(text: &str) -> Parameters<'_> {
    json::parse(text, ObjectReader { enclosing: 1 }).expect("the element was read before")
}

/// An element of a batch.
pub(super) enum ReadElement<'a> {
    /// An object, with its parameters.
    Object(Parameters<'a>),
    /// A value of another kind.
    Other(Kind),
}

impl<'a> ReadElement<'a> {
    /// Reads the element with this number from its text, which follows the grammar of JSON.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if it is not UTF-8, repeats a key or holds a lone surrogate at any depth.
    pub(super) fn from_json(text: &'a [u8], number: usize) -> Result<Self, RequestError> {
        let at_element = |error| RequestError::Element(number, error);
        let text = json::read_text(text).map_err(at_element)?;
        if let Some(parameters) = plain::read(text) {
            return Ok(Self::Object(parameters));
        }
        match Kind::from_text(text) {
            Some(Kind::Object) => {
                let read = json::parse(text, ObjectReader { enclosing: 1 });
                read.map(Self::Object).map_err(at_element)
            }
            kind => {
                let value: Result<&RawValue, _> =
                    serde_json::from_str(text).map_err(BodyError::Syntax);
                let checked =
                    value.and_then(|value| json::check(value, 1).map_err(BodyError::NotStrict));
                checked.map_err(at_element)?;
                Ok(Self::Other(kind.expect("the text is JSON")))
            }
        }
    }
}

fn kind_of(value: &RawValue) -> Kind {
    Kind::from_text(value.get()).expect("a raw value is JSON")
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
                return Err(A::Error::custom(format_args!(
                    "{key} occurs more than once"
                )));
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
