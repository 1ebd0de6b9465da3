//! Any bytes, read as the body of a request to sdkProxy.

use codeid_daemon::sdk_proxy::SdkRequest;
use serde_json::{Value, json};

use crate::http_body::parse_request;

/// The pairs of members of which a request has exactly one.
const PAIRS: [[&str; 2]; 3] = [
    ["sdkRequestHeader", "sdkRequestData"],
    ["httpProxyRequestHeader", "httpProxyRequestData"],
    ["proxyRequestHeader", "proxyRequestData"],
];

/// Checks that a body is refused with a reason or read as another parser reads it, and that the
/// request to the upstream has its strings and nothing else of it.
///
/// # Panics
///
/// If the property does not hold.
pub fn sdk_request(bytes: &[u8]) {
    let request = match SdkRequest::parse(bytes) {
        Ok(request) => request,
        Err(refusal) => return assert!(!refusal.to_string().is_empty()),
    };
    let sent = request.for_upstream("customer \"7\"");
    assert_eq!(request.check().is_ok(), sent.is_ok());
    let Some(whole) = parse_request(bytes) else {
        return;
    };
    let whole = whole.as_object().expect("an object");
    let text = |name: &str| {
        let text = whole.get(name).and_then(Value::as_str);
        text.filter(|text| !text.is_empty())
    };
    let customer_id = text("customerId").filter(|text| text.chars().count() <= 256);
    assert_eq!(request.customer_id().ok().as_deref(), customer_id);
    let mut used = PAIRS
        .iter()
        .filter(|pair| pair.iter().any(|name| whole.contains_key(*name)));
    let expected = match (used.next(), used.next()) {
        (Some([header, data]), None) => text(header).zip(text(data)),
        _ => None,
    };
    let sent: Option<Value> = sent
        .ok()
        .map(|sent| serde_json::from_slice(&sent.concat()).expect("the request to the upstream is JSON"));
    let expected = expected.map(|(header, data)| {
        json!({"sdkRequestHeader": header, "sdkRequestData": data, "customerId": "customer \"7\""})
    });
    assert_eq!(sent, expected);
}
