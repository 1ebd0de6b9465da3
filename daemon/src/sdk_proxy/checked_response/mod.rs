//! Upstream responses that may be returned to the caller, and what they hold.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::json;
use crate::metrics::SdkProxyFigures;
use crate::result::ApiResult;
use crate::result::sdk_proxy as results;
use crate::signature::VerifiedBody;

/// The most bytes of a refusal without a signature. Those of Alipay+ have a few hundred.
const MAX_REFUSAL_BYTES: usize = 64 << 10;

/// An upstream response that may be returned to the caller.
#[derive(Debug, PartialEq, Eq)]
pub enum CheckedResponse<'a> {
    /// Its signature was verified.
    Verified(VerifiedResponse<'a>),
    /// It has no signature, and is no more than a refusal.
    Unverified(UnverifiedRefusal),
}

/// A response whose signature was verified. Only its parser makes one.
#[derive(Debug, PartialEq, Eq)]
pub struct VerifiedResponse<'a> {
    result: UpstreamResult,
    header: Member<'a>,
    data: Member<'a>,
}

/// A refusal by the upstream that no signature proves, since the upstream cannot sign for a client that
/// it does not know. Only its parser makes one.
#[derive(Debug, PartialEq, Eq)]
pub struct UnverifiedRefusal {
    result: UpstreamResult,
}

/// The `result` of an upstream response: those of its members that are strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamResult {
    code: Option<String>,
    status: Option<String>,
    message: Option<String>,
}

/// The properties by which a request is counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    /// The result code, or the name that stands for one that is not published.
    pub(super) code: &'static str,
    /// `true` if no signature proves the response.
    pub(super) is_unverified: bool,
}

/// A body that is not a JSON object with a `result` that is an object, or a string that contains one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

impl CheckedResponse<'_> {
    /// Returns the result.
    pub(super) const fn result(&self) -> &UpstreamResult {
        match self {
            Self::Verified(response) => &response.result,
            Self::Unverified(refusal) => &refusal.result,
        }
    }

    /// Returns how the request is counted.
    pub(super) fn counted(&self) -> Counted {
        Counted {
            code: self.result().bounded_code(),
            is_unverified: matches!(self, Self::Unverified(_)),
        }
    }
}

impl<'a> VerifiedResponse<'a> {
    /// Parses a verified body.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] if the body has no result.
    pub(super) fn parse(body: VerifiedBody<'a>) -> Result<Self, Unreadable> {
        let members = Members::parse(body.as_bytes(), MEMBERS)?;
        let [result, header, data] = members.values;
        Ok(Self {
            result: UpstreamResult::parse(result)?,
            header,
            data,
        })
    }

    /// Returns `sdkResponseHeader` and `sdkResponseData` as the upstream wrote them, each if it is there
    /// and not `null`.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] if the body has one of them twice.
    pub(super) fn sdk_fields(&self) -> Result<[Option<&'a str>; 2], Unreadable> {
        let text = |member: Member<'a>| {
            let text = member.once()?.map(RawValue::get);
            Ok(text.filter(|text| *text != "null"))
        };
        Ok([text(self.header)?, text(self.data)?])
    }
}

impl UnverifiedRefusal {
    /// Parses a body that has no signature. Returns `None` unless it has a `result` and nothing else, whose
    /// `resultStatus` is `F` or `U`, and every reader must understand it in this way: no key is repeated, and
    /// the code is not `SUCCESS`. A body of more than 64 KiB is not a refusal either.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        if body.len() > MAX_REFUSAL_BYTES {
            return None;
        }
        let whole: &RawValue = serde_json::from_slice(body).ok()?;
        json::check(whole, 0).ok()?;
        let members = Members::parse(body, MEMBERS).ok()?;
        let [result, ..] = members.values;
        if members.count != 1 || !is_strict_inside(result) {
            return None;
        }
        let result = UpstreamResult::parse(result).ok()?;
        let is_refusal = matches!(result.status.as_deref(), Some("F" | "U"));
        (is_refusal && !result.is_success()).then_some(Self { result })
    }
}

