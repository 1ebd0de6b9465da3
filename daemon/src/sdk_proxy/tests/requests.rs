//! Requests reach the upstream unchanged.

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use super::gateway::{PATH, Reply, SUCCESS, signed};
use super::{Fixture, Interface, Running, request};
use crate::clock::Clock;

/// A sample of the public documents, shortened; `published` has it in full.
const SAMPLE: &str = r#"{
  "sdkRequestHeader": "{\"AppId\":\"WALLET_ID\",\"AppKey\":\"WALLET_ID_ANDROID\",\"workspaceId\":\"default\",\"Content-Type\":\"application/x-www-form-urlencoded\"}",
  "sdkRequestData": "operationType=ap.mobileprod.mcop.wrapper.action&requestData=%5B%7B%22context%22%3A%5B%7B%22bizType%22%3A%22MOBILEAPPLY%22%7D%5D%2C%22latitude%22%3A%22%22%7D%5D&ts=1620471100",
  "customerId": "20200415111215830128DANAW3ID123000000002"
}"#;

async fn succeeding() -> Running {
    Running::new(|_| Reply::Send(signed(SUCCESS))).await
}

#[tokio::test]
async fn a_request_is_sent_as_specified_to_the_byte() {
    let running = succeeding().await;
    let response = running.post(SAMPLE).await;
    assert_eq!(&response.body[..], SUCCESS.as_bytes());
    let sent = running.gateway.request();
    assert_eq!(sent.line, format!("POST {PATH} HTTP/1.1"));
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(body, serde_json::from_str::<Value>(SAMPLE).unwrap());
    // It has nothing else, in this order, without spaces.
    let expected: Map<String, Value> = serde_json::from_str(SAMPLE).unwrap();
    let field = |name: &str| format!("{}:{}", json!(name), expected[name]);
    assert_eq!(
        String::from_utf8(sent.body.clone()).unwrap(),
        format!(
            "{{{},{},{}}}",
            field("sdkRequestHeader"),
            field("sdkRequestData"),
            field("customerId")
        )
    );
    assert!(sent.is_signed());
    let names: Vec<_> = sent.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Content-Type",
            "Accept-Encoding",
            "Client-Id",
            "Request-Time",
            "Signature",
            "Host",
            "Content-Length"
        ]
    );
    assert_eq!(
        sent.header("Content-Type"),
        "application/json; charset=UTF-8"
    );
    assert_eq!(sent.header("Host"), running.gateway.address.to_string());
    let signature = sent.header("Signature");
    assert!(signature.starts_with("algorithm=RSA256, keyVersion=7, signature="));
    let time = sent.header("Request-Time").as_bytes();
    let shape = b"dddd-dd-ddTdd:dd:dd+00:00";
    assert_eq!(time.len(), shape.len());
    assert!(time.iter().zip(shape).all(|(byte, shape)| match shape {
        b'd' => byte.is_ascii_digit(),
        _ => byte == shape,
    }));
}

#[tokio::test]
async fn the_request_time_is_that_of_the_clock() {
    let mut fixture = Fixture::new();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_224_600);
    fixture.clock = Clock::from_fn(move || time);
    let running = fixture.run(|_| Reply::Send(signed(SUCCESS))).await;
    assert!(running.post(SAMPLE).await.is_success());
    let sent = running.gateway.requests().pop().unwrap();
    assert_eq!(sent.header("Request-Time"), "2026-11-21T01:30:00+00:00");
    assert!(sent.is_signed());
}

#[tokio::test]
async fn each_pair_of_field_names_is_accepted_and_mixed_pairs_are_not() {
    let running = succeeding().await;
    let pairs = [
        ["sdkRequestHeader", "sdkRequestData"],
        ["httpProxyRequestHeader", "httpProxyRequestData"],
        ["proxyRequestHeader", "proxyRequestData"],
    ];
    for [header, data] in pairs {
        let body = json!({header: "h", data: "d", "customerId": "c", "scene": {"a": [null]}});
        assert!(running.post(body.to_string()).await.is_success());
        let sent = running.gateway.requests().pop().unwrap();
        let sent: Value = serde_json::from_slice(&sent.body).unwrap();
        let expected = json!({"sdkRequestHeader": "h", "sdkRequestData": "d", "customerId": "c"});
        assert_eq!(sent, expected);
    }
    for (one, other) in [(0, 1), (1, 2), (2, 0)] {
        for field in pairs[other] {
            let [header, data] = pairs[one];
            let mixed = json!({header: "h", data: "d", "customerId": "c", field: null});
            assert_eq!(
                running.post(mixed.to_string()).await.own_result(),
                "PARAM_ILLEGAL"
            );
        }
        let halves = json!({pairs[one][0]: "h", pairs[other][1]: "d", "customerId": "c"});
        assert_eq!(
            running.post(halves.to_string()).await.own_result(),
            "PARAM_ILLEGAL"
        );
    }
    assert_eq!(running.gateway.requests().len(), 3);
}

