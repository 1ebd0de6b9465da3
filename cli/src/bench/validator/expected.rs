//! The file of expected responses: lines as `codeid identify --file` prints them.

use std::path::{Path, PathBuf};

use codeid_daemon::count::counted;
use codeid_daemon::uri::opened_path;
use serde_json::{Map, Value};

use crate::bench::input::{InputError, read_file};
use crate::bench::reader::resp_fields;
use crate::bench::target::Protocol;

/// The fields of a response to one code value beside `result`, in the order in which codeid writes them.
const RESPONSE_FIELDS: [&str; 5] = [
    "isSupported",
    "postCodeMatchActionType",
    "codeValue",
    "redirectUrl",
    "userAgent",
];

/// The fields that a daemon does not send, or that are for people, and that are not compared.
const IGNORED_FIELDS: [&str; 3] = ["detail", "rule", "explanation"];

/// The most characters of a wrong text that an error shows.
const MAX_SHOWN_CHARACTERS: usize = 32;

/// The expected response to one code value.
#[derive(Debug)]
pub(super) struct Expected {
    /// The response as codeid spells it. One with these bytes is compared without an allocation.
    pub(super) bytes: Vec<u8>,
    /// `result`, which has a status and a code, and those of [`RESPONSE_FIELDS`] that the response has.
    fields: Map<String, Value>,
}

/// The reason why a file of expected responses cannot be used.
#[derive(Debug, thiserror::Error)]
pub(in crate::bench) enum ExpectedError {
    /// The file is not a text that can be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A line is not a JSON object.
    #[error("{}, line {line}: not a JSON object", opened_path(path))]
    NotAnObject {
        /// The path of the file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: u64,
        /// The error of the parser, with a column of that line.
        source: serde_json::Error,
    },
    /// A line is an object, but not the response to the code value at that line.
    #[error(
        "{}, line {line}: not a line of codeid identify --file",
        opened_path(path)
    )]
    NotAResponse {
        /// The path of the file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: u64,
        /// The field that is wrong.
        source: LineError,
    },
    /// There are more or fewer responses than code values.
    #[error(
        "{} has {} for {}",
        opened_path(path),
        counted(*responses, "response"),
        counted(*codes, "code")
    )]
    Count {
        /// The path of the file.
        path: PathBuf,
        /// The number of lines in the file.
        responses: usize,
        /// The number of code values in the run.
        codes: usize,
    },
}

/// The reason why a line is not one that `codeid identify --file` prints for its code value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::bench) enum LineError {
    /// A field has a value that it cannot have.
    #[error("{field} must be {allowed} but is {found}")]
    Value {
        /// The name of the field; of one within `result`, with that before a dot.
        field: &'static str,
        /// The values that the field can have.
        allowed: String,
        /// The beginning of the value, or its type; `missing` without one.
        found: String,
    },
    /// A field that no response has.
    #[error(
        "there is no field {0}: the fields are line, result, {fields}, {ignored}",
        fields = RESPONSE_FIELDS.join(", "),
        ignored = IGNORED_FIELDS.join(", ")
    )]
    UnknownField(String),
}

impl Expected {
    /// Returns the response that a line stands for, which has `line` as its number, from 1.
    ///
    /// # Errors
    ///
    /// [`LineError`] for the first field that a line with this number cannot have.
    pub(super) fn from_line(
        protocol: &Protocol,
        line: u64,
        mut fields: Map<String, Value>,
    ) -> Result<Self, LineError> {
        let number = fields.remove("line");
        if number != Some(Value::from(line)) {
            return Err(wrong("line", line, number.as_ref()));
        }
        Self::new(protocol, fields)
    }

    /// Returns the response with these fields.
    ///
    /// # Errors
    ///
    /// [`LineError`] for the first field that a response cannot have.
    pub(super) fn new(
        protocol: &Protocol,
        mut fields: Map<String, Value>,
    ) -> Result<Self, LineError> {
        for ignored in IGNORED_FIELDS {
            fields.remove(ignored);
        }
        check_fields(&fields)?;
        let bytes = match protocol {
            Protocol::IdentifyResp => encode(&fields),
            _ => Value::Object(fields.clone()).to_string().into_bytes(),
        };
        Ok(Self { bytes, fields })
    }

    /// Returns the result code, unless it is that of a success.
    pub(super) fn failure(&self) -> Option<&str> {
        let result = self.fields.get("result")?;
        let code = result.get("resultCode")?.as_str()?;
        (result.get("resultStatus")? != "S").then_some(code)
    }

