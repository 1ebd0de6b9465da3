//! Refusals that the upstream cannot sign, since it does not know the client or the key.

use super::gateway::{CLIENT_ID, RESPONSE_TIME, Reply, response};
use super::{Running, request};

const REFUSAL: &str = r#" {"result": {"resultMessage":"The client is invalid.","resultStatus":"F","resultCode":"INVALID_CLIENT"} }
"#;

async fn forwarded(headers: &[(&str, &str)], body: &str) -> super::Response {
    let bytes = response("200 OK", headers, body.as_bytes());
    let running = Running::new(move |_| Reply::Send(bytes.clone())).await;
    running.post(request()).await
}

#[tokio::test]
async fn an_unsigned_refusal_goes_back_as_it_came_and_is_marked() {
    let in_a_string =
        r#"{"result":"{\"resultStatus\":\"U\",\"resultCode\":\"UNKNOWN_EXCEPTION\"}"}"#;
    let unpublished = r#"{"result":{"resultStatus":"F","resultCode":"NEW_CODE"}}"#;
    for (body, code) in [
        (REFUSAL, "INVALID_CLIENT"),
        (in_a_string, "UNKNOWN_EXCEPTION"),
        (unpublished, "other"),
    ] {
        let headers = [
            ("Client-Id", CLIENT_ID),
            ("Response-Time", RESPONSE_TIME),
            ("Tracer-Id", "tracer-1"),
            ("X-Codeid-Unverified", "false"),
            ("X-Other", "x"),
        ];
        for headers in [&headers[..], &[]] {
            let response = forwarded(headers, body).await;
            assert_eq!(&response.body[..], body.as_bytes());
            assert_eq!(response.status, 200);
            assert_eq!(response.headers["x-codeid-unverified"], "true");
            assert_eq!(response.headers.len(), 1 + headers.len().min(3));
            let counted = response.counted();
            assert_eq!((counted.code, counted.is_unverified), (code, true));
        }
    }
}

#[tokio::test]
async fn a_coded_response_is_named_and_is_not_a_wrong_signature() {
    for (given, named) in [("gzip", "gzip"), ("identity, br", "br")] {
        let response = forwarded(&[("Content-Encoding", given)], REFUSAL).await;
        assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION");
        let detail = response.json()["detail"].to_string();
        assert!(detail.contains(named), "{detail}");
    }
    for unchanging in ["identity", "", "aws-chunked"] {
        let response = forwarded(&[("Content-Encoding", unchanging)], REFUSAL).await;
        assert_eq!(&response.body[..], REFUSAL.as_bytes());
    }
}

#[tokio::test]
async fn nothing_else_is_returned_without_a_valid_signature() {
    let time = ("Response-Time", RESPONSE_TIME);
    let malformed = ("Signature", "x");
    let signature = "algorithm=RSA256, keyVersion=1, signature=AAAA";
    for headers in [
        &[malformed][..],
        &[time, malformed],
        &[time, ("Signature", "")],
        &[time, ("Signature", signature)],
    ] {
        let response = forwarded(headers, REFUSAL).await;
        assert_eq!(response.own_result(), "INVALID_SIGNATURE", "{headers:?}");
    }
    for body in [
        r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}"#,
        r#"{"result":{"resultCode":"SUCCESS","resultStatus":"F"}}"#,
        r#"{"result":{"resultCode":"X","resultStatus":"S"}}"#,
        r#"{"result":{"resultCode":"X"}}"#,
        r#"{"result":{"resultCode":"X","resultStatus":"F"},"sdkResponseData":"{}"}"#,
        r#"{"result":{"resultCode":"X","resultStatus":"F"},"x":null}"#,
        r#"{"result":{"resultCode":"X","resultStatus":"F","resultCode":"SUCCESS"}}"#,
        r#"{"resultCode":"X","resultStatus":"F"}"#,
        "",
        "<html>",
    ] {
        let response = forwarded(&[time], body).await;
        assert_eq!(response.own_result(), "INVALID_SIGNATURE", "{body}");
        assert_eq!(
            response.detail(),
            "The upstream response has no signature header."
        );
        assert!(!response.counted().is_unverified);
    }
    // With another status, a refusal is none.
    let bytes = response("400 Bad Request", &[], REFUSAL.as_bytes());
    let running = Running::new(move |_| Reply::Send(bytes.clone())).await;
    let response = running.post(request()).await;
    assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION");
}
