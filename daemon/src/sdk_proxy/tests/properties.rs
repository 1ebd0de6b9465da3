//! T25: for any strings, escaped in any way that JSON allows, the upstream decodes exactly the strings
//! that the caller sent.

use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::request::SdkRequest;
use super::Interface;

const PAIRS: [[&str; 2]; 3] = [
    ["sdkRequestHeader", "sdkRequestData"],
    ["httpProxyRequestHeader", "httpProxyRequestData"],
    ["proxyRequestHeader", "proxyRequestData"],
];

/// A string that is not empty, and for each of its characters whether it is escaped.
fn text() -> impl Strategy<Value = (String, Vec<bool>)> {
    let texts = prop_oneof!["(?s).{1,40}", "[\"\\\\/{}\\[\\]:,%+&= \u{0}-\u{1f}]{1,40}"];
    (texts, prop::collection::vec(any::<bool>(), 40))
}

/// Writes a JSON string in which these characters are escaped, and those that must be.
fn written((text, escaped): &(String, Vec<bool>)) -> String {
    let mut json = String::from("\"");
    for (character, escaped) in text.chars().zip(escaped) {
        if *escaped || character < ' ' || character == '"' || character == '\\' {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(json, "\\u{unit:04x}").unwrap();
            }
        } else {
            json.push(character);
        }
    }
    json + "\""
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_upstream_decodes_what_the_caller_sent(
        pair in prop::sample::select(&PAIRS[..]),
        texts in [text(), text(), text()],
        unknown in prop::option::of("[a-z]{1,3}"),
        order in Just([0, 1, 2, 3]).prop_shuffle(),
        space in "[ \\n\\t\\r]{0,2}",
    ) {
        let [header, data, customer] = &texts;
        let fields = [
            format!("\"{}\"{space}:{}", pair[0], written(header)),
            format!("\"{}\":{space}{}", pair[1], written(data)),
            format!("{space}\"customerId\":{}", written(customer)),
            format!("\"x{}\":[{{\"customerId\":\"y\"}},1e5,null]", unknown.unwrap_or_default()),
        ];
        let fields = order.map(|place| &*fields[place]);
        let body = format!("{space}{{{}}}{space}", fields.join(","));
        let request = SdkRequest::parse(body.as_bytes()).unwrap();
        let customer_id = request.customer_id();
        prop_assert_eq!(customer_id.as_deref(), Ok(&*customer.0));
        // Another customer than the body's: from a header, or a login check.
        for customer in [&customer.0, &header.0] {
            let legal = request.check(Interface::Server, true).unwrap();
            let sent = legal.for_upstream(customer).concat();
            let decoded: Value = serde_json::from_slice(&sent).unwrap();
            let expected =
                json!({"sdkRequestHeader": header.0, "sdkRequestData": data.0, "customerId": customer});
            prop_assert_eq!(decoded, expected);
        }
    }
}
