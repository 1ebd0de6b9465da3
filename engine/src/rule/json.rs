//! JSON with positions: each value borrows its own source text.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::json_hint;

/// A value of a document, not yet parsed.
///
/// Its position is the address of its text inside the document, so positions cost nothing until a
/// problem needs one.
#[derive(Clone, Copy)]
pub(super) struct Node<'a> {
    raw: &'a str,
}

/// A value, parsed by one level: elements and members are nodes again.
pub(super) enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// The number as it is written, so that decimals stay exact.
    Number(&'a str),
    /// A string, without its quotes and escapes.
    String(Cow<'a, str>),
    /// The elements, in order.
    Array(Vec<Node<'a>>),
    /// The members, in order; names may be repeated.
    Object(Vec<Member<'a>>),
}

/// A member of an object. Several members of an object may have the same name.
pub(super) struct Member<'a> {
    /// The name, with JSON's escapes resolved.
    pub(super) name: Cow<'a, str>,
    /// The name as it is written, for its position.
    pub(super) name_node: Node<'a>,
    /// The value.
    pub(super) value: Node<'a>,
}

/// The error of text that is not JSON, or of a string that is not Unicode.
pub(super) struct JsonError {
    /// The number of bytes of the document before the place of the problem.
    pub(super) offset: usize,
    /// One lower-case line.
    pub(super) message: String,
    /// The way to cure it, if the text looks like a known mistake.
    pub(super) hint: Option<&'static str>,
}

impl<'a> Node<'a> {
    /// Returns the outermost value of `document`, whose syntax is checked as a whole.
    ///
    /// # Errors
    ///
    /// [`JsonError`] if it is not JSON, or is nested too deeply.
    pub(super) fn document(document: &'a str) -> Result<Self, JsonError> {
        match serde_json::from_str::<&RawValue>(document) {
            Ok(raw) => Ok(Self { raw: raw.get() }),
            Err(error) => Err(JsonError::new(&error, document, 0)),
        }
    }

    /// Returns the offset in bytes of this value in `document`, to which it belongs.
    pub(super) fn offset(self, document: &str) -> usize {
        self.raw.as_ptr() as usize - document.as_ptr() as usize
    }

    /// Returns the offset in bytes in `document` of the character `index` of this string.
    pub(super) fn offset_in_string(self, document: &str, index: usize) -> usize {
        let text = &self.raw[1..];
        let mut at = 0;
        for _ in 0..index {
            at += written_length(&text[at..]);
        }
        self.offset(document) + 1 + at
    }

    /// Parses the value by one level.
    ///
    /// # Errors
    ///
    /// A string, or the name of a member, holds a lone surrogate. Nothing else can fail, since the
    /// document was checked.
    pub(super) fn value(self, document: &str) -> Result<Value<'a>, JsonError> {
        let value = match self.raw.as_bytes().first() {
            Some(b'n') => Ok(Value::Null),
            Some(b't') => Ok(Value::Bool(true)),
            Some(b'f') => Ok(Value::Bool(false)),
            Some(b'"') => serde_json::from_str::<Text<'_>>(self.raw).map(|t| Value::String(t.0)),
            Some(b'[') => serde_json::from_str::<Elements<'_>>(self.raw).map(|e| Value::Array(e.0)),
            Some(b'{') => serde_json::from_str::<Members<'_>>(self.raw).map(|m| Value::Object(m.0)),
            _ => Ok(Value::Number(self.raw)),
        };
        value.map_err(|error| JsonError::new(&error, self.raw, self.offset(document)))
    }
}

impl Value<'_> {
    /// Returns the type of the value, for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

impl JsonError {
    fn new(error: &serde_json::Error, text: &str, base: usize) -> Self {
        // serde_json numbers lines and the bytes of a line from 1; 0 means before the line.
        // Its offset may lie within a character, which has no position.
        let line_start = match error.line() {
            0 | 1 => 0,
            line => memchr::memchr_iter(b'\n', text.as_bytes())
                .nth(line - 2)
                .map_or(text.len(), |newline| newline + 1),
        };
        let mut offset = (line_start + error.column().saturating_sub(1)).min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let message = error.to_string();
        let message = message
            .split(" at line ")
            .next()
            .unwrap_or_default()
            .to_owned();
        Self {
            offset: base + offset,
            hint: json_hint::find(text, offset, &message),
            message,
        }
    }
}

/// Returns the number of bytes that the first character of a JSON string takes as it is written.
fn written_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match (bytes.first(), bytes.get(1)) {
        (Some(b'\\'), Some(b'u')) => {
            let unit = text
                .get(2..6)
                .and_then(|hex| u16::from_str_radix(hex, 16).ok());
            // A high surrogate is half a character, and the other half follows as another escape.
            if unit.is_some_and(|unit| (0xd800..0xdc00).contains(&unit)) {
                12
            } else {
                6
            }
        }
        (Some(b'\\'), _) => 2,
        _ => text.chars().next().map_or(0, char::len_utf8),
    }
}

struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

struct Elements<'a>(Vec<Node<'a>>);

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ElementsVisitor;
        impl<'de> Visitor<'de> for ElementsVisitor {
            type Value = Elements<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(raw) = seq.next_element::<&RawValue>()? {
                    elements.push(Node { raw: raw.get() });
                }
                Ok(Elements(elements))
            }
        }
        deserializer.deserialize_seq(ElementsVisitor)
    }
}

struct Members<'a>(Vec<Member<'a>>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    let text: Text<'de> =
                        serde_json::from_str(name.get()).map_err(serde::de::Error::custom)?;
                    members.push(Member {
                        name: text.0,
                        name_node: Node { raw: name.get() },
                        value: Node { raw: value.get() },
                    });
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}
