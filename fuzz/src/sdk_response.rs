//! Any bytes, read as the head and the body of a response to sdkProxy.

use std::sync::LazyLock;

use codeid_daemon::sdk_proxy::{CheckedResponse, ResponseError, Verifier};
use codeid_daemon::signature::{KeyVersion, SignedContent, SigningKey, VerifyingKeys};
use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderValue};
use serde_json::Value;

use crate::headers::{split_headers, split_line};

const CLIENT_ID: &str = "FUZZ_CLIENT";

/// The keys of an upstream, and a verifier for its responses.
struct Gateway {
    key: SigningKey,
    verifier: Verifier,
}

static GATEWAY: LazyLock<Gateway> = LazyLock::new(|| {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("RSA is supported");
    let version = KeyVersion::new(1).expect("1 is a valid version");
    let mut keys = VerifyingKeys::new();
    keys.add_pem(version, pair.public_key_pem().as_bytes())
        .expect("a generated key is valid");
    Gateway {
        key: SigningKey::from_pem(pair.serialize_pem().as_bytes(), version)
            .expect("a generated key is valid"),
        verifier: Verifier::new(CLIENT_ID.to_owned(), keys),
    }
});

/// Checks that a response is accepted only if its status is 200, its only signature is valid for its
/// only time, and another parser finds a result in it; or if it has no signature, and another parser finds a
/// refusal and nothing else in it.
///
/// The first line of the input is the status, followed by `!` if the body is to be signed correctly.
/// Header fields follow up to an empty line, and then the body.
///
/// # Panics
///
/// If the property does not hold.
pub fn sdk_response(bytes: &[u8]) {
    let Some((status, signed, mut headers, body)) = split(bytes) else {
        return;
    };
    if signed {
        sign(&mut headers, body);
    }
    match GATEWAY.verifier.check(status, &headers, body) {
        Ok(CheckedResponse::Unverified(_)) => {
            assert!(!headers.contains_key("signature") && status == StatusCode::OK);
            assert!(is_refusal_alone(body) != Some(false));
        }
        Ok(CheckedResponse::Verified(_)) => {
            assert!(signed && status == StatusCode::OK);
            for name in ["signature", "response-time"] {
                assert_eq!(headers.get_all(name).iter().count(), 1);
            }
            assert!(has_result(body) != Some(false));
        }
        Err(refused) => {
            assert!(!refused.to_string().is_empty());
            if refused == ResponseError::Unreadable {
                assert!(signed);
            }
        }
    }
    // Another parser writes every member once, so that a correctly signed result must be accepted.
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        let body = value.to_string();
        let mut headers = HeaderMap::new();
        headers.insert("response-time", HeaderValue::from_static("t"));
        sign(&mut headers, body.as_bytes());
        let checked = GATEWAY
            .verifier
            .check(StatusCode::OK, &headers, body.as_bytes());
        match has_result(body.as_bytes()) {
            Some(true) => assert!(matches!(checked, Ok(CheckedResponse::Verified(_)))),
            Some(false) => assert_eq!(checked, Err(ResponseError::Unreadable)),
            None => {}
        }
    }
}

/// Splits the input into a status, whether to sign, header fields and a body.
fn split(bytes: &[u8]) -> Option<(StatusCode, bool, HeaderMap, &[u8])> {
    let (first, rest) = split_line(bytes)?;
    let status = StatusCode::from_bytes(first.get(..3)?).ok()?;
    let signed = first.get(3) == Some(&b'!');
    let (headers, body) = split_headers(rest)?;
    Some((status, signed, headers, body))
}

/// Signs a body with the time in the headers, if they have one that can be signed.
fn sign(headers: &mut HeaderMap, body: &[u8]) {
    let Some(Ok(time)) = headers.get("response-time").map(HeaderValue::to_str) else {
        return;
    };
    let content = SignedContent {
        path: "/aps/api/v1/mobile/sdkProxy",
        client_id: CLIENT_ID,
        time,
        body,
    };
    let signature = GATEWAY.key.sign(&content).expect("signing works");
    let signature = HeaderValue::try_from(signature).expect("a signature is visible ASCII");
    headers.append("signature", signature);
}

/// Returns `true` if another parser finds a `result` of a refusal and nothing else, and `None` for numbers
/// and depths that JSON allows but that parser does not.
fn is_refusal_alone(body: &[u8]) -> Option<bool> {
    let Value::Object(whole) = parse(body)? else {
        return Some(false);
    };
    let result = match whole.get("result") {
        Some(Value::String(inside)) => parse(inside.as_bytes())?,
        Some(result) => result.clone(),
        None => return Some(false),
    };
    let is_refusal = matches!(result["resultStatus"].as_str(), Some("F" | "U"));
    Some(whole.len() == 1 && is_refusal && result["resultCode"] != "SUCCESS")
}

/// Returns `true` if another parser finds a result, and `None` for numbers and depths that JSON allows
/// but that parser does not.
fn has_result(body: &[u8]) -> Option<bool> {
    let result = parse(body)?.get("result").cloned();
    Some(match result {
        Some(Value::Object(_)) => true,
        Some(Value::String(inside)) => parse(inside.as_bytes())?.is_object(),
        _ => false,
    })
}

/// Parses JSON; another text is `null`. Returns `None` for what JSON allows but the parser does not.
fn parse(bytes: &[u8]) -> Option<Value> {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => Some(value),
        Err(error) => {
            let error = error.to_string();
            let beyond = ["number out of range", "recursion limit exceeded"];
            (!beyond.iter().any(|limit| error.starts_with(limit))).then_some(Value::Null)
        }
    }
}
