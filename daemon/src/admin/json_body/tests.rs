//! Bodies and the details of their errors.

use super::*;
use crate::api::apply::RollbackRequest;
use crate::api::empty::EmptyRequest;
use crate::api::explain::ExplainRequest;
use crate::api::freeze::FreezeRequest;
use crate::api::log_level::LogLevelDocument;

fn detail<T: DeserializeOwned + JsonSchema>(body: &str) -> String {
    match parse_json::<T>(body.as_bytes()) {
        Ok(_) => String::new(),
        Err(refusal) => refusal.into_document().detail,
    }
}

#[test]
fn every_member_that_is_wrong_is_named() {
    let level = "level must be error, warn, info, debug or trace";
    let generation = "generation must be a whole number in digits from 0 to 18446744073709551615";
    for (actual, expected) in [
        (
            detail::<LogLevelDocument>(r#"{"level":"info"}"#),
            String::new(),
        ),
        (
            detail::<LogLevelDocument>("{}"),
            format!("{level} but is missing."),
        ),
        (
            detail::<LogLevelDocument>(r#"{"level":"Info"}"#),
            format!("{level}."),
        ),
        (
            detail::<LogLevelDocument>(r#"{"level":1}"#),
            format!("{level} but is a number."),
        ),
        (
            detail::<LogLevelDocument>(r#"{"lvl":"planted"}"#),
            format!(
                "{level} but is missing; lvl is not a member that this path takes; it takes level."
            ),
        ),
        (
            detail::<ExplainRequest>(r#"{"openId":null}"#),
            "codeValue must be a string but is missing; openId must be a string but is null."
                .to_owned(),
        ),
        (
            detail::<RollbackRequest>(r#"{"generation":4.0}"#),
            String::new(),
        ),
        (
            detail::<RollbackRequest>(r#"{"generation":4.5}"#),
            format!("{generation}."),
        ),
        (
            detail::<RollbackRequest>(r#"{"generation":-1}"#),
            format!("{generation}."),
        ),
        (
            detail::<RollbackRequest>(r#"{"generation":[4]}"#),
            format!("{generation} but is an array."),
        ),
        (
            detail::<RollbackRequest>(r#"{"generation":18446744073709551615}"#),
            String::new(),
        ),
        (
            detail::<RollbackRequest>(r#"{"generation":9007199254740991.0}"#),
            String::new(),
        ),
        (
            detail::<RollbackRequest>(r#"{"generation":18446744073709551616}"#),
            format!("{generation}."),
        ),
        (
            detail::<RollbackRequest>(r#"{"generation":9007199254740993.0}"#),
            format!("{generation}."),
        ),
        (
            detail::<RollbackRequest>(r#"{"generation":1e20}"#),
            format!("{generation}."),
        ),
        (
            detail::<RollbackRequest>(r#"{"generation":-0}"#),
            format!("{generation}."),
        ),
        (
            detail::<RollbackRequest>(r#"{"generation":-0.0}"#),
            format!("{generation}."),
        ),
        (detail::<FreezeRequest>(r#"{"reason":null}"#), String::new()),
        (
            detail::<FreezeRequest>(r#"{"reason":{}}"#),
            "reason must be a string or null but is an object.".to_owned(),
        ),
        (
            detail::<FreezeRequest>(r#"{"raeson":"planted","b":1}"#),
            "b and raeson are not members that this path takes; it takes reason.".to_owned(),
        ),
        (
            detail::<EmptyRequest>(r#"{"":1}"#),
            "the empty name is not a member that this path takes; it takes none.".to_owned(),
        ),
        (
            detail::<EmptyRequest>(r#"{"a":1,"b`\"{":1,"c":1,"d":1,"e":1}"#),
            "a, b???, c and 2 more are not members that this path takes; it takes none.".to_owned(),
        ),
    ] {
        assert_eq!(actual, expected);
    }
    let long = format!(r#"{{"{}":1}}"#, "é".repeat(65));
    assert!(detail::<EmptyRequest>(&long).starts_with(&format!("{}… is", "?".repeat(64))));
}

#[test]
fn a_body_that_is_not_one_strict_object_is_refused() {
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    for (body, expected) in [
        ("", "The body is empty."),
        (" ", "The body has only white space."),
        ("[]", "The body must be an object but is an array."),
        ("null", "The body must be an object but is null."),
        ("{", "The body is not JSON, at line 1, column 1."),
        ("{}{}", "The body is not JSON, at line 1, column 3."),
        (
            r#"{"a":1,"a":2}"#,
            "The body is not accepted: an object has a repeated key.",
        ),
        (
            r#"{"codeValue":"\ud800","openId":"abc"}"#,
            "The body is not accepted: a string has a lone surrogate.",
        ),
        (
            &deep,
            "The body is not accepted: objects and arrays are nested more than 127 levels deep.",
        ),
        (
            r#"{"x":1e400}"#,
            "The body has a value that this path does not take, at line 1, column 10.",
        ),
    ] {
        assert_eq!(detail::<EmptyRequest>(body), expected, "{body}");
    }
    let not_utf8 = parse_json::<EmptyRequest>(b"{\xff}").unwrap_err();
    let detail = not_utf8.into_document().detail;
    assert_eq!(detail, "The body is not valid UTF-8 at byte 1.");
}
