//! The `result` of an upstream response.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::metrics::SdkProxyFigures;
use crate::result::sdk_proxy as results;
use crate::signature::VerifiedBody;

/// The result of an upstream response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpstreamResult {
    /// The published success.
    Success,
    /// Another published result, of this code.
    Failure(&'static str),
    /// A result whose code is not published, or is missing.
    Unpublished,
}

/// A body that is not a JSON object with a `result` that is an object, or a string that contains one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

impl UpstreamResult {
    /// Parses the result of a verified body.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] if the body has no such result.
    pub(super) fn parse(body: VerifiedBody<'_>) -> Result<Self, Unreadable> {
        parse(body.as_bytes())
    }

    /// Returns the result code under which the request is counted.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failure(code) => code,
            Self::Unpublished => SdkProxyFigures::UNPUBLISHED,
        }
    }
}

/// The parser's errors are left out: they quote the body.
fn parse(body: &[u8]) -> Result<UpstreamResult, Unreadable> {
    let body: Body<'_> = serde_json::from_slice(body).map_err(|_| Unreadable)?;
    let result = body.0.ok_or(Unreadable)?.get();
    let result: ResultCode = if result.starts_with('"') {
        let inside: String = serde_json::from_str(result).map_err(|_| Unreadable)?;
        serde_json::from_str(&inside).map_err(|_| Unreadable)?
    } else {
        serde_json::from_str(result).map_err(|_| Unreadable)?
    };
    Ok(match result.0.as_deref().and_then(results::find) {
        Some(result) if result.status == "S" => UpstreamResult::Success,
        Some(result) => UpstreamResult::Failure(result.code),
        None => UpstreamResult::Unpublished,
    })
}

/// The value of the member `result`, if there is one.
struct Body<'a>(Option<&'a RawValue>);

/// The value of the member `resultCode`, if it is a string.
struct ResultCode(Option<String>);

impl<'de: 'a, 'a> Deserialize<'de> for Body<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Member("result")).map(Self)
    }
}

impl<'de> Deserialize<'de> for ResultCode {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = from.deserialize_map(Member("resultCode"))?;
        Ok(Self(value.and_then(|v| serde_json::from_str(v.get()).ok())))
    }
}

/// Takes one member of an object. A struct would do, but serde parses structs from arrays, too.
struct Member(&'static str);

impl<'de> Visitor<'de> for Member {
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
    fn a_result_is_an_object_or_a_string_that_contains_one() {
        let table: [(&str, Result<UpstreamResult, Unreadable>); 23] = [
            (
                r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}"#,
                Ok(UpstreamResult::Success),
            ),
            (
                r#"{"result":"{\"resultCode\":\"SUCCESS\"}"}"#,
                Ok(UpstreamResult::Success),
            ),
            (
                r#"{"a":1,"result":{"x":{},"resultCode":"INVALID_CLIENT"},"b":[]}"#,
                Ok(UpstreamResult::Failure("INVALID_CLIENT")),
            ),
            (
                r#" {"result": " {\"resultCode\":\"\\u0053UCCESS\"} "} "#,
                Ok(UpstreamResult::Success),
            ),
            (
                r#"{"r\u0065sult":{"resultCode":"SUCCESS"}}"#,
                Ok(UpstreamResult::Success),
            ),
            (
                r#"{"result":{"resultCode":"ELSE"}}"#,
                Ok(UpstreamResult::Unpublished),
            ),
            (
                r#"{"result":{"resultCode":7}}"#,
                Ok(UpstreamResult::Unpublished),
            ),
            (r#"{"result":{}}"#, Ok(UpstreamResult::Unpublished)),
            (r#"{"result":"{}"}"#, Ok(UpstreamResult::Unpublished)),
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
            assert_eq!(parse(body.as_bytes()), expected, "{body}");
        }
        assert_eq!(parse(b"{\"result\":{},\"a\":\"\xff\"}"), Err(Unreadable));
    }
}
