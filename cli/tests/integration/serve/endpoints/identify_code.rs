//! The responses of `identifyCode` and `identifyCodes`.

use serde_json::json;

use super::super::client::{body, request};
use super::super::daemon::Daemon;
use super::{ILLEGAL, clients};

#[test]
fn a_response_of_identify_code_has_the_fields_of_its_outcome_and_no_others() {
    let daemon = Daemon::start();
    let success = json!({"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "Success"});
    let table = [
        (
            "28100104df2342342",
            Some("order"),
            json!({"result": success, "isSupported": true, "postCodeMatchActionType": "DECODE",
                   "codeValue": "28100104df2342342"}),
        ),
        (
            "https://qr.example.com/\"é😀",
            Some("page"),
            json!({"result": success, "isSupported": true, "postCodeMatchActionType": "OPEN_URL",
                   "redirectUrl": "https://qr.example.com/%22%C3%A9%F0%9F%98%80", "userAgent": "-/AlipayConnect"}),
        ),
        (
            "28100004x",
            Some("carve-out"),
            json!({"result": success, "isSupported": false}),
        ),
        (
            "nothing",
            None,
            json!({"result": success, "isSupported": false}),
        ),
    ];
    for mut client in clients(&daemon) {
        for (code, rule, expected) in &table {
            let response = client.identify(code, "user-42");
            assert_eq!(response.status, 200);
            assert_eq!(response.json(), *expected);
            assert_eq!(response.header("content-type"), Some("application/json"));
            assert_eq!(response.header("x-codeid-generation"), Some("1"));
            assert_eq!(response.header("x-codeid-rule"), *rule);
        }
    }
    daemon.stop();
}

#[test]
fn illegal_parameters_get_a_response_with_a_detail() {
    let daemon = Daemon::start();
    let long = |n: usize, c: &str| body(&c.repeat(n), "user-42");
    let table = [
        (
            "{}".to_owned(),
            "codeValue must be a string of 1 to 8192 characters but is missing; openId must be a \
             string of 3 to 256 characters but is missing.",
        ),
        (
            r#"{"openId": "ab"}"#.to_owned(),
            "codeValue must be a string of 1 to 8192 characters but is missing; openId must have 3 to \
             256 characters but has 2.",
        ),
        (
            long(8193, "é"),
            "codeValue must have 1 to 8192 characters but has 8193.",
        ),
        (
            body("28", "ab"),
            "openId must have 3 to 256 characters but has 2.",
        ),
        (
            body("28", &"é".repeat(257)),
            "openId must have 3 to 256 characters but has 257.",
        ),
        (
            r#"{"codeValue": "28", "openId": null}"#.to_owned(),
            "openId must be a string of 3 to 256 characters but is null.",
        ),
        (
            r#"{"codeValue": 28, "openId": "user-42"}"#.to_owned(),
            "codeValue must be a string of 1 to 8192 characters but is a number.",
        ),
    ];
    for mut client in clients(&daemon) {
        for (body, detail) in &table {
            let response = client.post("/v1/identifyCode", body);
            assert_eq!(response.status, 200);
            let expected = json!({
                "result": {"resultCode": "PARAM_ILLEGAL", "resultStatus": "F", "resultMessage": ILLEGAL},
                "detail": detail,
            });
            assert_eq!(response.json(), expected);
        }
        // Parameters at the limits, in characters of several bytes.
        assert_eq!(
            client
                .post("/v1/identifyCode", long(8192, "😀"))
                .result_code(),
            "SUCCESS"
        );
        assert_eq!(
            client.identify("28", &"é".repeat(256)).result_code(),
            "SUCCESS"
        );
        assert_eq!(client.identify("28", "éàü").result_code(), "SUCCESS");
    }
}

#[test]
fn a_batch_is_answered_in_order_from_one_table() {
    let daemon = Daemon::start();
    for mut client in clients(&daemon) {
        let path = "/v1/identifyCodes";
        let batch = json!([
            {"codeValue": "28100104a", "openId": "user-42"},
            {"codeValue": "nothing", "openId": "user-42"},
            5,
            {"codeValue": "", "openId": "user-42"},
            {"openId": "user-42", "codeValue": "28100104b"},
        ]);
        let response = client.post(path, batch.to_string());
        assert_eq!(response.status, 200);
        assert_eq!(response.header("x-codeid-generation"), Some("1"));
        let responses = response.json();
        assert_eq!(responses[0]["codeValue"], "28100104a");
        assert_eq!(responses[1]["isSupported"], false);
        assert_eq!(responses[2]["result"]["resultCode"], "PARAM_ILLEGAL");
        assert_eq!(
            responses[2]["detail"],
            "The element must be an object but is a number."
        );
        assert_eq!(responses[3]["result"]["resultCode"], "PARAM_ILLEGAL");
        assert_eq!(responses[4]["codeValue"], "28100104b");
        assert_eq!(responses.as_array().unwrap().len(), 5);

        assert_eq!(client.post(path, "[]").body, b"[]");
        assert_eq!(client.post(path, "{}").status, 400);
        assert_eq!(client.post(path, r#"[{"a":1,"a":1}]"#).status, 400);
        let many = |n: usize| format!("[{}]", vec![body("28100104x", "user-42"); n].join(","));
        let response = client.post(path, many(1024));
        assert_eq!(response.json().as_array().unwrap().len(), 1024);
        let response = client.post(path, many(1025));
        assert_eq!(
            (response.status, response.result_code().as_str()),
            (413, "PARAM_ILLEGAL")
        );
        // The body is larger than a body for one code value may be.
        let long = json!(vec![
            json!({"codeValue": "x".repeat(8192), "openId": "user-42"});
            1024
        ]);
        let response = client.post(path, long.to_string());
        assert_eq!(response.status, 200);
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let daemon = Daemon::start();
    for mut client in clients(&daemon) {
        let codes: Vec<String> = (0..200).map(|n| format!("28100104-{n}")).collect();
        let requests: Vec<u8> = codes
            .iter()
            .flat_map(|code| request("/v1/identifyCode", body(code, "user-42")))
            .collect();
        client.send(&requests);
        // A client may close its sending side and still read.
        client.end();
        for code in &codes {
            assert_eq!(client.receive().json()["codeValue"], **code);
        }
        assert_eq!(client.rest(), b"");
    }
}
