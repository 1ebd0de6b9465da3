//! The body of a request: parsed strictly from the caller, and written for the upstream.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::customer_id;
use super::illegal_request::{FieldError, IllegalRequest};
use super::interface::Interface;
use crate::json::{self, BodyError, Kind, StrictJsonError, TextReader, write_string};

/// The path of the interface.
pub const PATH: &str = "/aps/api/v1/mobile/sdkProxy";

/// The most bytes of a request's body.
pub(crate) const MAX_BODY_BYTES: usize = 1 << 20;

/// The names of a header and its data.
#[derive(Debug)]
pub(super) struct Pair {
    /// In a request.
    request: [&'static str; 2],
    /// In a response.
    pub(super) response: [&'static str; 2],
}

/// The pairs: the interface's own, and those of the client SDK for Android and for iOS.
static PAIRS: [Pair; 3] = [
    Pair {
        request: ["sdkRequestHeader", "sdkRequestData"],
        response: ["sdkResponseHeader", "sdkResponseData"],
    },
    Pair {
        request: ["httpProxyRequestHeader", "httpProxyRequestData"],
        response: ["httpProxyResponseHeader", "httpProxyResponseData"],
    },
    Pair {
        request: ["proxyRequestHeader", "proxyRequestData"],
        response: ["proxyResponseHeader", "proxyResponseData"],
    },
];

const CUSTOMER_ID: &str = "customerId";
const SCENE: &str = "scene";

/// A request of a caller, as it was given.
pub struct SdkRequest<'a> {
    /// Header and data of each pair.
    pairs: [[Field<'a>; 2]; 3],
    customer_id: Field<'a>,
    scene: Field<'a>,
}

/// A request that has what its interface needs, apart from the customer.
#[derive(Debug)]
pub struct LegalRequest<'a> {
    /// The one pair that is used.
    pub(super) pair: &'static Pair,
    /// In its quotes.
    header: &'a str,
    /// In its quotes.
    data: &'a str,
}

#[derive(Clone, Copy, Default)]
enum Field<'a> {
    #[default]
    Missing,
    /// A value of this kind.
    Mistyped(Kind),
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
    pub fn customer_id(&self) -> Result<Cow<'a, str>, IllegalRequest> {
        self.read_customer_id()
            .map_err(|error| IllegalRequest(vec![error]))
    }

    /// Returns the request, if it has the fields that `interface` needs, and the customer if
    /// `names_customer`.
    ///
    /// # Errors
    ///
    /// [`IllegalRequest`] if header, data or a field that is needed beside them are missing, empty or not
    /// strings, or if there are fields of different pairs.
    pub fn check(
        &self,
        interface: Interface,
        names_customer: bool,
    ) -> Result<LegalRequest<'a>, IllegalRequest> {
        let mut errors = Vec::new();
        if interface == Interface::Client {
            errors.extend(self.scene.quoted(SCENE).err());
        }
        let legal = self.sdk_fields(interface, &mut errors);
        if names_customer {
            errors.extend(self.read_customer_id().err());
        }
        match legal {
            Some(legal) if errors.is_empty() => Ok(legal),
            _ => Err(IllegalRequest(errors)),
        }
    }

    /// Returns the header and the data, or adds what is wrong with them to `errors`.
    fn sdk_fields(
        &self,
        interface: Interface,
        errors: &mut Vec<FieldError>,
    ) -> Option<LegalRequest<'a>> {
        let pairs = PAIRS.iter().zip(&self.pairs).skip(interface.first_pair());
        let used = pairs.filter_map(|(pair, fields)| {
            let mut named = fields.iter().zip(pair.request);
            let (_, given) = named.find(|(field, _)| field.is_given())?;
            Some((pair, fields, given))
        });
        let used: Vec<_> = used.collect();
        match *used {
            [] => {
                let missing = interface.names().map(FieldError::Missing);
                errors.extend(missing);
                None
            }
            [(pair, [header, data], _)] => {
                let mut quoted = |field: &Field<'a>, name| {
                    let quoted = field.quoted(name);
                    quoted.map_err(|error| errors.push(error)).ok()
                };
                let header = quoted(header, pair.request[0]);
                let data = quoted(data, pair.request[1]);
                Some(LegalRequest {
                    pair,
                    header: header?,
                    data: data?,
                })
            }
            [(_, _, first), (_, _, second), ..] => {
                errors.push(FieldError::TwoPairs(first, second));
                None
            }
        }
    }

    fn read_customer_id(&self) -> Result<Cow<'a, str>, FieldError> {
        let quoted = self.customer_id.quoted(CUSTOMER_ID)?;
        // The body is strict JSON, so that every string in it can be decoded.
        let customer_id =
            json::decode_string(quoted).map_err(|_| FieldError::Missing(CUSTOMER_ID))?;
        match customer_id::excess(&customer_id) {
            None => Ok(customer_id),
            Some(characters) => Err(FieldError::LongCustomerId(characters)),
        }
    }

    /// Returns the field that takes the value of a key, if there is one.
    fn field(&mut self, key: &str) -> Option<&mut Field<'a>> {
        match key {
            CUSTOMER_ID => return Some(&mut self.customer_id),
            SCENE => return Some(&mut self.scene),
            _ => {}
        }
        let names = PAIRS.iter().flat_map(|pair| pair.request);
        let fields = self.pairs.iter_mut().flatten();
        let mut known = names.zip(fields);
        known.find_map(|(name, field)| (name == key).then_some(field))
    }
}

