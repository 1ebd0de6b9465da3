//! Validation of responses.

use std::path::Path;

use memchr::memmem::Finder;
use serde_json::{Map, Value};

use super::failure::FailureKind;
use super::input::{InputError, read_file};
use super::reader::resp_fields;
use super::response::Outcome;
use super::target::Protocol;

/// Decides whether a response is good.
#[derive(Debug)]
pub(super) struct Validator {
    protocol: Protocol,
    /// The expected responses in the order of the codes; without them, any success is good.
    expected: Option<Vec<Expected>>,
    success: Finder<'static>,
}

/// The expected response to one code.
#[derive(Debug)]
struct Expected {
    /// The most likely spelling of the response: an equal one needs no parsing.
    bytes: Vec<u8>,
    /// Without `line` and `detail`.
    fields: Map<String, Value>,
}

impl Validator {
    /// Reads the file of expected responses, if given.
    ///
    /// # Errors
    ///
    /// [`InputError`] if the file cannot be read, or does not have one response for each of the
    /// `codes`.
    pub(super) fn new(
        protocol: &Protocol,
        expect: Option<&Path>,
        codes: usize,
    ) -> Result<Self, InputError> {
        let expected = match expect {
            None => None,
            Some(path) => Some(read_expected(protocol, path, codes)?),
        };
        Ok(Self {
            protocol: protocol.clone(),
            expected,
            success: Finder::new(br#""resultStatus":"S""#),
        })
    }

    /// Checks that `outcome` is a good response to the code value at `index`, from 0.
    ///
    /// # Errors
    ///
    /// The kind of the failure: [`FailureKind::Unexpected`] if the response is not the expected one.
    pub(super) fn check(&self, index: usize, outcome: &Outcome<'_>) -> Result<(), FailureKind> {
        let expected = self.expected.as_ref().map(|responses| &responses[index]);
        match (outcome, expected) {
            (Outcome::Failed(FailureKind::ErrorReply(word)), Some(expected)) => {
                match expected.failure() {
                    Some(code) if word.is(code) => Ok(()),
                    Some(_) => Err(FailureKind::Unexpected),
                    None => Err(FailureKind::ErrorReply(*word)),
                }
            }
            (Outcome::Failed(kind), _) => Err(*kind),
            (Outcome::Content(content), Some(expected)) => {
                if *content == expected.bytes || expected.equals(&self.protocol, content) {
                    Ok(())
                } else {
                    Err(FailureKind::Unexpected)
                }
            }
            (Outcome::Content(content), None) => match self.protocol {
                Protocol::IdentifyHttp { .. } if self.success.find(content).is_none() => {
                    Err(FailureKind::NotIdentified)
                }
                _ => Ok(()),
            },
        }
    }
}

impl Expected {
    fn new(protocol: &Protocol, mut fields: Map<String, Value>) -> Self {
        fields.remove("detail");
        let mut bytes = Vec::new();
        if *protocol == Protocol::IdentifyResp {
            encode(&fields, &mut bytes);
        } else {
            bytes = Value::Object(fields.clone()).to_string().into_bytes();
        }
        Self { bytes, fields }
    }

    /// Returns the result code, unless it is that of a success.
    fn failure(&self) -> Option<&str> {
        let result = self.fields.get("result")?;
        let status = result.get("resultStatus")?;
        let code = result.get("resultCode")?.as_str()?;
        (status != "S").then_some(code)
    }

