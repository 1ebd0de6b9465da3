//! The body of a request: parsed strictly from the caller, and written for the upstream.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::customer_id::is_customer_id;
use crate::json::{self, BodyError, Kind, StrictJsonError, TextReader, write_string};

/// The path of the interface.
pub const PATH: &str = "/aps/api/v1/mobile/sdkProxy";

/// The most bytes of a request's body.
pub(crate) const MAX_BODY_BYTES: usize = 1 << 20;

/// The names of the header and the data: the interface's own, and those of the client SDK for Android
/// and for iOS.
const PAIRS: [[&str; 2]; 3] = [
    ["sdkRequestHeader", "sdkRequestData"],
    ["httpProxyRequestHeader", "httpProxyRequestData"],
    ["proxyRequestHeader", "proxyRequestData"],
];

const CUSTOMER_ID: &str = "customerId";

/// A request without a field that it needs as a string that is not empty, with a customer's ID that is too
/// long, or with fields of two pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IllegalRequest;

/// A request of a caller.
pub struct SdkRequest<'a> {
    /// Header and data of each pair.
    pairs: [[Field<'a>; 2]; 3],
    customer_id: Field<'a>,
}

#[derive(Default)]
enum Field<'a> {
    #[default]
    Missing,
    Mistyped,
    /// A string as the caller wrote it, in its quotes.
    Text(&'a str),
}

impl<'a> SdkRequest<'a> {
    /// Parses the one object of a request.
    ///
    /// # Errors
    ///
    /// [`BodyError`] if the body is not JSON in UTF-8, is not an object, or at any depth
    /// repeats a key or contains a lone surrogate.
    pub fn parse(body: &'a [u8]) -> Result<Self, BodyError> {
        json::parse_kind(json::read_text(body)?, Kind::Object, Reader)
    }

    /// Returns the field `customerId`.
    ///
    /// # Errors
    ///
    /// [`IllegalRequest`] if it is missing, not a string, or does not have 1 to 256 characters.
    pub fn customer_id(&self) -> Result<Cow<'_, str>, IllegalRequest> {
        let quoted = self.customer_id.quoted()?;
        let customer_id = json::decode_string(quoted).map_err(|_| IllegalRequest)?;
        is_customer_id(&customer_id)
            .then_some(customer_id)
            .ok_or(IllegalRequest)
    }

    /// Checks everything but the customer.
    ///
    /// # Errors
    ///
    /// [`IllegalRequest`] if header or data are missing, empty, not strings, or of different pairs.
    pub fn check(&self) -> Result<(), IllegalRequest> {
        self.sdk_fields().map(|_| ())
    }

    /// Returns the body for the upstream in pieces. It names `customer_id` as the customer, whatever the
    /// request itself names.
    ///
    /// Header and data are what the caller sent, to the byte: they can be long, and are not copied here.
    ///
    /// # Errors
    ///
    /// [`IllegalRequest`] if [`Self::check`] fails.
    pub fn for_upstream(&self, customer_id: &str) -> Result<[Cow<'_, [u8]>; 5], IllegalRequest> {
        let [header, data] = self.sdk_fields()?;
        let mut end = b",\"customerId\":".to_vec();
        write_string(customer_id, &mut end);
        end.push(b'}');
        Ok([
            Cow::Borrowed(b"{\"sdkRequestHeader\":"),
            Cow::Borrowed(header.as_bytes()),
            Cow::Borrowed(b",\"sdkRequestData\":"),
            Cow::Borrowed(data.as_bytes()),
            Cow::Owned(end),
        ])
    }

    /// Returns the strings of the one pair that is used, in their quotes.
    fn sdk_fields(&self) -> Result<[&str; 2], IllegalRequest> {
        let is_used = |pair: &&[Field<'_>; 2]| pair.iter().any(Field::is_given);
        let mut used = self.pairs.iter().filter(is_used);
        match (used.next(), used.next()) {
            (Some([header, data]), None) => Ok([header.quoted()?, data.quoted()?]),
            _ => Err(IllegalRequest),
        }
    }

    /// Returns the field that takes the value of a key, if there is one.
    fn field(&mut self, key: &str) -> Option<&mut Field<'a>> {
        if key == CUSTOMER_ID {
            return Some(&mut self.customer_id);
        }
        let names = PAIRS.iter().flatten();
        let fields = self.pairs.iter_mut().flatten();
        let mut known = names.zip(fields);
        known.find_map(|(name, field)| (*name == key).then_some(field))
    }
}

impl Field<'_> {
    const fn is_given(&self) -> bool {
        !matches!(self, Self::Missing)
    }

    /// Returns the string in its quotes, unless it is empty.
    fn quoted(&self) -> Result<&str, IllegalRequest> {
        match self {
            Self::Text(quoted) if *quoted != "\"\"" => Ok(quoted),
            _ => Err(IllegalRequest),
        }
    }
}

/// Reads the fields of an object.
struct Reader;

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = SdkRequest<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = SdkRequest<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut request = SdkRequest {
            pairs: Default::default(),
            customer_id: Field::default(),
        };
        let mut keys = HashSet::new();
        while let Some(key) = from.next_key_seed(TextReader)? {
            let value: &RawValue = from.next_value()?;
            json::check(value, 1).map_err(A::Error::custom)?;
            if let Some(field) = request.field(&key) {
                *field = match Kind::from_text(value.get()) {
                    Some(Kind::String) => Field::Text(value.get()),
                    _ => Field::Mistyped,
                };
            }
            if !keys.insert(key) {
                return Err(A::Error::custom(StrictJsonError::RepeatedKey));
            }
        }
        Ok(request)
    }
}
