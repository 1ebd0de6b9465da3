//! Any bytes, read as the body of a request to sdkProxy.

use codeid_daemon::sdk_proxy::{Interface, SdkRequest};
use serde_json::{Map, Value, json};

use crate::http_body::parse_request;

/// The pairs of members of which a request has exactly one.
const PAIRS: [[&str; 2]; 3] = [
    ["sdkRequestHeader", "sdkRequestData"],
    ["httpProxyRequestHeader", "httpProxyRequestData"],
    ["proxyRequestHeader", "proxyRequestData"],
];

/// Checks that a body is refused with a reason or read as another parser reads it, through either
/// interface, and that the request to the upstream has its strings and nothing else of it.
///
/// # Panics
///
/// If the property does not hold.
pub fn sdk_request(bytes: &[u8]) {
    let request = match SdkRequest::parse(bytes) {
        Ok(request) => request,
        Err(refusal) => return assert!(!refusal.to_string().is_empty()),
    };
    let whole = parse_request(bytes);
    let whole = whole
        .as_ref()
        .map(|whole| whole.as_object().expect("an object"));
    let text = |name: &str| whole.and_then(|whole| text(whole, name));
    let customer_id = text("customerId").filter(|text| text.chars().count() <= 256);
    if whole.is_some() {
        assert_eq!(request.customer_id().ok().as_deref(), customer_id);
    }
    for interface in [Interface::Server, Interface::Client] {
        let checked = request.check(interface, false);
        let named = request.check(interface, true);
        assert_eq!(
            named.is_ok(),
            checked.is_ok() && request.customer_id().is_ok()
        );
        for refusal in [checked.as_ref().err(), named.as_ref().err()]
            .into_iter()
            .flatten()
        {
            assert!(!refusal.to_string().is_empty());
        }
        let sent: Option<Value> = checked.ok().map(|legal| {
            let sent = legal.for_upstream("customer \"7\"").concat();
            serde_json::from_slice(&sent).expect("the request to the upstream is JSON")
        });
        if let Some(whole) = whole {
            assert_eq!(sent, expected(interface, whole));
        }
    }
}

/// Returns the request to the upstream for a request with these members, if it is legal.
fn expected(interface: Interface, whole: &Map<String, Value>) -> Option<Value> {
    let pairs = match interface {
        Interface::Server => &PAIRS[..],
        Interface::Client => {
            text(whole, "scene")?;
            &PAIRS[1..]
        }
    };
    let is_used = |pair: &&[&str; 2]| pair.iter().any(|name| whole.contains_key(*name));
    let mut used = pairs.iter().filter(is_used);
    let (Some([header, data]), None) = (used.next(), used.next()) else {
        return None;
    };
    let (header, data) = text(whole, header).zip(text(whole, data))?;
    Some(json!({
        "sdkRequestHeader": header,
        "sdkRequestData": data,
        "customerId": "customer \"7\"",
    }))
}

/// Returns a member that is a string and not empty.
fn text<'a>(whole: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    let text = whole.get(name).and_then(Value::as_str);
    text.filter(|text| !text.is_empty())
}
