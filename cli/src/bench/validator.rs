//! Validation of responses.

use std::path::Path;

use memchr::memmem::Finder;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::failure::FailureKind;
use super::input::{InputError, read_file};
use super::reader::{resp_elements, resp_fields};
use super::response::Outcome;
use super::target::Protocol;

const NOT_A_BATCH: FailureKind =
    FailureKind::Malformed("not an array of one element for each code");

/// Decides whether a response is good.
#[derive(Debug)]
pub(super) struct Validator {
    protocol: Protocol,
    /// The number of code values in each request; `None` for one that is not in an array.
    batch: Option<usize>,
    /// The number of code values.
    codes: usize,
    /// The expected responses in the order of the codes; without them, any success is good.
    expected: Option<Vec<Expected>>,
    success: Finder<'static>,
}

/// The expected response to one code.
#[derive(Debug)]
struct Expected {
    /// The most likely spelling of the response: an equal one needs no parsing.
    bytes: Vec<u8>,
    /// Without `line`, `rule`, `explanation` and `detail`.
    fields: Map<String, Value>,
}

/// A response that is not good.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rejected<'a> {
    pub(super) kind: FailureKind,
    /// The index of the code value that failed, from 0; of a batch that failed as a whole, of the first.
    pub(super) code: usize,
    /// The response, or the part of it that is about the code value.
    pub(super) text: &'a [u8],
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
        batch: Option<usize>,
        expect: Option<&Path>,
        codes: usize,
    ) -> Result<Self, InputError> {
        let expected = match expect {
            None => None,
            Some(path) => Some(read_expected(protocol, path, codes)?),
        };
        Ok(Self {
            protocol: protocol.clone(),
            batch,
            codes,
            expected,
            success: Finder::new(br#""resultStatus":"S""#),
        })
    }

    /// Checks that `outcome` is a good response to the code value at `index`, from 0, or to the batch
    /// that begins with it.
    ///
    /// # Errors
    ///
    /// [`Rejected`] with the kind of a failed outcome; with [`FailureKind::Unexpected`] if the response is
    /// not the expected one; with [`FailureKind::NotIdentified`] if none is expected and it is not a
    /// success; with [`FailureKind::Malformed`] if a batch has the wrong number of elements.
    pub(super) fn check<'a>(
        &self,
        index: usize,
        outcome: &Outcome<'a>,
    ) -> Result<(), Rejected<'a>> {
        let rejected = |code, kind, outcome: &Outcome<'a>| Rejected {
            kind,
            code,
            text: match outcome {
                Outcome::Content(text) | Outcome::Failed(_, text) => text,
            },
        };
        let (Some(count), Outcome::Content(content)) = (self.batch, outcome) else {
            let checked = self.check_one(index, outcome);
            return checked.map_err(|kind| rejected(index, kind, outcome));
        };
        let check = |(at, element): (usize, Outcome<'a>)| {
            let code = (index + at) % self.codes;
            let checked = self.check_one(code, &element);
            checked.map_err(|kind| rejected(code, kind, &element))
        };
        let malformed = |kind| rejected(index, kind, outcome);
        if self.protocol == Protocol::IdentifyResp {
            let mut elements = resp_elements(content, count)
                .map_err(malformed)?
                .enumerate();
            return elements.try_for_each(check);
        }
        if self.expected.is_none() {
            // An array of successes has as many of these as elements: within a text, quotation marks are
            // escaped.
            return match self.success.find_iter(content).count() == count {
                true => Ok(()),
                false => Err(malformed(FailureKind::NotIdentified)),
            };
        }
        let elements: Vec<&'a RawValue> = match serde_json::from_slice(content) {
            Ok(elements) => elements,
            Err(_) => return Err(malformed(NOT_A_BATCH)),
        };
        if elements.len() != count {
            return Err(malformed(NOT_A_BATCH));
        }
        let outcomes = elements
            .into_iter()
            .map(|element| Outcome::Content(element.get().as_bytes()));
        outcomes.enumerate().try_for_each(check)
    }

    fn check_one(&self, index: usize, outcome: &Outcome<'_>) -> Result<(), FailureKind> {
        let expected = self.expected.as_ref().map(|responses| &responses[index]);
        match (outcome, expected) {
            (Outcome::Failed(FailureKind::ErrorReply(word), _), Some(expected)) => {
                match expected.failure() {
                    Some(code) if word.is(code) => Ok(()),
                    Some(_) => Err(FailureKind::Unexpected),
                    None => Err(FailureKind::ErrorReply(*word)),
                }
            }
            (Outcome::Failed(kind, _), _) => Err(*kind),
            (Outcome::Content(content), Some(expected)) => {
                let content = self.fields_of(content);
                if *content == expected.bytes || expected.equals(&self.protocol, content) {
                    Ok(())
                } else {
                    Err(FailureKind::Unexpected)
                }
            }
            (Outcome::Content(content), None) => match self.protocol {
                Protocol::IdentifyHttp { .. } | Protocol::IdentifyRespJson
                    if self.success.find(content).is_none() =>
                {
                    Err(FailureKind::NotIdentified)
                }
                _ => Ok(()),
            },
        }
    }

    /// Returns the part of a response to one code value that has its fields.
    fn fields_of<'a>(&self, content: &'a [u8]) -> &'a [u8] {
        if self.protocol != Protocol::IdentifyRespJson {
            return content;
        }
        // A bulk string: the line with its length, the text, and a line break.
        let text = content.splitn(2, |byte| *byte == b'\n').nth(1);
        text.map_or(content, |text| text.trim_ascii_end())
    }
}

