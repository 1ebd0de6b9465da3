//! The upstream's answer: whether it is one, and what its `result` says.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::metrics::SdkProxyFigures;
use crate::result::sdk_proxy as results;

/// What an answer says about the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The published success.
    Success,
    /// Another published result, of this code.
    Failure(&'static str),
    /// A result whose code is not published, or is missing.
    Unpublished,
}

/// It is no JSON object with a `result` that is an object, or a string that holds one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

impl Outcome {
    /// The result code, as it is counted.
    pub(super) const fn counted(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failure(code) => code,
            Self::Unpublished => SdkProxyFigures::UNPUBLISHED,
        }
    }
}

/// Understands an answer's body.
///
/// # Errors
///
/// [`Unreadable`].
pub(super) fn understand(body: &[u8]) -> Result<Outcome, Unreadable> {
    let answer: Answer<'_> = serde_json::from_slice(body).map_err(|_| Unreadable)?;
    let result = answer.0.ok_or(Unreadable)?.get();
    let result: ResultCode = if result.starts_with('"') {
        let inside: String = serde_json::from_str(result).map_err(|_| Unreadable)?;
        serde_json::from_str(&inside).map_err(|_| Unreadable)?
    } else {
        serde_json::from_str(result).map_err(|_| Unreadable)?
    };
    Ok(match result.0.as_deref().and_then(results::find) {
        Some(result) if result.status == "S" => Outcome::Success,
        Some(result) => Outcome::Failure(result.code),
        None => Outcome::Unpublished,
    })
}

/// The value of `result`, if there is one.
struct Answer<'a>(Option<&'a RawValue>);

/// The value of `resultCode`, if it is a string.
struct ResultCode(Option<String>);

impl<'de: 'a, 'a> Deserialize<'de> for Answer<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Field("result")).map(Self)
    }
}

impl<'de> Deserialize<'de> for ResultCode {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = from.deserialize_map(Field("resultCode"))?;
        Ok(Self(value.and_then(|v| serde_json::from_str(v.get()).ok())))
    }
}

/// Takes one field of an object. A struct would do, but serde reads structs from arrays, too.
struct Field(&'static str);

impl<'de> Visitor<'de> for Field {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some((key, value)) = from.next_entry::<String, &RawValue>()? {
            if key == self.0 && found.replace(value).is_some() {
                return Err(serde::de::Error::duplicate_field(self.0));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_understood_as_an_object_and_as_a_string() {
        let table: [(&str, Result<Outcome, Unreadable>); 23] = [
            (
                r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}"#,
                Ok(Outcome::Success),
            ),
            (
                r#"{"result":"{\"resultCode\":\"SUCCESS\"}"}"#,
                Ok(Outcome::Success),
            ),
            (
                r#"{"a":1,"result":{"x":{},"resultCode":"INVALID_CLIENT"},"b":[]}"#,
                Ok(Outcome::Failure("INVALID_CLIENT")),
            ),
            (
                r#" {"result": " {\"resultCode\":\"\\u0053UCCESS\"} "} "#,
                Ok(Outcome::Success),
            ),
            (
                r#"{"r\u0065sult":{"resultCode":"SUCCESS"}}"#,
                Ok(Outcome::Success),
            ),
            (
                r#"{"result":{"resultCode":"ELSE"}}"#,
                Ok(Outcome::Unpublished),
            ),
            (r#"{"result":{"resultCode":7}}"#, Ok(Outcome::Unpublished)),
            (r#"{"result":{}}"#, Ok(Outcome::Unpublished)),
            (r#"{"result":"{}"}"#, Ok(Outcome::Unpublished)),
            (r#"{"result":"SUCCESS"}"#, Err(Unreadable)),
            (r#"{"result":""}"#, Err(Unreadable)),
            (r#"{"result":"\"{}\""}"#, Err(Unreadable)),
            (r#"{"result":null}"#, Err(Unreadable)),
            (r#"{"result":[]}"#, Err(Unreadable)),
            (r#"{"result":{},"result":{}}"#, Err(Unreadable)),
            (r#"{"Result":{}}"#, Err(Unreadable)),
            (r#"[{"result":{}}]"#, Err(Unreadable)),
            (r#"{"result":{}} x"#, Err(Unreadable)),
            (r#"{"result":{}"#, Err(Unreadable)),
            ("", Err(Unreadable)),
            ("null", Err(Unreadable)),
            ("<html>", Err(Unreadable)),
            ("{}", Err(Unreadable)),
        ];
        for (body, expected) in table {
            assert_eq!(understand(body.as_bytes()), expected, "{body}");
        }
        assert_eq!(
            understand(b"{\"result\":{},\"a\":\"\xff\"}"),
            Err(Unreadable)
        );
    }
}
