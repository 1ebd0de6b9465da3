use std::error::Error;

use super::*;

/// Returns the error of a malformed body, with its cause.
fn malformed(body: &[u8]) -> String {
    let Err(error) = read_one(body) else {
        panic!("{} is accepted", String::from_utf8_lossy(body));
    };
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// Returns the error of a request whose parameters are not what they must be.
fn illegal(body: &str) -> String {
    let parameters = read_one(body.as_bytes()).unwrap();
    parameters.check().unwrap_err().to_string()
}

#[test]
fn parameters_are_read_from_any_place_in_the_object() {
    let bodies = [
        r#"{"codeValue":"28é","openId":"u-1"}"#,
        " {\"openId\" : \"u-1\" ,\r\n\t\"x\": [null, {\"codeValue\": 1}], \"codeValue\": \"28\\u00e9\"} ",
        r#"{"n":1e999,"\u006fpenId":"u-1","codeValue":"28é","CODEVALUE":"1"}"#,
    ];
    for body in bodies {
        let parameters = read_one(body.as_bytes()).unwrap();
        let (code, open_id) = parameters.check().unwrap();
        assert_eq!((code.as_str(), open_id.as_str()), ("28é", "u-1"), "{body}");
    }
}

#[test]
fn a_body_that_is_not_a_json_object_is_malformed() {
    let table: &[(&[u8], &str)] = &[
        (b"", "the body is empty"),
        (b"  ", "the body has only white space"),
        (b"secret", "the body is not JSON"),
        (b"[]", "the body must be an object but is an array"),
        (b"null", "the body must be an object but is null"),
        (b"\"secret\"", "the body must be an object but is a string"),
        (b"12", "the body must be an object but is a number"),
        (b"{\"a\":\"\xff\"}", "the body is not valid UTF-8 at byte 6"),
        (
            b"\xef\xbb\xbf{}",
            "the body begins with a byte order mark of UTF-8; it must be UTF-8 without one",
        ),
        (
            b"\xff\xfe{\0}\0",
            "the body begins with a byte order mark of UTF-16; it must be UTF-8 without one",
        ),
        (
            b"\xfe\xff\0{\0}",
            "the body begins with a byte order mark of UTF-16; it must be UTF-8 without one",
        ),
        (
            b"\xff\xfe\0\0{\0\0\0",
            "the body begins with a byte order mark of UTF-32; it must be UTF-8 without one",
        ),
        (
            b"{\0\"\0\xe9\0",
            "the body is encoded in UTF-16; it must be UTF-8",
        ),
        (
            b"{\0\"\0a\0",
            "the body is encoded in UTF-16; it must be UTF-8",
        ),
        (
            b"\0{\0\"\0a",
            "the body is encoded in UTF-16; it must be UTF-8",
        ),
        (b"[\0]\0", "the body is encoded in UTF-16; it must be UTF-8"),
        (
            b"{\0\0\0}\0\0\0",
            "the body is encoded in UTF-32; it must be UTF-8",
        ),
        (
            b"\0\0\0{\0\0\0}",
            "the body is encoded in UTF-32; it must be UTF-8",
        ),
        (
            b"{\"a\":1}{}",
            "the body is not JSON: trailing characters at line 1 column 8",
        ),
        (
            b"{\"a\":1,}",
            "the body is not JSON: trailing comma at line 1 column 8",
        ),
        (
            b"{",
            "the body is not JSON: EOF while parsing an object at line 1 column 1",
        ),
        (
            b"{a:1}",
            "the body is not JSON: key must be a string at line 1 column 2",
        ),
        (
            b"{\"a\":01}",
            "the body is not JSON: invalid number at line 1 column 7",
        ),
        (
            b"{\"a\":NaN}",
            "the body is not JSON: expected value at line 1 column 6",
        ),
        (
            b"{\"a\":\"\n\"}",
            "the body is not JSON: control character (\\u0000-\\u001F) found while parsing a string at line 1 column 6",
        ),
    ];
    for (body, error) in table {
        assert_eq!(malformed(body), *error, "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn repeated_keys_and_lone_surrogates_are_malformed_at_every_depth() {
    let bodies = [
        r#"{"codeValue":"a","codeValue":"a","openId":"u-1"}"#,
        r#"{"codeValue":null,"codeValue":"a","openId":"u-1"}"#,
        r#"{"codeValue":"a","\u0063odeValue":"b","openId":"u-1"}"#,
        r#"{"codeValue":"a","openId":"u-1","x":1,"x":2}"#,
        r#"{"codeValue":"a","openId":"u-1","x":{"y":[{"z":1,"z":1}]}}"#,
        r#"{"codeValue":{"z":1,"z":1},"openId":"u-1"}"#,
        r#"{"codeValue":"\ud800","openId":"u-1"}"#,
        r#"{"codeValue":"a","openId":"u-1\udc00"}"#,
        r#"{"codeValue":"a","openId":"u-1","x":"\ud800x"}"#,
        r#"{"codeValue":"a","openId":"u-1","\udbff":1}"#,
        r#"{"codeValue":"a","openId":"u-1","x":[["\udbff\u0000"]]}"#,
    ];
    for body in bodies {
        let error = malformed(body.as_bytes());
        assert!(error.starts_with("the body "), "{error}");
    }
    let deep = format!(
        r#"{{"codeValue":"a","x":{}1{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert!(malformed(deep.as_bytes()).contains("127 levels"));
}

#[test]
fn the_error_of_a_parameter_names_it_without_its_content() {
    let long = "x".repeat(8193);
    let table = [
        (
            "{}".to_owned(),
            "codeValue must be a string of 1 to 8192 characters but is missing; \
             openId must be a string of 3 to 256 characters but is missing",
        ),
        (
            r#"{"codeValue":null,"openId":"u-1"}"#.to_owned(),
            "codeValue must be a string of 1 to 8192 characters but is null",
        ),
        (
            r#"{"codeValue":["secret"],"openId":"u-1"}"#.to_owned(),
            "codeValue must be a string of 1 to 8192 characters but is an array",
        ),
        (
            r#"{"codeValue":"","openId":"u-1"}"#.to_owned(),
            "codeValue must have 1 to 8192 characters but has 0",
        ),
        (
            format!(r#"{{"codeValue":"{long}","openId":"u-1"}}"#),
            "codeValue must have 1 to 8192 characters but has 8193",
        ),
        (
            r#"{"codeValue":"a"}"#.to_owned(),
            "openId must be a string of 3 to 256 characters but is missing",
        ),
        (
            r#"{"codeValue":"","openId":null}"#.to_owned(),
            "codeValue must have 1 to 8192 characters but has 0; \
             openId must be a string of 3 to 256 characters but is null",
        ),
        (
            r#"{"codeValue":"a","openId":1e999}"#.to_owned(),
            "openId must be a string of 3 to 256 characters but is a number",
        ),
        (
            r#"{"codeValue":"a","openId":"éé"}"#.to_owned(),
            "openId must have 3 to 256 characters but has 2",
        ),
    ];
    for (body, error) in table {
        assert_eq!(illegal(&body), error);
    }
}
