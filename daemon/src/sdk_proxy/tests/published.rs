//! The samples of the public documents, in full: two requests and two responses, one with a `result`
//! that is an object, one with a string.

use serde_json::Value;

use super::Running;
use super::gateway::{PATH, Reply, signed};

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
        for line in request.lines().filter(|line| line.contains(": ")) {
            let (name, value) = line
                .trim()
                .trim_end_matches([',', ' '])
                .split_once(": ")
                .unwrap();
            assert!(sent.contains(&format!("{name}:{value}")), "{name}");
        }
    }
}