#[tokio::test]
async fn a_field_that_is_missing_empty_or_mistyped_is_illegal_and_not_sent() {
    let running = succeeding().await;
    let whole: Map<String, Value> = serde_json::from_str(&request()).unwrap();
    for name in ["sdkRequestHeader", "sdkRequestData", "customerId"] {
        for wrong in [
            None,
            Some(json!("")),
            Some(json!(null)),
            Some(json!(7)),
            Some(json!({})),
            Some(json!(["a"])),
        ] {
            let mut body = whole.clone();
            match wrong {
                None => body.remove(name),
                Some(value) => body.insert(name.to_owned(), value),
            };
            let response = running.post(Value::from(body).to_string()).await;
            assert_eq!(response.own_result(), "PARAM_ILLEGAL", "{name}");
        }
    }
    for malformed in [
        "",
        "null",
        "[]",
        "{",
        r#"{"sdkRequestHeader":"a","sdkRequestHeader":"a","sdkRequestData":"b","customerId":"c"}"#,
        r#"{"sdkRequestHeader":"a","sdkRequestData":"b","customerId":"c","customer\u0049d":"x"}"#,
        r#"{"sdkRequestHeader":"\ud800","sdkRequestData":"b","customerId":"c"}"#,
        r#"{"sdkRequestHeader":"a","sdkRequestData":"b","customerId":"c","x":"\udc00"}"#,
        r#"{"sdkRequestHeader":"a","sdkRequestData":"b","customerId":"c","x":{"y":1,"y":1}}"#,
        r#"{"sdkRequestHeader":"a","sdkRequestData":"b","customerId":"c"} x"#,
    ] {
        let response = running
            .proxy
            .respond(Interface::Server, Default::default(), malformed.into())
            .await;
        assert!(response.is_err(), "{malformed}");
    }
    let invalid = b"{\"sdkRequestHeader\":\"\xff\",\"sdkRequestData\":\"b\",\"customerId\":\"c\"}";
    assert!(
        running
            .proxy
            .respond(Interface::Server, Default::default(), invalid[..].into())
            .await
            .is_err()
    );
    assert!(running.gateway.requests().is_empty());
}

/// T25: for any strings, the upstream decodes what the caller sent, and the caller gets the bytes of
/// the response.
#[tokio::test]
async fn any_strings_and_any_response_pass_byte_for_byte() {
    let running = Running::new(|request| {
        // The response contains the request, with spaces, in another order.
        let body = String::from_utf8(request.body.clone()).unwrap();
        Reply::Send(signed(format!(
            " {{ \"z\" : {body},\n\t\"result\" : {{\"resultStatus\":\"S\" , \"resultCode\":\"SUCCESS\"}} }} "
        )))
    })
    .await;
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut cases: Vec<[String; 3]> = vec![
        ["\"{\\\"a\\\":\\\"b\\\"}\"", "%2B+%25 &=", "c "].map(str::to_owned),
        [
            "\u{0}\u{1f}\u{7f}\u{80}\u{2028}\u{feff}\u{10ffff}",
            " trailing ",
            "\\u0041",
        ]
        .map(str::to_owned),
        ["😀é中\u{301}", "/\\/\u{8}\u{c}\n\r\t", "\""].map(str::to_owned),
        ["h".to_owned(), "d\"\\".repeat(150 << 10), "c".to_owned()],
    ];
    cases.extend((0..200).map(|_| [(); 3].map(|()| random.string())));
    for (index, [header, data, customer]) in cases.into_iter().enumerate() {
        let escape = index % 2 == 1;
        let body = format!(
            "{{\"customerId\":{},\"x\":[1],\"sdkRequestData\" : {},\"sdkRequestHeader\":{}}}",
            quoted(&customer, escape),
            quoted(&data, escape),
            quoted(&header, escape)
        );
        let response = running.post(body).await;
        let sent = running.gateway.requests().pop().unwrap();
        assert!(sent.is_signed());
        let decoded: Value = serde_json::from_slice(&sent.body).unwrap();
        let expected =
            json!({"sdkRequestHeader": header, "sdkRequestData": data, "customerId": customer});
        assert_eq!(decoded, expected);
        let body = String::from_utf8(sent.body).unwrap();
        assert_eq!(
            String::from_utf8(response.body.to_vec()).unwrap(),
            format!(
                " {{ \"z\" : {body},\n\t\"result\" : {{\"resultStatus\":\"S\" , \"resultCode\":\"SUCCESS\"}} }} "
            )
        );
    }
    // One connection carried all requests.
    assert_eq!(running.gateway.accepted(), 1);
}

/// Writes a JSON string with every character escaped, or only those that must be.
fn quoted(text: &str, escape: bool) -> String {
    if !escape {
        return json!(text).to_string();
    }
    let units = text.encode_utf16().map(|unit| format!("\\u{unit:04X}"));
    format!("\"{}\"", units.collect::<String>())
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bytes = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes();
        u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    }

    /// Returns one character or more, of all planes.
    fn string(&mut self) -> String {
        let bounds = [0x80, 0x800, 0x1_0000, 0x11_0000];
        let mut character = || loop {
            let bound = bounds[self.next() as usize % 4];
            if let Some(character) = char::from_u32(self.next() % bound) {
                return character;
            }
        };
        let mut text = String::new();
        while text.is_empty() || !text.ends_with(['a', 'é', 'ÿ', ' ']) && text.len() < 100 {
            text.push(character());
        }
        text
    }
}
