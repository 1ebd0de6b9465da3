//! The body of a request, read strictly: the two parameters, or why it is not a request at all.

mod plain;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use codeid_engine::{CodeValue, OpenId};
use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::strict_json;

/// The most elements of a batch.
pub(crate) const MAX_ELEMENTS: usize = 1024;

/// Why a body is no request.
///
/// Displays as one sentence, which tells nothing of the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// The body is not what the interface takes, as this sentence says.
    Malformed(String),
    /// The batch has more than 1024 elements.elements.
    TooManyElements,
}

/// The parameters of one request, as they were given.
#[derive(Debug)]
pub(crate) struct Parameters<'a> {
    code_value: Parameter<'a>,
    open_id: Parameter<'a>,
}

/// A parameter as it was given.
enum Parameter<'a> {
    Missing,
    /// It is not a string, but this.
    Mistyped(&'static str),
    Text(Cow<'a, str>),
}

/// Reads the one object of a request.
///
/// # Errors
///
/// [`RequestError::Malformed`] if the body is not JSON in UTF-8, is no object, repeats a key or
/// holds a lone surrogate, at whatever depth.
pub(crate) fn read_one(body: &[u8]) -> Result<Parameters<'_>, RequestError> {
    let text = read_text(body)?;
    if let Some(parameters) = plain::read(text) {
        return Ok(parameters);
    }
    require_kind(text, "an object")?;
    read(text, ObjectReader { enclosing: 0 })
}

/// Reads the array of a batch; an element that is no object has no parameters.
///
/// # Errors
///
/// [`RequestError`] if the body is not JSON in UTF-8, is no array, has too many elements, or an
/// object in it repeats a key or holds a lone surrogate, at whatever depth.
pub(crate) fn read_batch(body: &[u8]) -> Result<Vec<Element<'_>>, RequestError> {
    let text = read_text(body)?;
    require_kind(text, "an array")?;
    let elements = read(text, ArrayReader)?;
    if elements.len() > MAX_ELEMENTS {
        return Err(RequestError::TooManyElements);
    }
    elements.into_iter().map(read_element).collect()
}

/// Checks that the body is one object, without looking for parameters.
///
/// # Errors
///
/// As [`read_one`].
pub(crate) fn require_object(body: &[u8]) -> Result<(), RequestError> {
    read_one(body).map(|_| ())
}

/// One element of a batch: the parameters, or what it is instead of an object.
pub(crate) type Element<'a> = Result<Parameters<'a>, &'static str>;

impl Parameters<'_> {
    /// The parameters, if both have the type and length they must have.
    ///
    /// # Errors
    ///
    /// One sentence that names the parameter, what is allowed, and what was given.
    pub(crate) fn check(&self) -> Result<(CodeValue<'_>, OpenId<'_>), String> {
        let code_value = self
            .code_value
            .text("codeValue", 1, CodeValue::MAX_CHARACTERS)?;
        let open_id =
            self.open_id
                .text("openId", OpenId::MIN_CHARACTERS, OpenId::MAX_CHARACTERS)?;
        let sentence = |error: codeid_engine::ParameterError| format!("{error}.");
        Ok((
            CodeValue::new(code_value).map_err(sentence)?,
            OpenId::new(open_id).map_err(sentence)?,
        ))
    }
}

impl Parameter<'_> {
    fn text(&self, name: &str, min: usize, max: usize) -> Result<&str, String> {
        let given = match self {
            Self::Text(text) => return Ok(text),
            Self::Missing => "missing",
            Self::Mistyped(kind) => kind,
        };
        Err(format!(
            "{name} must be a string of {min} to {max} characters, it is {given}."
        ))
    }
}

/// Tells the length only.
impl fmt::Debug for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::Mistyped(kind) => f.write_str(kind),
            Self::Text(text) => write!(f, "{} bytes", text.len()),
        }
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(sentence) => f.write_str(sentence),
            Self::TooManyElements => {
                write!(f, "The batch has more than {MAX_ELEMENTS} elements.")
            }
        }
    }
}

