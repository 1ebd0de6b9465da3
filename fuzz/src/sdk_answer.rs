//! Any bytes, as the head and the body of an answer to sdkProxy.

use std::sync::LazyLock;

use codeid_daemon::sdk_proxy::{Refused, Verifier};
use codeid_daemon::signature::{KeyVersion, SignedContent, SigningKey, VerifyingKeys};
use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

const CLIENT_ID: &str = "FUZZ_CLIENT";

struct Gateway {
    key: SigningKey,
    verifier: Verifier,
}

static GATEWAY: LazyLock<Gateway> = LazyLock::new(|| {
    let pair = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("it is supported");
    let version = KeyVersion::new(1).expect("a small number");
    let mut keys = VerifyingKeys::new();
    keys.add_pem(version, pair.public_key_pem().as_bytes())
        .expect("a key that was just made");
    Gateway {
        key: SigningKey::from_pem(pair.serialize_pem().as_bytes(), version)
            .expect("a key that was just made"),
        verifier: Verifier::new(CLIENT_ID.to_owned(), keys),
    }
});

/// The first line is the status, then `!` if the body is to be signed rightly; then come header
/// fields up to an empty line, then the body. An answer is handed back only if its status is 200, it
/// is signed rightly under one time, and another parser finds a result in it.
pub fn sdk_answer(bytes: &[u8]) {
    let Some((status, signed, mut headers, body)) = split(bytes) else {
        return;
    };
    if signed {
        sign(&mut headers, body);
    }
    match GATEWAY.verifier.check(status, &headers, body) {
        Ok(_) => {
            assert!(signed && status == StatusCode::OK);
            for name in ["signature", "response-time"] {
                assert_eq!(headers.get_all(name).iter().count(), 1);
            }
            assert!(has_result(body) != Some(false));
        }
        Err(refused) => {
            assert!(!refused.to_string().is_empty());
            if refused == Refused::Unreadable {
                assert!(signed);
            }
        }
    }
    // As another parser writes it, nothing is there twice.
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        let body = value.to_string();
        let mut headers = HeaderMap::new();
        headers.insert("response-time", HeaderValue::from_static("t"));
        sign(&mut headers, body.as_bytes());
        let checked = GATEWAY
            .verifier
            .check(StatusCode::OK, &headers, body.as_bytes());
        match has_result(body.as_bytes()) {
            Some(true) => assert!(checked.is_ok()),
            Some(false) => assert_eq!(checked, Err(Refused::Unreadable)),
            None => {}
        }
    }
}

fn split(bytes: &[u8]) -> Option<(StatusCode, bool, HeaderMap, &[u8])> {
    let mut rest = bytes;
    let mut line = || {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let line = &rest[..end];
        rest = &rest[end + 1..];
        Some(line)
    };
    let first = line()?;
    let status = StatusCode::from_bytes(first.get(..3)?).ok()?;
    let signed = first.get(3) == Some(&b'!');
    let mut headers = HeaderMap::new();
    loop {
        let field = line()?;
        if field.is_empty() {
            return Some((status, signed, headers, rest));
        }
        let colon = field.iter().position(|byte| *byte == b':')?;
        headers.append(
            HeaderName::from_bytes(&field[..colon]).ok()?,
            HeaderValue::from_bytes(&field[colon + 1..]).ok()?,
        );
    }
}

/// Signs a body under the time that the headers tell, if they tell one that can be signed.
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

/// Whether there is a result, as another parser sees it; `None` where that cannot hold a number, or
/// so many levels, which JSON allows.
fn has_result(body: &[u8]) -> Option<bool> {
    let parse = |bytes: &[u8]| match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => Some(value),
        Err(error) => {
            let error = error.to_string();
            let beyond = ["number out of range", "recursion limit exceeded"];
            (!beyond.iter().any(|limit| error.starts_with(limit))).then_some(Value::Null)
        }
    };
    let result = parse(body)?.get("result").cloned();
    Some(match result {
        Some(Value::Object(_)) => true,
        Some(Value::String(inside)) => parse(inside.as_bytes())?.is_object(),
        _ => false,
    })
}