impl Expected {
    fn new(protocol: &Protocol, mut fields: Map<String, Value>) -> Self {
        for only_from_identify in ["detail", "rule", "explanation"] {
            fields.remove(only_from_identify);
        }
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
            ..Validator::new(protocol, None, None, 1).unwrap()
        }
    }

    fn check(validator: &Validator, content: &str) -> Result<(), FailureKind> {
        let checked = validator.check(0, &Outcome::Content(content.as_bytes()));
        checked.map_err(|rejected| rejected.kind)
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
    fn json_in_a_bulk_string_is_compared_as_json() {
        let validator = validator(&Protocol::IdentifyRespJson, SUPPORTED);
        let bulk = |text: &str| format!("${}\r\n{text}\r\n", text.len());
        assert_eq!(check(&validator, &bulk(SUPPORTED)), Ok(()));
        let other = bulk(&SUPPORTED.replace("true", "false"));
        for reply in [&*other, "$-1\r\n", "$0\r\n\r\n"] {
            assert_eq!(check(&validator, reply), Err(FailureKind::Unexpected));
        }
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
        let check_error = |text: &'static [u8]| {
            let kind = FailureKind::ErrorReply(Word::from_text(text));
            illegal.check(0, &Outcome::Failed(kind, text))
        };
        assert_eq!(check_error(b"PARAM_ILLEGAL openId ..."), Ok(()));
        let unexpected = Rejected {
            kind: FailureKind::Unexpected,
            code: 0,
            text: b"ERR x",
        };
        assert_eq!(check_error(b"ERR x"), Err(unexpected));
        assert_eq!(check(&illegal, two), Err(FailureKind::Unexpected));
    }

    #[test]
    fn each_element_of_a_batch_is_checked() {
        let expected = |protocol: &Protocol| Validator {
            batch: Some(2),
            codes: 3,
            expected: Some(
                [SUPPORTED, SUPPORTED, ILLEGAL]
                    .map(|fields| Expected::new(protocol, serde_json::from_str(fields).unwrap()))
                    .into(),
            ),
            ..Validator::new(protocol, None, None, 3).unwrap()
        };
        let check = |validator: &Validator, first, content: &str| {
            let checked = validator.check(first, &Outcome::Content(content.as_bytes()));
            checked.map_err(|rejected| (rejected.kind, rejected.code))
        };
        let http = expected(&HTTP);
        let illegal_first = format!("[{ILLEGAL}, {SUPPORTED}]");
        assert_eq!(check(&http, 2, &illegal_first), Ok(()));
        let unexpected = Err((FailureKind::Unexpected, 1));
        assert_eq!(check(&http, 1, &illegal_first), unexpected);
        for not_two in [SUPPORTED, "[]", &format!("[{SUPPORTED}]")] {
            assert_eq!(check(&http, 0, not_two), Err((NOT_A_BATCH, 0)));
        }
        let resp = expected(&Protocol::IdentifyResp);
        let map = "*4\r\n$11\r\nisSupported\r\n:1\r\n$9\r\ncodeValue\r\n$1\r\nx\r\n";
        let illegal_first = format!("*2\r\n-PARAM_ILLEGAL x\r\n{map}");
        assert_eq!(check(&resp, 2, &illegal_first), Ok(()));
        let refused = FailureKind::ErrorReply(Word::from_text(b"PARAM_ILLEGAL"));
        assert_eq!(check(&resp, 1, &illegal_first), Err((refused, 1)));
        assert_eq!(check(&resp, 0, map), Err((NOT_A_BATCH, 0)));
        let any = Validator::new(&HTTP, Some(2), None, 3).unwrap();
        assert_eq!(
            check(&any, 0, &format!("[{SUPPORTED},{SUPPORTED}]")),
            Ok(())
        );
        let not_identified = Err((FailureKind::NotIdentified, 0));
        assert_eq!(
            check(&any, 0, &format!("[{SUPPORTED},{ILLEGAL}]")),
            not_identified
        );
    }

    #[test]
    fn without_expected_responses_only_a_success_is_good() {
        let validator = Validator::new(&HTTP, None, None, 1).unwrap();
        assert_eq!(check(&validator, SUPPORTED), Ok(()));
        assert_eq!(check(&validator, ILLEGAL), Err(FailureKind::NotIdentified));
    }
}
