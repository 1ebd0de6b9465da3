//! The samples of the public documents, in full: two requests and two responses, one with a `result`
//! that is an object, one with a string. The published results.

use serde_json::Value;

use super::Running;
use super::gateway::{PATH, Reply, signed};
use crate::result::sdk_proxy as results;

/// The result codes with status and message, transcribed from the page of sdkProxy.
const RESULTS: [[&str; 3]; 12] = [
    ["SUCCESS", "S", "Success"],
    ["ACCESS_DENIED", "F", "Access is denied."],
    [
        "INVALID_API",
        "F",
        "The called API is invalid or not active.",
    ],
    ["INVALID_CLIENT", "F", "The client is invalid."],
    ["INVALID_SIGNATURE", "F", "The signature is invalid."],
    ["KEY_NOT_FOUND", "F", "The key is not found."],
    [
        "MEDIA_TYPE_NOT_ACCEPTABLE",
        "F",
        "The server does not implement the media type that is acceptable to the client.",
    ],
    [
        "METHOD_NOT_SUPPORTED",
        "F",
        "The server does not implement the requested HTTPS method.",
    ],
    [
        "PARAM_ILLEGAL",
        "F",
        "Illegal parameters. For example, non-numeric input, invalid date.",
    ],
    [
        "PROCESS_FAIL",
        "F",
        "A general business failure occurred. Do not retry.",
    ],
    [
        "REQUEST_TRAFFIC_EXCEED_LIMIT",
        "U",
        "The request traffic exceeds the limit.",
    ],
    [
        "UNKNOWN_EXCEPTION",
        "U",
        "An API call failed, which is caused by unknown reasons.",
    ],
];

/// Returns the result code in the body of a response of our own, which has a result as published, and a
/// sentence beside it.
pub(super) fn own_result(body: &Value) -> String {
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
    let detail = body["detail"].as_str().unwrap();
    assert!(detail.len() > 10 && detail.ends_with('.'), "{detail}");
    let result = &body["result"];
    assert_eq!(result.as_object().unwrap().len(), 3, "{body}");
    let text = |name: &str| result[name].as_str().unwrap();
    let given = [
        text("resultCode"),
        text("resultStatus"),
        text("resultMessage"),
    ];
    assert!(RESULTS.contains(&given), "{body}");
    given[0].to_owned()
}

#[test]
fn all_results_have_the_published_texts() {
    let known = results::ALL.map(|result| [result.code, result.status, result.message]);
    assert_eq!(known, RESULTS);
}

const SAMPLES: [[&str; 2]; 2] = [
    [
        include_str!("published/request-1.json"),
        include_str!("published/response-1.json"),
    ],
    [
        include_str!("published/request-2.json"),
        include_str!("published/response-2.json"),
    ],
];

#[tokio::test]
async fn the_published_samples_pass_unchanged_in_both_directions() {
    for [request, response] in SAMPLES {
        let running = Running::new(move |_| Reply::Send(signed(response))).await;
        let forwarded = running.post(request).await;
        assert_eq!(&forwarded.body[..], response.as_bytes());
        let sent = running.gateway.request();
        assert!(sent.is_signed());
        assert_eq!(sent.line, format!("POST {PATH} HTTP/1.1"));
        let sent = String::from_utf8(sent.body).unwrap();
        let decoded: Value = serde_json::from_str(&sent).unwrap();
        assert_eq!(decoded, serde_json::from_str::<Value>(request).unwrap());
        // The samples escape like us: each string is written as it was, including its quotes.
        let fields = request.lines().filter(|line| line.contains(": "));
        assert_eq!(fields.clone().count(), 3);
        for line in fields {
            let (name, value) = line
                .trim()
                .trim_end_matches([',', ' '])
                .split_once(": ")
                .unwrap();
            assert!(sent.contains(&format!("{name}:{value}")), "{name}");
        }
    }
}
