//! Good and bad responses, of each protocol.

use super::*;
use crate::bench::failure::Word;

const HTTP: Protocol = Protocol::IdentifyHttp {
    host: String::new(),
    path: String::new(),
};

fn validator(protocol: &Protocol, expected: &str) -> Validator {
    let fields = serde_json::from_str(expected).unwrap();
    Validator {
        expected: Some(vec![Expected::new(protocol, fields).unwrap()]),
        ..Validator::new(protocol, None, None, 1).unwrap()
    }
}

fn check(validator: &Validator, content: &str) -> Result<(), FailureKind> {
    let checked = validator.check(0, &Outcome::Content(content.as_bytes()));
    checked.map_err(|rejected| rejected.kind)
}

const SUPPORTED: &str =
    r#"{"result":{"resultCode":"SUCCESS","resultStatus":"S"},"isSupported":true,"codeValue":"x"}"#;
const ILLEGAL: &str =
    r#"{"result":{"resultCode":"PARAM_ILLEGAL","resultStatus":"F"},"detail":"Too long."}"#;

#[test]
fn http_responses_are_compared_as_json_without_the_detail() {
    let supported = validator(&HTTP, SUPPORTED);
    assert_eq!(check(&supported, SUPPORTED), Ok(()));
    let reordered = r#"{"codeValue":"\u0078", "isSupported":true,"result":{"resultStatus":"S","resultCode":"SUCCESS"}}"#;
    assert_eq!(check(&supported, reordered), Ok(()));
    for other in [
        &SUPPORTED.replace("true", "false")[..],
        &SUPPORTED.replace(",\"codeValue\":\"x\"", ""),
        "",
        "[]",
        "{",
    ] {
        assert_eq!(check(&supported, other), Err(FailureKind::Unexpected));
    }
    let illegal = validator(&HTTP, ILLEGAL);
    assert_eq!(check(&illegal, &ILLEGAL.replace("Too", "Way too")), Ok(()));
}

#[test]
fn json_in_a_bulk_string_is_compared_as_json() {
    let validator = validator(&Protocol::IdentifyRespJson, SUPPORTED);
    let bulk = |text: &str| format!("${}\r\n{text}\r\n", text.len());
    assert_eq!(check(&validator, &bulk(SUPPORTED)), Ok(()));
    let other = bulk(&SUPPORTED.replace("true", "false"));
    for reply in [&*other, "$-1\r\n", "$0\r\n\r\n"] {
        assert_eq!(check(&validator, reply), Err(FailureKind::Unexpected));
    }
}

#[test]
fn resp_replies_are_compared_by_their_fields() {
    let supported = validator(&Protocol::IdentifyResp, SUPPORTED);
    let two = "*4\r\n$11\r\nisSupported\r\n:1\r\n$9\r\ncodeValue\r\n$1\r\nx\r\n";
    assert_eq!(
        supported.expected.as_ref().unwrap()[0].bytes,
        two.as_bytes()
    );
    assert_eq!(check(&supported, two), Ok(()));
    let three = "%2\r\n+codeValue\r\n$1\r\nx\r\n+isSupported\r\n#t\r\n";
    assert_eq!(check(&supported, three), Ok(()));
    for other in [
        "*2\r\n$11\r\nisSupported\r\n:1\r\n",
        &three.replace("#t", "#f"),
    ] {
        assert_eq!(check(&supported, other), Err(FailureKind::Unexpected));
    }
    let illegal = validator(&Protocol::IdentifyResp, ILLEGAL);
    let check_error = |text: &'static [u8]| {
        let kind = FailureKind::ErrorReply(Word::from_text(text));
        illegal.check(0, &Outcome::Failed(kind, text))
    };
    assert_eq!(check_error(b"PARAM_ILLEGAL openId ..."), Ok(()));
    let unexpected = Rejected {
        kind: FailureKind::Unexpected,
        code: 0,
        text: b"ERR x",
    };
    assert_eq!(check_error(b"ERR x"), Err(unexpected));
    assert_eq!(check(&illegal, two), Err(FailureKind::Unexpected));
}

#[test]
fn each_element_of_a_batch_is_checked() {
    let expected = |protocol: &Protocol| Validator {
        batch: Some(2),
        codes: 3,
        expected: Some(
            [SUPPORTED, SUPPORTED, ILLEGAL]
                .map(|fields| {
                    Expected::new(protocol, serde_json::from_str(fields).unwrap()).unwrap()
                })
                .into(),
        ),
        ..Validator::new(protocol, None, None, 3).unwrap()
    };
    let check = |validator: &Validator, first, content: &str| {
        let checked = validator.check(first, &Outcome::Content(content.as_bytes()));
        checked.map_err(|rejected| (rejected.kind, rejected.code))
    };
    let http = expected(&HTTP);
    let illegal_first = format!("[{ILLEGAL}, {SUPPORTED}]");
    assert_eq!(check(&http, 2, &illegal_first), Ok(()));
    let unexpected = Err((FailureKind::Unexpected, 1));
    assert_eq!(check(&http, 1, &illegal_first), unexpected);
    for not_two in [SUPPORTED, "[]", &format!("[{SUPPORTED}]")] {
        assert_eq!(check(&http, 0, not_two), Err((NOT_A_BATCH, 0)));
    }
    let resp = expected(&Protocol::IdentifyResp);
    let map = "*4\r\n$11\r\nisSupported\r\n:1\r\n$9\r\ncodeValue\r\n$1\r\nx\r\n";
    let illegal_first = format!("*2\r\n-PARAM_ILLEGAL x\r\n{map}");
    assert_eq!(check(&resp, 2, &illegal_first), Ok(()));
    let refused = FailureKind::ErrorReply(Word::from_text(b"PARAM_ILLEGAL"));
    assert_eq!(check(&resp, 1, &illegal_first), Err((refused, 1)));
    assert_eq!(check(&resp, 0, map), Err((NOT_A_BATCH, 0)));
    let cut = format!("*2\r\n{map}");
    let malformed = FailureKind::Malformed("not a RESP reply");
    assert_eq!(check(&resp, 0, &cut), Err((malformed, 0)));
    let any = Validator::new(&HTTP, Some(2), None, 3).unwrap();
    assert_eq!(
        check(&any, 0, &format!("[{SUPPORTED},{SUPPORTED}]")),
        Ok(())
    );
    let not_identified = Err((FailureKind::NotIdentified, 0));
    assert_eq!(
        check(&any, 0, &format!("[{SUPPORTED},{ILLEGAL}]")),
        not_identified
    );
}

#[test]
fn without_expected_responses_only_a_success_is_good() {
    let validator = Validator::new(&HTTP, None, None, 1).unwrap();
    assert_eq!(check(&validator, SUPPORTED), Ok(()));
    assert_eq!(check(&validator, ILLEGAL), Err(FailureKind::NotIdentified));
}
