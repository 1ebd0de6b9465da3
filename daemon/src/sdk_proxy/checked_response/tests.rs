//! Results and refusals within responses.

use super::*;

/// Returns the code under which a verified body is counted.
fn code(body: &str) -> Result<&'static str, Unreadable> {
    let [result, ..] = Members::parse(body.as_bytes(), MEMBERS)?.values;
    Ok(UpstreamResult::parse(result)?.bounded_code())
}

#[test]
fn a_result_is_an_object_or_a_string_that_contains_one() {
    let table = [
        (
            r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}"#,
            Ok("SUCCESS"),
        ),
        (
            r#"{"result":"{\"resultCode\":\"SUCCESS\"}"}"#,
            Ok("SUCCESS"),
        ),
        (
            r#"{"a":1,"result":{"x":{},"resultCode":"INVALID_CLIENT"},"b":[]}"#,
            Ok("INVALID_CLIENT"),
        ),
        (
            r#" {"result": " {\"resultCode\":\"\\u0053UCCESS\"} "} "#,
            Ok("SUCCESS"),
        ),
        (r#"{"r\u0065sult":{"resultCode":"SUCCESS"}}"#, Ok("SUCCESS")),
        (r#"{"result":{"resultCode":"ELSE"}}"#, Ok("other")),
        (r#"{"result":{"resultCode":7}}"#, Ok("other")),
        (r#"{"result":{}}"#, Ok("other")),
        (r#"{"result":"{}"}"#, Ok("other")),
        // Twice, but not what is read.
        (
            r#"{"result":{"resultMessage":"a","resultMessage":"b"},"sdkResponseData":1,"sdkResponseData":2}"#,
            Ok("other"),
        ),
        (r#"{"result":"SUCCESS"}"#, Err(Unreadable)),
        (r#"{"result":""}"#, Err(Unreadable)),
        (r#"{"result":"\"{}\""}"#, Err(Unreadable)),
        (r#"{"result":null}"#, Err(Unreadable)),
        (r#"{"result":[]}"#, Err(Unreadable)),
        (r#"{"result":{},"result":{}}"#, Err(Unreadable)),
        (
            r#"{"result":{"resultCode":"SUCCESS","resultCode":"SUCCESS"}}"#,
            Err(Unreadable),
        ),
        (r#"{"Result":{}}"#, Err(Unreadable)),
        (r#"[{"result":{}}]"#, Err(Unreadable)),
        (r#"{"result":{}} x"#, Err(Unreadable)),
        (r#"{"result":{}"#, Err(Unreadable)),
        ("", Err(Unreadable)),
        ("null", Err(Unreadable)),
        ("<html>", Err(Unreadable)),
        ("{}", Err(Unreadable)),
    ];
    for (body, expected) in table {
        assert_eq!(code(body), expected, "{body}");
    }
    let not_utf8 = b"{\"result\":{},\"a\":\"\xff\"}";
    assert!(Members::parse(not_utf8, MEMBERS).is_err());
}

#[test]
fn a_refusal_without_a_signature_has_a_result_that_is_none_but_a_refusal() {
    let accepted = [
        (
            r#"{"result":{"resultCode":"INVALID_CLIENT","resultStatus":"F","resultMessage":"m"}}"#,
            "INVALID_CLIENT",
        ),
        (
            r#" {"result":"{\"resultStatus\":\"U\",\"resultCode\":\"KEY_NOT_FOUND\"}"} "#,
            "KEY_NOT_FOUND",
        ),
        (
            r#"{"result":{"resultCode":"NEW","resultStatus":"F","x":[1]}}"#,
            "other",
        ),
        (r#"{"result":{"resultStatus":"F"}}"#, "other"),
    ];
    for (body, code) in accepted {
        let refusal = UnverifiedRefusal::parse(body.as_bytes()).expect(body);
        assert_eq!(refusal.result.bounded_code(), code, "{body}");
    }
    let long = "x".repeat(MAX_REFUSAL_BYTES);
    let long = format!(r#"{{"result":{{"resultStatus":"F","resultMessage":"{long}"}}}}"#);
    for body in [
        &*long,
        r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S"}}"#,
        r#"{"result":{"resultCode":"SUCCESS","resultStatus":"F"}}"#,
        r#"{"result":{"resultCode":"S\u0055CCESS","resultStatus":"U"}}"#,
        r#"{"result":{"resultCode":"INVALID_CLIENT","resultStatus":"S"}}"#,
        r#"{"result":{"resultCode":"INVALID_CLIENT","resultStatus":"f"}}"#,
        r#"{"result":{"resultCode":"INVALID_CLIENT"}}"#,
        r#"{"result":{"resultStatus":"F"},"sdkResponseData":"x"}"#,
        r#"{"result":{"resultStatus":"F"},"detail":""}"#,
        r#"{"result":{"resultStatus":"F"},"result":{"resultStatus":"F"}}"#,
        r#"{"result":{"resultStatus":"F","resultStatus":"S"}}"#,
        r#"{"result":{"resultStatus":"F","r\u0065sultCode":"SUCCESS","resultCode":"X"}}"#,
        r#"{"result":"{\"resultStatus\":\"F\",\"resultStatus\":\"S\"}"}"#,
        r#"{"result":"{\"resultStatus\":\"F\",\"x\":{\"a\":1,\"a\":2}}"}"#,
        r#"{"result":{"resultStatus":"F","x":{"a":1,"a":2}}}"#,
        r#"{"result":{"resultStatus":"F","x":"\ud800"}}"#,
        r#"{"result":null}"#,
        r#"{"result":"F"}"#,
        r#"[{"result":{"resultStatus":"F"}}]"#,
        r#"{"result":{"resultStatus":"F"}} x"#,
        r#"{"result":{"resultStatus":"F"}"#,
        "",
        "{}",
    ] {
        assert_eq!(UnverifiedRefusal::parse(body.as_bytes()), None, "{body}");
    }
}
