//! Any bytes, read as the body of a request for one code value and of a batch.

use std::sync::LazyLock;

use codeid_daemon::identify::{Batch, Identifier};
use codeid_daemon::slice::Slice;
use codeid_engine::{CodeValue, CompileLimits, LiveTable, OpenId, RouteTable, Scratch};
use serde_json::Value;

pub(crate) static LIVE: LazyLock<LiveTable> = LazyLock::new(|| {
    let config = br#"{"format": "codeid/1", "version": "fuzz", "rules": [
        {"id": "carve-out", "match": {"prefix": "281000"}, "action": {"type": "UNSUPPORTED"}},
        {"id": "order", "match": {"regex": "281\\d{3}04(.*)"},
         "action": {"type": "DECODE", "codeValue": "{code}-{1:url}"}, "canary": {"percentage": 50}},
        {"id": "any", "match": {"regex": "(?s).+"},
         "action": {"type": "OPEN_URL", "redirectUrl": "https://go.example/?{code}"}}]}"#;
    let live = LiveTable::new();
    let table = RouteTable::from_json(config, &CompileLimits::default());
    live.publish(table.expect("the config is valid"));
    live
});

/// Checks that a body is refused with a reason, or answered with JSON of the documented shape and the
/// verdict of the table, and that the same bodies are refused while no table is live.
///
/// # Panics
///
/// If the property does not hold.
pub fn http_body(bytes: &[u8]) {
    let (empty, mut identifier) = (LiveTable::new(), Identifier::new());
    match identifier.identify_code(&LIVE, bytes) {
        Ok(response) => {
            let response = parse(response.body);
            assert!(identifier.identify_code(&empty, bytes).is_ok());
            check_shape(&response);
            if let Some(request) = parse_request(bytes) {
                check_against_table(&request, &response);
            }
        }
        Err(refusal) => {
            assert!(identifier.identify_code(&empty, bytes).is_err());
            assert!(!refusal.to_string().is_empty());
        }
    }
    let answered = answer_batch(&mut identifier, bytes, Slice::endless);
    // Another slice after each step changes nothing.
    assert_eq!(
        answer_batch(&mut identifier, bytes, Slice::shortest),
        answered
    );
    match answered {
        Ok(responses) => {
            let responses = parse(&responses);
            let responses = responses.as_array().expect("an array");
            responses.iter().for_each(check_shape);
            let Some(Value::Array(request)) = parse_request(bytes) else {
                return;
            };
            assert_eq!(request.len(), responses.len());
            for (element, response) in request.iter().zip(responses) {
                check_against_table(element, response);
            }
        }
        Err(refusal) => assert!(!refusal.is_empty()),
    }
}

/// Answers a batch, in pieces that end with the slices that `slice` begins.
fn answer_batch(
    identifier: &mut Identifier,
    bytes: &[u8],
    slice: impl Fn() -> Slice,
) -> Result<Vec<u8>, String> {
    let mut batch = Batch::new(bytes.to_vec().into());
    while !batch
        .read(&mut slice())
        .map_err(|error| error.to_string())?
    {}
    batch.begin(&LIVE);
    let mut responses = Vec::new();
    loop {
        let piece = identifier.continue_batch(&mut batch, &mut slice(), 1 << 10);
        responses.extend_from_slice(piece.bytes);
        if piece.is_last {
            return Ok(responses);
        }
    }
}

fn parse(body: &[u8]) -> Value {
    serde_json::from_slice(body).expect("a response is JSON")
}

/// Parses the body of an accepted request with another parser. Returns `None` for numbers and depths
/// that JSON allows but that parser does not.
pub(crate) fn parse_request(body: &[u8]) -> Option<Value> {
    serde_json::from_slice(body)
        .inspect_err(|error| {
            let error = error.to_string();
            let beyond = ["number out of range", "recursion limit exceeded"];
            assert!(
                beyond.iter().any(|limit| error.starts_with(limit)),
                "accepted although {error}"
            );
        })
        .ok()
}

/// Checks the shape of a response: `isSupported` and the members that depend on it, or a `detail`.
fn check_shape(response: &Value) {
    let text = |pointer: &str| {
        response.pointer(pointer).map(|value| {
            let text = value.as_str().expect("a string");
            assert!(!text.is_empty(), "{pointer} is empty");
            text
        })
    };
    let has = |field: &str| response.get(field).is_some();
    assert!(text("/result/resultMessage").is_some());
    match (text("/result/resultCode"), text("/result/resultStatus")) {
        (Some("SUCCESS"), Some("S")) => {
            assert!(!has("detail"));
            let supported = response["isSupported"].as_bool().expect("a boolean");
            match text("/postCodeMatchActionType") {
                None => assert!(!supported && !has("codeValue") && !has("redirectUrl")),
                Some("DECODE") => {
                    assert!(supported && text("/codeValue").is_some());
                    assert!(!has("redirectUrl") && !has("userAgent"));
                }
                Some("OPEN_URL") => {
                    let url = text("/redirectUrl").expect("a URL");
                    assert!(url.starts_with("https://go.example/?"));
                    assert!(!url.contains(|c: char| c.is_control() || c == ' '));
                    assert!(supported && text("/userAgent").is_some() && !has("codeValue"));
                }
                Some(other) => panic!("{other} is not an action"),
            }
        }
        (Some("PARAM_ILLEGAL"), Some("F")) => {
            assert!(text("/detail").is_some() && !has("isSupported"));
        }
        // UNKNOWN_EXCEPTION would mean that a panic was caught: a table is loaded.
        other => panic!("{other:?}"),
    }
}

/// Checks a response against the verdict of the table for the parameters that another parser finds.
fn check_against_table(request: &Value, response: &Value) {
    let parameter = |name: &str| request[name].as_str();
    let code = parameter("codeValue").and_then(|code| CodeValue::new(code).ok());
    let open_id = parameter("openId").and_then(|open_id| OpenId::new(open_id).ok());
    let (Some(code), Some(open_id)) = (code, open_id) else {
        assert_eq!(response["result"]["resultCode"], "PARAM_ILLEGAL");
        return;
    };
    assert_eq!(response["result"]["resultCode"], "SUCCESS");
    let rule = LIVE.with(|table| {
        let mut scratch = Scratch::new();
        let table = table.expect("a table is live");
        table
            .identify(code, open_id, &mut scratch)
            .rule
            .map(|rule| rule.as_str().to_owned())
    });
    let action = response["postCodeMatchActionType"].as_str();
    let expected = match rule.as_deref() {
        Some("order") => Some("DECODE"),
        Some("any") => Some("OPEN_URL"),
        _ => None,
    };
    assert_eq!(action, expected);
}