/// Returns `true` unless `result` is a string that contains JSON that is not strict.
fn is_strict_inside(result: Member<'_>) -> bool {
    let Ok(Some(result)) = result.once() else {
        return false;
    };
    let Ok(inside) = serde_json::from_str::<String>(result.get()) else {
        return true;
    };
    serde_json::from_str(&inside).is_ok_and(|inside: &RawValue| json::check(inside, 0).is_ok())
}

impl UpstreamResult {
    fn parse(result: Member<'_>) -> Result<Self, Unreadable> {
        let result = result.once()?.ok_or(Unreadable)?.get();
        if !result.starts_with('"') {
            return Self::from_object(result);
        }
        let inside: String = serde_json::from_str(result).map_err(|_| Unreadable)?;
        Self::from_object(&inside)
    }

    fn from_object(object: &str) -> Result<Self, Unreadable> {
        let members = Members::parse(object.as_bytes(), RESULT_MEMBERS)?;
        let [code, status, message] = members.values;
        code.once()?;
        Ok(Self {
            code: code.text(),
            status: status.text(),
            message: message.text(),
        })
    }

    /// Returns `true` for the published success.
    pub(super) fn is_success(&self) -> bool {
        self.published().is_some_and(|result| result.status == "S")
    }

    /// Returns the published result with this code, if there is one.
    fn published(&self) -> Option<&'static ApiResult> {
        self.code.as_deref().and_then(results::find)
    }

    /// Returns the code under which the request is counted and logged: one of a few, whatever the upstream
    /// sends.
    pub(super) fn bounded_code(&self) -> &'static str {
        self.published()
            .map_or(SdkProxyFigures::UNPUBLISHED, |result| result.code)
    }

    /// Returns `resultCode`.
    pub(super) fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Returns `resultMessage`.
    pub(super) fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }
}

/// The members of a response that are read.
const MEMBERS: [&str; 3] = ["result", "sdkResponseHeader", "sdkResponseData"];

/// The members of a result that are read.
const RESULT_MEMBERS: [&str; 3] = ["resultCode", "resultStatus", "resultMessage"];

/// Some members of an object.
struct Members<'a> {
    /// In the order of the names that were asked for.
    values: [Member<'a>; 3],
    /// The number of all members of the object.
    count: usize,
}

/// A member of an object.
#[derive(Clone, Copy, Debug, Default)]
struct Member<'a> {
    /// The last value.
    value: Option<&'a RawValue>,
    /// `true` if there are several.
    is_repeated: bool,
}

impl<'a> Members<'a> {
    /// Parses an object, and returns the members with these names.
    fn parse(object: &'a [u8], names: [&'static str; 3]) -> Result<Self, Unreadable> {
        let mut parser = serde_json::Deserializer::from_slice(object);
        // The parser's errors are left out: they quote the body. A struct would do, but serde parses structs
        // from arrays, too.
        let members = parser.deserialize_map(MembersReader(names));
        let members = members.map_err(|_| Unreadable)?;
        parser.end().map_err(|_| Unreadable)?;
        Ok(members)
    }
}

impl<'a> Member<'a> {
    /// Returns the value.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] if there are several.
    fn once(self) -> Result<Option<&'a RawValue>, Unreadable> {
        match self.is_repeated {
            false => Ok(self.value),
            true => Err(Unreadable),
        }
    }

    /// Returns the value, if it is one string.
    fn text(self) -> Option<String> {
        serde_json::from_str(self.once().ok()??.get()).ok()
    }
}

impl PartialEq for Member<'_> {
    fn eq(&self, other: &Self) -> bool {
        let text = |member: &Self| member.value.map(RawValue::get);
        self.is_repeated == other.is_repeated && text(self) == text(other)
    }
}

impl Eq for Member<'_> {}

/// Takes the members of an object that have these names.
struct MembersReader([&'static str; 3]);

impl<'de> Visitor<'de> for MembersReader {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut members = Members {
            values: [Member::default(); 3],
            count: 0,
        };
        while let Some((key, value)) = from.next_entry::<String, &RawValue>()? {
            members.count += 1;
            let mut known = self.0.iter().zip(&mut members.values);
            if let Some((_, member)) = known.find(|(name, _)| **name == key) {
                member.is_repeated = member.value.replace(value).is_some();
            }
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests;
