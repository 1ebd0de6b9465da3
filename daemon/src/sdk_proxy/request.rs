//! The body of a request: read strictly from the caller, and written for the upstream.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::json::{self, BodyError, Kind, StrictJsonError, TextReader, write_string};

/// The names of the header and of the data: the interface's own, and those that the client SDK has
/// for Android and for iOS.
const PAIRS: [[&str; 2]; 3] = [
    ["sdkRequestHeader", "sdkRequestData"],
    ["httpProxyRequestHeader", "httpProxyRequestData"],
    ["proxyRequestHeader", "proxyRequestData"],
];

const CUSTOMER_ID: &str = "customerId";

/// A field that must be there as a string that is not empty, and is not; or fields of two pairs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Illegal;

/// What a caller sent, as far as it counts.
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
    Text(Cow<'a, str>),
}

impl<'a> SdkRequest<'a> {
    /// Reads the one object of a request.
    ///
    /// # Errors
    ///
    /// [`BodyError`] if the body is not JSON in UTF-8, is not an object, or repeats a key or holds a
    /// lone surrogate at any depth.
    pub fn read(body: &'a [u8]) -> Result<Self, BodyError> {
        json::parse_kind(json::read_text(body)?, Kind::Object, Reader)
    }

    /// The field `customerId`.
    ///
    /// # Errors
    ///
    /// [`Illegal`] if it is missing, empty or no string.
    pub fn customer_id(&self) -> Result<&str, Illegal> {
        self.customer_id.text()
    }

    /// Checks everything but the customer.
    ///
    /// # Errors
    ///
    /// [`Illegal`].
    pub fn check(&self) -> Result<(), Illegal> {
        self.sdk_fields().map(|_| ())
    }

    /// The body for the upstream, in which `customer_id` is the customer, whatever the field of that
    /// name says.
    ///
    /// # Errors
    ///
    /// [`Illegal`] as [`Self::check`].
    ///
    /// # Panics
    ///
    /// Never: strings and ASCII are UTF-8.
    pub fn for_upstream(&self, customer_id: &str) -> Result<String, Illegal> {
        let [header, data] = self.sdk_fields()?;
        let mut out = Vec::with_capacity(header.len() + data.len() + customer_id.len() + 128);
        for (start, text) in [
            ("{\"sdkRequestHeader\":", header),
            (",\"sdkRequestData\":", data),
            (",\"customerId\":", customer_id),
        ] {
            out.extend_from_slice(start.as_bytes());
            write_string(text, &mut out);
        }
        out.extend_from_slice(b"}");
        Ok(String::from_utf8(out).expect("strings and ASCII are UTF-8"))
    }

    fn sdk_fields(&self) -> Result<[&str; 2], Illegal> {
        let is_used = |pair: &&[Field<'_>; 2]| pair.iter().any(Field::is_given);
        let mut used = self.pairs.iter().filter(is_used);
        match (used.next(), used.next()) {
            (Some([header, data]), None) => Ok([header.text()?, data.text()?]),
            _ => Err(Illegal),
        }
    }

    /// Where the value of a key goes; `None`: nowhere.
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

    fn text(&self) -> Result<&str, Illegal> {
        match self {
            Self::Text(text) if !text.is_empty() => Ok(text),
            _ => Err(Illegal),
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
            match request.field(&key) {
                Some(field) if Kind::from_text(value.get()) == Some(Kind::String) => {
                    *field = json::decode_string(value.get())
                        .map(Field::Text)
                        .map_err(A::Error::custom)?;
                }
                field => {
                    json::check(value, 1).map_err(A::Error::custom)?;
                    if let Some(field) = field {
                        *field = Field::Mistyped;
                    }
                }
            }
            if !keys.insert(key) {
                return Err(A::Error::custom(StrictJsonError::RepeatedKey));
            }
        }
        Ok(request)
    }
}