impl LegalRequest<'_> {
    /// Returns the body for the upstream in pieces. It names `customer_id` as the customer, whatever the
    /// request itself names.
    ///
    /// Header and data are what the caller sent, to the byte: they can be long, and are not copied here.
    #[must_use]
    pub fn for_upstream(&self, customer_id: &str) -> [Cow<'_, [u8]>; 5] {
        let mut end = b",\"customerId\":".to_vec();
        write_string(customer_id, &mut end);
        end.push(b'}');
        [
            Cow::Borrowed(b"{\"sdkRequestHeader\":"),
            Cow::Borrowed(self.header.as_bytes()),
            Cow::Borrowed(b",\"sdkRequestData\":"),
            Cow::Borrowed(self.data.as_bytes()),
            Cow::Owned(end),
        ]
    }
}

impl Interface {
    /// Returns the index of the first pair that a request may have. Fields of a pair before it are unknown
    /// to the interface.
    const fn first_pair(self) -> usize {
        match self {
            Self::Server => 0,
            Self::Client => 1,
        }
    }

    /// Returns the names of header and data, for a message.
    const fn names(self) -> [&'static str; 2] {
        match self {
            Self::Server => PAIRS[0].request,
            Self::Client => [
                "httpProxyRequestHeader or proxyRequestHeader",
                "httpProxyRequestData or proxyRequestData",
            ],
        }
    }
}

impl<'a> Field<'a> {
    const fn is_given(&self) -> bool {
        !matches!(self, Self::Missing)
    }

    /// Returns the string in its quotes, unless it is empty. `name` is that of the field.
    fn quoted(&self, name: &'static str) -> Result<&'a str, FieldError> {
        match *self {
            Self::Missing => Err(FieldError::Missing(name)),
            Self::Mistyped(kind) => Err(FieldError::Mistyped(name, kind)),
            Self::Text("\"\"") => Err(FieldError::Empty(name)),
            Self::Text(quoted) => Ok(quoted),
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
            scene: Field::default(),
        };
        let mut keys = HashSet::new();
        while let Some(key) = from.next_key_seed(TextReader)? {
            let value: &RawValue = from.next_value()?;
            json::check(value, 1).map_err(A::Error::custom)?;
            if let Some(field) = request.field(&key) {
                *field = match Kind::from_text(value.get()) {
                    Some(Kind::String) => Field::Text(value.get()),
                    Some(kind) => Field::Mistyped(kind),
                    None => Field::Missing,
                };
            }
            if !keys.insert(key) {
                return Err(A::Error::custom(StrictJsonError::RepeatedKey));
            }
        }
        Ok(request)
    }
}
