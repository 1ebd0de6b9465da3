//! T26: what counts as an answer, and what never reaches the caller.

use hyper::HeaderMap;

use super::gateway::{
    CLIENT_ID, OURS, PATH, RESPONSE_TIME, Reply, SUCCESS, THEIRS, answer, sign, signature_of,
    signed,
};
use super::{Running, request};

/// What the caller gets when the upstream answers with `bytes`.
async fn answered(bytes: Vec<u8>) -> super::Response {
    let running = Running::new(move |_| Reply::Send(bytes.clone())).await;
    let answer = running.post(request()).await;
    assert_eq!(running.gateway.requests().len(), 1);
    answer
}

fn with_headers(headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    answer("200 OK", headers, body.as_bytes())
}

#[tokio::test]
async fn an_answer_comes_back_whole_with_what_verifies_it() {
    let string = r#"{
    "result": "{\"resultCode\":\"SUCCESS\",\"resultMessage\":\"Success\",\"resultStatus\":\"S\"}",
    "sdkResponseHeader": "{\"Server-Time\":\"1626420412668\"}",
    "sdkResponseData": "{\"resultStatus\":\"1000\",\"x\":\"\u00e9 \/ %2B\"}"  
}"#;
    let refused = r#"{"result":{"resultCode":"PROCESS_FAIL","resultStatus":"F"}}"#;
    let unpublished = r#"{"result":{"resultCode":"NEW_CODE","resultStatus":"U"}}"#;
    for body in [SUCCESS, string, refused, unpublished, r#"{"result":{}}"#] {
        let answer = answered(signed(body)).await;
        assert_eq!(&answer.body[..], body.as_bytes());
        let mut expected = HeaderMap::new();
        let signature = signature_of(body.as_bytes());
        for (name, value) in [
            ("signature", signature.as_str()),
            ("response-time", RESPONSE_TIME),
            ("tracer-id", "tracer-1"),
            ("client-id", CLIENT_ID),
        ] {
            expected.insert(name, value.parse().unwrap());
        }
        assert_eq!(answer.headers, expected);
    }
}

#[tokio::test]
async fn the_client_id_of_the_content_is_ours_whatever_the_header_says() {
    let signature = signature_of(SUCCESS.as_bytes());
    let other = with_headers(
        &[
            ("Client-Id", "SOMEBODY_ELSE"),
            ("response-time", RESPONSE_TIME),
            ("SIGNATURE", &signature),
        ],
        SUCCESS,
    );
    let answer = answered(other).await;
    assert!(answer.is_success());
    assert_eq!(answer.headers["client-id"], "SOMEBODY_ELSE");
    assert!(!answer.headers.contains_key("tracer-id"));
    let for_other = sign(
        &THEIRS,
        1,
        "SOMEBODY_ELSE",
        RESPONSE_TIME,
        PATH,
        SUCCESS.as_bytes(),
    );
    let refused = with_headers(
        &[
            ("Client-Id", "SOMEBODY_ELSE"),
            ("Response-Time", RESPONSE_TIME),
            ("Signature", &for_other),
        ],
        SUCCESS,
    );
    assert_eq!(answered(refused).await.own_result(), "INVALID_SIGNATURE");
}