    /// Returns `true` if `content` has the same fields, in any order and spelling.
    pub(super) fn equals(&self, protocol: &Protocol, content: &[u8]) -> bool {
        if content == self.bytes {
            return true;
        }
        if *protocol == Protocol::IdentifyResp {
            let Some(given) = resp_fields(content) else {
                return false;
            };
            // Its `result` is not a part of a reply.
            self.failure().is_none()
                && given.len() == self.fields.len() - 1
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

/// Reads the expected responses, one for each of the `codes`.
///
/// # Errors
///
/// [`ExpectedError`] if the file cannot be read, a line is not a response, or there are not as many lines as `codes`.
pub(super) fn read_expected(
    protocol: &Protocol,
    path: &Path,
    codes: usize,
) -> Result<Vec<Expected>, ExpectedError> {
    let mut responses = Vec::with_capacity(codes);
    for (text, line) in read_file(path)?.lines().zip(1_u64..) {
        let fields = serde_json::from_str(text).map_err(|source| ExpectedError::NotAnObject {
            path: path.to_owned(),
            line,
            source,
        })?;
        let response = Expected::from_line(protocol, line, fields);
        responses.push(response.map_err(|source| ExpectedError::NotAResponse {
            path: path.to_owned(),
            line,
            source,
        })?);
    }
    if responses.len() != codes {
        return Err(ExpectedError::Count {
            path: path.to_owned(),
            responses: responses.len(),
            codes,
        });
    }
    Ok(responses)
}

fn check_fields(fields: &Map<String, Value>) -> Result<(), LineError> {
    let result = match fields.get("result") {
        Some(Value::Object(result)) => result,
        other => return Err(wrong("result", "an object", other)),
    };
    let status = result.get("resultStatus");
    if !matches!(status.and_then(Value::as_str), Some("S" | "F" | "U")) {
        let allowed = r#""S", "F" or "U""#;
        return Err(wrong("result.resultStatus", allowed, status));
    }
    let code = result.get("resultCode");
    if !code.is_some_and(Value::is_string) {
        return Err(wrong("result.resultCode", "a text", code));
    }
    for field in RESPONSE_FIELDS {
        match (field, fields.get(field)) {
            (_, None) | ("isSupported", Some(Value::Bool(_))) => {}
            ("isSupported", other) => return Err(wrong(field, "true or false", other)),
            (_, Some(Value::String(_))) => {}
            (_, other) => return Err(wrong(field, "a text", other)),
        }
    }
    let is_known = |name: &str| name == "result" || RESPONSE_FIELDS.contains(&name);
    match fields.keys().find(|name| !is_known(name)) {
        Some(name) => Err(LineError::UnknownField(beginning(name))),
        None => Ok(()),
    }
}

fn wrong(field: &'static str, allowed: impl ToString, found: Option<&Value>) -> LineError {
    let found = match found {
        None => "missing".to_owned(),
        Some(Value::String(text)) => format!("\"{}\"", beginning(text)),
        Some(Value::Array(_)) => "an array".to_owned(),
        Some(Value::Object(_)) => "an object".to_owned(),
        Some(other) => other.to_string(),
    };
    LineError::Value {
        field,
        allowed: allowed.to_string(),
        found,
    }
}

/// Returns the first [`MAX_SHOWN_CHARACTERS`] of `text`, followed by `…` if there are more.
fn beginning(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARACTERS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Encodes `fields`, which were checked, as a RESP2 reply.
fn encode(fields: &Map<String, Value>) -> Vec<u8> {
    let present = RESPONSE_FIELDS
        .iter()
        .filter_map(|name| Some((name, fields.get(*name)?)));
    let mut reply = format!("*{}\r\n", present.clone().count() * 2);
    for (name, value) in present {
        reply += &format!("${}\r\n{name}\r\n", name.len());
        match value {
            Value::String(text) => reply += &format!("${}\r\n{text}\r\n", text.len()),
            flag => reply += &format!(":{}\r\n", u8::from(*flag == Value::Bool(true))),
        }
    }
    reply.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(line: &str) -> String {
        let fields = serde_json::from_str(line).unwrap();
        let refused = Expected::from_line(&Protocol::IdentifyResp, 2, fields);
        refused.unwrap_err().to_string()
    }

    #[test]
    fn a_line_that_is_not_a_response_is_refused_with_what_its_field_may_be() {
        let result = r#""result": {"resultStatus": "S", "resultCode": "SUCCESS"}"#;
        for (line, message) in [
            ("{}".to_owned(), "line must be 2 but is missing"),
            (r#"{"line": 7}"#.to_owned(), "line must be 2 but is 7"),
            (
                r#"{"line": 2}"#.to_owned(),
                "result must be an object but is missing",
            ),
            (
                r#"{"line": 2, "result": 5}"#.to_owned(),
                "result must be an object but is 5",
            ),
            (
                r#"{"line": 2, "result": {"resultStatus": "X"}}"#.to_owned(),
                r#"result.resultStatus must be "S", "F" or "U" but is "X""#,
            ),
            (
                format!(
                    r#"{{"line": 2, "result": {{"resultStatus": "{}"}}}}"#,
                    "é".repeat(33)
                ),
                &format!(
                    r#"result.resultStatus must be "S", "F" or "U" but is "{}…""#,
                    "é".repeat(32)
                ),
            ),
            (
                r#"{"line": 2, "result": {"resultStatus": "F", "resultCode": []}}"#.to_owned(),
                "result.resultCode must be a text but is an array",
            ),
            (
                format!(r#"{{"line": 2, {result}, "isSupported": 1}}"#),
                "isSupported must be true or false but is 1",
            ),
            (
                format!(r#"{{"line": 2, {result}, "codeValue": null}}"#),
                "codeValue must be a text but is null",
            ),
            (
                format!(r#"{{"line": 2, {result}, "supported": true}}"#),
                "there is no field supported: the fields are line, result, isSupported, \
                 postCodeMatchActionType, codeValue, redirectUrl, userAgent, detail, rule, explanation",
            ),
        ] {
            assert_eq!(refusal(&line), message);
        }
    }
}