    /// Returns `true` if `content` has the same fields, in any order and spelling.
    fn equals(&self, protocol: &Protocol, content: &[u8]) -> bool {
        if *protocol == Protocol::IdentifyResp {
            let Some(given) = resp_fields(content) else {
                return false;
            };
            let is_result = |name: &&String| *name == "result";
            self.failure().is_none()
                && given.len() == self.fields.keys().filter(|name| !is_result(name)).count()
                && given
                    .iter()
                    .all(|(name, value)| self.fields.get(name) == Some(value))
        } else {
            let Ok(mut given) = serde_json::from_slice::<Map<String, Value>>(content) else {
                return false;
            };
            given.remove("detail");
            given == self.fields
        }
    }
}

/// Encodes `fields` as a RESP2 reply, in the order in which codeid writes them.
fn encode(fields: &Map<String, Value>, out: &mut Vec<u8>) {
    const NAMES: [&str; 5] = [
        "isSupported",
        "postCodeMatchActionType",
        "codeValue",
        "redirectUrl",
        "userAgent",
    ];
    let present = NAMES
        .iter()
        .filter_map(|name| Some((name, fields.get(*name)?)));
    out.extend_from_slice(format!("*{}\r\n", present.clone().count() * 2).as_bytes());
    for (name, value) in present {
        out.extend_from_slice(format!("${}\r\n{name}\r\n", name.len()).as_bytes());
        let value = match value {
            Value::Bool(value) => format!(":{}\r\n", u8::from(*value)),
            other => {
                let text = other.as_str().unwrap_or_default();
                format!("${}\r\n{text}\r\n", text.len())
            }
        };
        out.extend_from_slice(value.as_bytes());
    }
}

/// Reads the expected responses, one for each of the `codes`.
fn read_expected(
    protocol: &Protocol,
    path: &Path,
    codes: usize,
) -> Result<Vec<Expected>, InputError> {
    let mut responses = Vec::with_capacity(codes);
    for (text, line) in read_file(path)?.lines().zip(1_u64..) {
        let mut fields: Map<String, Value> =
            serde_json::from_str(text).map_err(|source| InputError::NotAnObject {
                path: path.to_owned(),
                line,
                source,
            })?;
        if fields.remove("line") != Some(Value::from(line)) || !fields.contains_key("result") {
            return Err(InputError::NotAResponse {
                path: path.to_owned(),
                line,
            });
        }
        responses.push(Expected::new(protocol, fields));
    }
    if responses.len() != codes {
        return Err(InputError::ResponseCount {
            path: path.to_owned(),
            responses: responses.len(),
            codes,
        });
    }
    Ok(responses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::failure::Word;

    const HTTP: Protocol = Protocol::IdentifyHttp {
        host: String::new(),
        path: String::new(),
    };

    fn validator(protocol: &Protocol, expected: &str) -> Validator {
        let fields = serde_json::from_str(expected).unwrap();
        Validator {
            expected: Some(vec![Expected::new(protocol, fields)]),
            ..Validator::new(protocol, None, 1).unwrap()
        }
    }

    fn check(validator: &Validator, content: &str) -> Result<(), FailureKind> {
        validator.check(0, &Outcome::Content(content.as_bytes()))
    }

    const SUPPORTED: &str = r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S"},"isSupported":true,"codeValue":"x"}"#;
    const ILLEGAL: &str =
        r#"{"result":{"resultCode":"PARAM_ILLEGAL","resultStatus":"F"},"detail":"Too long."}"#;

    #[test]
    fn http_responses_are_compared_as_json_without_the_detail() {
        let supported = validator(&HTTP, SUPPORTED);
        assert_eq!(check(&supported, SUPPORTED), Ok(()));
        let reordered = r#"{"codeValue":"\u0078", "isSupported":true,"result":{"resultStatus":"S","resultCode":"SUCCESS"}}"#;
        assert_eq!(check(&supported, reordered), Ok(()));
        for other in [
            &SUPPORTED.replace("true", "false")[..],
            &SUPPORTED.replace(",\"codeValue\":\"x\"", ""),
            "",
            "[]",
            "{",
        ] {
            assert_eq!(check(&supported, other), Err(FailureKind::Unexpected));
        }
        let illegal = validator(&HTTP, ILLEGAL);
        assert_eq!(check(&illegal, &ILLEGAL.replace("Too", "Way too")), Ok(()));
    }

    #[test]
    fn resp_replies_are_compared_by_their_fields() {
        let supported = validator(&Protocol::IdentifyResp, SUPPORTED);
        let two = "*4\r\n$11\r\nisSupported\r\n:1\r\n$9\r\ncodeValue\r\n$1\r\nx\r\n";
        assert_eq!(
            supported.expected.as_ref().unwrap()[0].bytes,
            two.as_bytes()
        );
        assert_eq!(check(&supported, two), Ok(()));
        let three = "%2\r\n+codeValue\r\n$1\r\nx\r\n+isSupported\r\n#t\r\n";
        assert_eq!(check(&supported, three), Ok(()));
        for other in [
            "*2\r\n$11\r\nisSupported\r\n:1\r\n",
            &three.replace("#t", "#f"),
        ] {
            assert_eq!(check(&supported, other), Err(FailureKind::Unexpected));
        }
        let illegal = validator(&Protocol::IdentifyResp, ILLEGAL);
        let outcome = |word: &[u8]| Outcome::Failed(FailureKind::ErrorReply(Word::from_text(word)));
        assert_eq!(
            illegal.check(0, &outcome(b"PARAM_ILLEGAL openId ...")),
            Ok(())
        );
        assert_eq!(
            illegal.check(0, &outcome(b"ERR x")),
            Err(FailureKind::Unexpected)
        );
        assert_eq!(check(&illegal, two), Err(FailureKind::Unexpected));
    }

    #[test]
    fn without_expected_responses_only_a_success_is_good() {
        let validator = Validator::new(&HTTP, None, 1).unwrap();
        assert_eq!(check(&validator, SUPPORTED), Ok(()));
        assert_eq!(check(&validator, ILLEGAL), Err(FailureKind::NotIdentified));
    }
}
