//! Validation of requests against the specification of Alipay+.

use codeid_daemon::count::counted;
use codeid_daemon::result::ApiResult;
use codeid_daemon::result::sdk_proxy as results;
use codeid_daemon::sdk_proxy::PATH;
use codeid_daemon::signature::{SignatureError, SignedContent, VerifyingKeys};
use hyper::HeaderMap;
use hyper::header::CONTENT_TYPE;
use serde_json::{Map, Value};

/// The fields of a request's body, each a string.
const FIELDS: [&str; 3] = ["sdkRequestHeader", "sdkRequestData", "customerId"];

/// The refusal of a request.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The result that Alipay+ would return.
    pub(super) result: ApiResult,
    /// The reason, which Alipay+ would not give. It contains nothing of the request's body.
    pub(super) why: String,
}

/// The reason why the body of a request is not that of sdkProxy.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum BodyError {
    /// The body is not a JSON object.
    #[error("the body is not a JSON object")]
    NotAnObject,
    /// The body lacks this field.
    #[error("the body has no {0}")]
    Missing(&'static str),
    /// This field is an empty string.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// This field is not a string.
    #[error("{0} is not a string")]
    NotAString(&'static str),
    /// The body has a field that is not one of [`FIELDS`].
    #[error("the body has fields other than {}", FIELDS.join(", "))]
    OtherFields,
}

/// Validates a request that was posted to the right path.
///
/// # Errors
///
/// [`Refusal`], for the first violation found.
pub(super) fn validate(
    client_id: &str,
    keys: &VerifyingKeys,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), Refusal> {
    if only(headers, "client-id", published("INVALID_CLIENT"))? != client_id {
        let why = format!("the header Client-Id is not {client_id}");
        return Err(refuse(published("INVALID_CLIENT"), why));
    }
    let media_type = only(
        headers,
        CONTENT_TYPE.as_str(),
        results::MEDIA_TYPE_NOT_ACCEPTABLE,
    )?;
    let plain = media_type.replace(' ', "").to_ascii_lowercase();
    if plain != "application/json;charset=utf-8" {
        return Err(refuse(
            results::MEDIA_TYPE_NOT_ACCEPTABLE,
            "the header Content-Type is not application/json; charset=UTF-8",
        ));
    }
    let time = only(headers, "request-time", results::PARAM_ILLEGAL)?;
    if !is_time(time.as_bytes()) {
        return Err(refuse(
            results::PARAM_ILLEGAL,
            "the header Request-Time is not of the form 2026-11-21T09:30:00+08:00",
        ));
    }
    let signature = only(headers, "signature", results::INVALID_SIGNATURE)?;
    let content = SignedContent {
        path: PATH,
        client_id,
        time,
        body,
    };
    let body = keys
        .verify(signature.as_bytes(), &content)
        .map_err(|error| match error {
            SignatureError::UnknownKeyVersion(_) => {
                refuse(published("KEY_NOT_FOUND"), error.to_string())
            }
            SignatureError::Mismatch => refuse(
                results::INVALID_SIGNATURE,
                format!(
                    "{error}; sign `POST {PATH}`, a line feed, `{client_id}.{time}.` and the {} of the body \
                     with the client's key",
                    counted(body.len(), "byte")
                ),
            ),
            _ => refuse(results::INVALID_SIGNATURE, error.to_string()),
        })?;
    validate_body(body.as_bytes())
        .map_err(|error| refuse(results::PARAM_ILLEGAL, error.to_string()))
}

fn validate_body(body: &[u8]) -> Result<(), BodyError> {
    let fields: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| BodyError::NotAnObject)?;
    for name in FIELDS {
        match fields.get(name) {
            None => return Err(BodyError::Missing(name)),
            Some(Value::String(text)) if text.is_empty() => return Err(BodyError::Empty(name)),
            Some(Value::String(_)) => {}
            Some(_) => return Err(BodyError::NotAString(name)),
        }
    }
    if fields.len() == FIELDS.len() {
        Ok(())
    } else {
        Err(BodyError::OtherFields)
    }
}

/// Returns the value of a header that must occur exactly once.
fn only<'a>(
    headers: &'a HeaderMap,
    name: &'static str,
    result: ApiResult,
) -> Result<&'a str, Refusal> {
    let mut values = headers.get_all(name).iter();
    let why = match (values.next(), values.next()) {
        (Some(value), None) => match value.to_str() {
            Ok(text) => return Ok(text),
            Err(_) => "is not text",
        },
        (None, _) => "is missing",
        (Some(_), Some(_)) => "occurs more than once",
    };
    Err(refuse(result, format!("the header {name} {why}")))
}

/// Returns `true` for an ISO 8601 time with an offset, to the second.
fn is_time(text: &[u8]) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00+00:00";
    text.len() == FORM.len()
        && text.iter().zip(FORM).all(|(given, form)| match form {
            b'0' => given.is_ascii_digit(),
            b'+' => matches!(given, b'+' | b'-'),
            _ => given == form,
        })
}

fn published(code: &str) -> ApiResult {
    let found = results::ALL.into_iter().find(|result| result.code == code);
    found.expect("the codes named here are published")
}

fn refuse(result: ApiResult, why: impl Into<String>) -> Refusal {
    Refusal {
        result,
        why: why.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_three_strings_and_no_other_field() {
        let table = [
            (
                r#"{"sdkRequestHeader":"h","sdkRequestData":"d","customerId":"c"}"#,
                "",
            ),
            ("[]", "the body is not a JSON object"),
            (
                r#"{"sdkRequestHeader":"h","customerId":"c"}"#,
                "the body has no sdkRequestData",
            ),
            (
                r#"{"sdkRequestHeader":"","sdkRequestData":"d","customerId":"c"}"#,
                "sdkRequestHeader is empty",
            ),
            (
                r#"{"sdkRequestHeader":"h","sdkRequestData":{},"customerId":"c"}"#,
                "sdkRequestData is not a string",
            ),
            (
                r#"{"sdkRequestHeader":"h","sdkRequestData":"d","customerId":"c","x":1}"#,
                "the body has fields other than sdkRequestHeader, sdkRequestData, customerId",
            ),
        ];
        for (body, expected) in table {
            let error = validate_body(body.as_bytes()).err();
            let why = error.map(|error| error.to_string()).unwrap_or_default();
            assert_eq!(why, expected, "{body}");
        }
    }

    #[test]
    fn times_have_an_offset_and_end_at_the_second() {
        assert!(is_time(b"2026-11-21T09:30:00+08:00"));
        assert!(is_time(b"2026-11-21T01:30:00-00:00"));
        for text in [
            "2026-11-21T01:30:00Z",
            "2026-11-21T01:30:00.5+08:00",
            "1795224600",
            "",
        ] {
            assert!(!is_time(text.as_bytes()), "{text}");
        }
    }
}