impl std::error::Error for RequestError {}

pub(crate) fn read_text(body: &[u8]) -> Result<&str, RequestError> {
    std::str::from_utf8(body).map_err(|error| {
        let at = error.valid_up_to();
        RequestError::Malformed(format!("The body is not valid UTF-8 at byte {at}."))
    })
}

/// Looks at the first character only; the rest is for the parser.
pub(crate) fn require_kind(text: &str, required: &str) -> Result<(), RequestError> {
    match kind_of(text) {
        Some(kind) if kind == required => Ok(()),
        Some(kind) => Err(RequestError::Malformed(format!(
            "The body must be {required}, it is {kind}."
        ))),
        None => Err(RequestError::Malformed("The body is not JSON.".to_owned())),
    }
}

/// What a JSON text is, by its first character.
pub(crate) fn kind_of(text: &str) -> Option<&'static str> {
    match text.bytes().find(|b| !b" \t\r\n".contains(b))? {
        b'{' => Some("an object"),
        b'[' => Some("an array"),
        b'"' => Some("a string"),
        b't' | b'f' => Some("a boolean"),
        b'n' => Some("null"),
        b'-' | b'0'..=b'9' => Some("a number"),
        _ => None,
    }
}

pub(crate) fn read<'a, S: DeserializeSeed<'a>>(
    text: &'a str,
    seed: S,
) -> Result<S::Value, RequestError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    seed.deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| {
            // Neither kind of message tells content: those of the parser are fixed texts, and those
            // of the readers below are ours.
            RequestError::Malformed(match error.classify() {
                Category::Data => format!("The body {error}."),
                _ => format!("The body is not JSON: {error}."),
            })
        })
}

fn read_element(element: &RawValue) -> Result<Element<'_>, RequestError> {
    if let Some(parameters) = plain::read(element.get()) {
        return Ok(Ok(parameters));
    }
    match kind_of(element.get()) {
        Some("an object") => read(element.get(), ObjectReader { enclosing: 1 }).map(Ok),
        kind => {
            strict_json::check(element, 1).map_err(|laxity| {
                RequestError::Malformed(format!("The body {}.", laxity.describe()))
            })?;
            Ok(Err(kind.unwrap_or("no JSON")))
        }
    }
}

/// Reads the elements of an array, one more than allowed at most.
struct ArrayReader;

impl<'de> DeserializeSeed<'de> for ArrayReader {
    type Value = Vec<&'de RawValue>;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
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
            // What is beyond the bound is parsed, but not kept: malformed wins over too many.
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

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
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
                        return Err(A::Error::custom("has an object with a repeated key"));
                    }
                    let value: &RawValue = from.next_value()?;
                    strict_json::check(value, self.enclosing + 1)
                        .map_err(|laxity| A::Error::custom(laxity.describe()))?;
                    continue;
                }
            };
            if !matches!(parameter, Parameter::Missing) {
                return Err(A::Error::custom(format_args!("has {key} more than once")));
            }
            *parameter = read_parameter(from.next_value()?, self.enclosing)
                .map_err(|laxity| A::Error::custom(laxity.describe()))?;
        }
        Ok(parameters)
    }
}

fn read_parameter(
    value: &RawValue,
    enclosing: usize,
) -> Result<Parameter<'_>, strict_json::Laxity> {
    match kind_of(value.get()) {
        Some("a string") => strict_json::decode(value.get()).map(Parameter::Text),
        kind => {
            strict_json::check(value, enclosing + 1)?;
            Ok(Parameter::Mistyped(kind.unwrap_or("no JSON")))
        }
    }
}

/// Reads a string, without a copy where it has no escapes.
pub(crate) struct TextReader;

impl<'de> DeserializeSeed<'de> for TextReader {
    type Value = Cow<'de, str>;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for TextReader {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests;