#[tokio::test]
async fn an_answer_without_a_right_signature_never_reaches_the_caller() {
    let right = signature_of(SUCCESS.as_bytes());
    let time = ("Response-Time", RESPONSE_TIME);
    let by = |pair, version, time, path, body: &str| {
        sign(pair, version, CLIENT_ID, time, path, body.as_bytes())
    };
    let base64 = right.split_once("signature=").unwrap().1;
    let wrong = [
        by(&OURS, 1, RESPONSE_TIME, PATH, SUCCESS),
        by(&THEIRS, 2, RESPONSE_TIME, PATH, SUCCESS),
        by(&THEIRS, 1, "2026-11-21T09:30:01+08:00", PATH, SUCCESS),
        by(
            &THEIRS,
            1,
            RESPONSE_TIME,
            "/aps/api/v1/mobile/other",
            SUCCESS,
        ),
        by(&THEIRS, 1, RESPONSE_TIME, PATH, &SUCCESS[1..]),
        right.replace("RSA256", "RSA512"),
        right.replace("RSA256", "none"),
        right.replace("keyVersion=1, ", ""),
        right.replace("algorithm=RSA256, ", ""),
        base64.to_owned(),
        format!(
            "algorithm=RSA256, keyVersion=1, signature={}",
            &base64[..40]
        ),
        "algorithm=RSA256, keyVersion=1, signature=".to_owned(),
        String::new(),
    ];
    for wrong in &wrong {
        let bytes = with_headers(&[time, ("Signature", wrong)], SUCCESS);
        assert_eq!(
            answered(bytes).await.own_result(),
            "INVALID_SIGNATURE",
            "{wrong}"
        );
    }
    let signature = ("Signature", right.as_str());
    for headers in [
        &[signature][..],
        &[time],
        &[],
        &[time, signature, signature],
        &[time, time, signature],
        &[("Response-Time", "2026-11-21T09:30:00+08:01"), signature],
        &[("Response-Time", ""), signature],
        &[("Response-Time", "\u{e9}"), signature],
    ] {
        let bytes = with_headers(headers, SUCCESS);
        assert_eq!(
            answered(bytes).await.own_result(),
            "INVALID_SIGNATURE",
            "{headers:?}"
        );
    }
    // One wrong byte in the body.
    for at in [0, 1, SUCCESS.len() / 2, SUCCESS.len() - 1] {
        let mut body = SUCCESS.as_bytes().to_vec();
        body[at] ^= 1;
        let bytes = answer("200 OK", &[time, signature], &body);
        assert_eq!(answered(bytes).await.own_result(), "INVALID_SIGNATURE");
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_unknown() {
    for body in [
        "",
        "{}",
        "[]",
        "<html></html>",
        r#"{"result":"SUCCESS"}"#,
        r#"{"result":null}"#,
        r#"{"result":{}"#,
    ] {
        assert_eq!(
            answered(signed(body)).await.own_result(),
            "UNKNOWN_EXCEPTION",
            "{body}"
        );
    }
    let signature = signature_of(SUCCESS.as_bytes());
    let headers = [
        ("Response-Time", RESPONSE_TIME),
        ("Signature", signature.as_str()),
    ];
    for status in [
        "500 Internal Server Error",
        "503 x",
        "404 Not Found",
        "302 Found",
        "201 Created",
        "204 No Content",
        "400 x",
    ] {
        let bytes = answer(status, &headers, SUCCESS.as_bytes());
        assert_eq!(
            answered(bytes).await.own_result(),
            "UNKNOWN_EXCEPTION",
            "{status}"
        );
    }
}

#[tokio::test]
async fn upstream_keys_of_two_versions_serve_at_once() {
    let mut fixture = super::Fixture::new();
    let second = fixture.write("second.pub.pem", &OURS.public);
    let version = super::KeyVersion::new(2).unwrap();
    fixture.settings.public_keys.push((version, second));
    let running = fixture
        .run(|request| {
            let old = String::from_utf8_lossy(&request.body).contains("old");
            let (pair, version) = if old { (&*THEIRS, 1) } else { (&*OURS, 2) };
            let signature = sign(
                pair,
                version,
                CLIENT_ID,
                RESPONSE_TIME,
                PATH,
                SUCCESS.as_bytes(),
            );
            let headers = [
                ("Response-Time", RESPONSE_TIME),
                ("Signature", signature.as_str()),
            ];
            Reply::Send(answer("200 OK", &headers, SUCCESS.as_bytes()))
        })
        .await;
    for data in ["old", "new", "old"] {
        let answer = running.post(request().replace("a=1", data)).await;
        assert!(answer.is_success());
    }
}
