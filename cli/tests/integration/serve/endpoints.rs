//! The responses of each endpoint, and each way in which a request can fail.

use serde_json::json;

use super::client::{Client, body, request};
use super::daemon::{Daemon, Plan, Process, Served};

const ILLEGAL: &str =
    "Illegal parameters exist. For example, a non-numeric input, or an invalid date.";
pub(super) const SDK_PROXY: &str = "/aps/api/v1/mobile/sdkProxy";
pub(super) const CLIENT_SDK_PROXY: &str = "/v1/clientSdkProxy";

/// Returns a client for each transport of a daemon.
pub(super) fn clients(daemon: &Served) -> [Client; 2] {
    [daemon.tcp(), daemon.unix()]
}

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
fn a_body_that_is_not_a_request_is_400_and_the_connection_stays_open() {
    let daemon = Daemon::start();
    let bodies: &[&[u8]] = &[
        b"",
        b"x",
        b"null",
        b"[]",
        b"\"28\"",
        b"{\"codeValue\":\"28\",\"openId\":\"user-42\"} x",
        b"{\"codeValue\":\"28\",\"openId\":\"user-42\"",
        b"{\"codeValue\":\"\xff\",\"openId\":\"user-42\"}",
        b"{\"codeValue\":\"\xed\xa0\x80\",\"openId\":\"user-42\"}",
        br#"{"codeValue":"28","codeValue":"28","openId":"user-42"}"#,
        br#"{"codeValue":"28","openId":"user-42","x":{"a":[{"b":1,"b":1}]}}"#,
        br#"{"codeValue":"28","openId":"user-42","x":1,"\u0078":1}"#,
        br#"{"codeValue":"\ud800","openId":"user-42"}"#,
        br#"{"codeValue":"28","openId":"user-42","x":"\udc00"}"#,
        br#"{"codeValue":"28","openId":"user-42","\ud800":1}"#,
    ];
    for mut client in clients(&daemon) {
        for body in bodies {
            let response = client.post("/v1/identifyCode", body);
            let shown = String::from_utf8_lossy(body);
            assert_eq!(response.status, 400, "{shown}");
            assert_eq!(response.result_code(), "PARAM_ILLEGAL", "{shown}");
            assert_eq!(response.json()["result"]["resultMessage"], ILLEGAL);
            assert!(
                response.json()["detail"].as_str().unwrap().ends_with('.'),
                "{shown}"
            );
            assert_eq!(response.header("x-codeid-rule"), None);
        }
        let deep = format!("{{\"x\":{}{}}}", "[".repeat(60_000), "]".repeat(60_000));
        assert_eq!(client.post("/v1/identifyCode", deep).status, 400);
        // Unknown fields are ignored, whatever they are.
        let response = client.post(
            "/v1/identifyCode",
            r#"{"a":1e999,"b":{"codeValue":[null]},"codeValue":"28100104x","openId":"user-42"}"#,
        );
        assert_eq!(response.header("x-codeid-rule"), Some("order"));
    }
}

#[test]
fn a_body_without_json_gets_a_detail_that_names_what_it_has_instead() {
    let daemon = Daemon::start();
    let mark = "The body begins with a byte order mark of ";
    for mut client in clients(&daemon) {
        for path in ["/v1/identifyCode", "/v1/identifyCodes"] {
            for (body, detail) in [
                (&b""[..], "The body is empty.".to_owned()),
                (b" \r\n", "The body has only white space.".to_owned()),
                (
                    b"\xef\xbb\xbf{}",
                    format!("{mark}UTF-8; it must be UTF-8 without one."),
                ),
                (
                    b"\xff\xfe{\0}\0",
                    format!("{mark}UTF-16; it must be UTF-8 without one."),
                ),
            ] {
                let response = client.post(path, body);
                assert_eq!(response.status, 400);
                assert_eq!(response.json()["detail"], detail);
            }
        }
        let batch = client.post("/v1/identifyCodes", "[{}, {\"codeValue\": \"28\"}]");
        let missing = "openId must be a string of 3 to 256 characters but is missing.";
        let both =
            format!("codeValue must be a string of 1 to 8192 characters but is missing; {missing}");
        assert_eq!(batch.json()[0]["detail"], both);
        assert_eq!(batch.json()[1]["detail"], missing);
    }
    daemon.stop();
}

#[test]
fn a_media_type_and_a_content_encoding_that_are_not_taken_are_named() {
    let daemon = Daemon::start();
    let long = format!("Content-Type: {}\r\n", "x".repeat(1000));
    let long_detail = format!(
        "Content-Type must be application/json, not {}….",
        "x".repeat(64)
    );
    let json = "Content-Type: application/json\r\n";
    let encoded = |lines: &str| format!("{json}{lines}");
    let table = [
        (
            String::new(),
            "Content-Type is missing; it must be application/json.",
        ),
        (
            "Content-Type: \r\n".to_owned(),
            "Content-Type is empty; it must be application/json.",
        ),
        (
            "Content-Type: text/plain; charset=\"x\"\r\n".to_owned(),
            "Content-Type must be application/json, not text/plain; charset=\"x\".",
        ),
        (
            "Content-Type: té\txt\r\n".to_owned(),
            "Content-Type must be application/json, not t???xt.",
        ),
        (long, &long_detail),
        (
            format!("{json}{json}"),
            "Content-Type is given more than once; it must be application/json, once.",
        ),
        (
            encoded("Content-Encoding: gzip\r\n"),
            "The body has the Content-Encoding gzip; it must have none.",
        ),
        (
            encoded("Content-Encoding: identity\r\ncontent-encoding: identity, BR\r\n"),
            "The body has the Content-Encoding identity, BR; it must have none.",
        ),
        (
            "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n".to_owned(),
            "Content-Type must be application/json, not text/plain. The body has the Content-Encoding gzip; it \
             must have none.",
        ),
    ];
    for mut client in clients(&daemon) {
        for path in ["/v1/identifyCode", "/v1/identifyCodes", SDK_PROXY] {
            let mut post = |lines: &str| {
                client.send(format!(
                    "POST {path} HTTP/1.1\r\nHost: h\r\n{lines}Content-Length: 2\r\n\r\n[]"
                ));
                client.receive()
            };
            for (lines, detail) in &table {
                let response = post(lines);
                let accepted = match detail.starts_with("Content-Type") {
                    true => ("accept", "application/json"),
                    false => ("accept-encoding", "identity"),
                };
                assert_eq!(
                    (response.status, response.header(accepted.0)),
                    (415, Some(accepted.1)),
                    "{lines}"
                );
                if path == SDK_PROXY {
                    assert_eq!(response.result_code(), "MEDIA_TYPE_NOT_ACCEPTABLE");
                } else {
                    assert_eq!(response.result_code(), "PARAM_ILLEGAL");
                    assert_eq!(response.json()["detail"], *detail);
                }
            }
            for none in ["", " identity", "Identity, ,identity"] {
                let response = post(&encoded(&format!("Content-Encoding:{none}\r\n")));
                assert_ne!(response.status, 415, "{none}");
            }
        }
        // Probes have no body to decode.
        client.send("GET /livez HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\n\r\n");
        assert_eq!(client.receive().status, 200);
    }
    daemon.stop();
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
fn chunked_bodies_and_100_continue_work() {
    let daemon = Daemon::start();
    let mut client = daemon.tcp();
    let text = body("28100104x", "user-42");
    let (first, second) = text.split_at(5);
    for _ in 0..2 {
        client.send(format!(
            "POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
             Transfer-Encoding: chunked\r\n\r\n5\r\n{first}\r\n{:x};x=y\r\n{second}\r\n0\r\nX: y\r\n\r\n",
            second.len()
        ));
        assert_eq!(client.receive().header("x-codeid-rule"), Some("order"));
    }
    client.send(format!(
        "POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        text.len()
    ));
    client.send(&text);
    assert_eq!(client.receive().header("x-codeid-rule"), Some("order"));
}

#[test]
fn wrong_paths_methods_and_media_types_have_their_status_codes() {
    let daemon = Daemon::start();
    for mut client in clients(&daemon) {
        for path in [
            "/",
            "/v1",
            "/v1/identifyCode/",
            "/v1/identifycode",
            "/v1//identifyCode",
        ] {
            let response = client.post(path, "{}");
            assert_eq!(
                (response.status, response.result_code().as_str()),
                (404, "PARAM_ILLEGAL")
            );
            assert_eq!(response.json()["detail"], "There is nothing at this path.");
        }
        for path in [
            "/v1/identifyCode",
            "/v1/identifyCodes",
            SDK_PROXY,
            CLIENT_SDK_PROXY,
        ] {
            for method in ["GET", "PUT", "DELETE", "OPTIONS", "BREW"] {
                let response = client.bare(method, path);
                assert_eq!(
                    (response.status, response.header("allow")),
                    (405, Some("POST"))
                );
                let sdk_proxy = [SDK_PROXY, CLIENT_SDK_PROXY].contains(&path);
                let code = if sdk_proxy {
                    "METHOD_NOT_SUPPORTED"
                } else {
                    "PARAM_ILLEGAL"
                };
                assert_eq!(response.result_code(), code);
                assert_eq!(response.json()["detail"], "This path allows POST only.");
            }
        }
        let typed = |path: &str, header: &str| {
            format!("POST {path} HTTP/1.1\r\nHost: h\r\n{header}Content-Length: 2\r\n\r\n{{}}")
        };
        for header in [
            "",
            "Content-Type: text/plain\r\n",
            "Content-Type: application/jsonp\r\n",
            "Content-Type: \r\n",
            "Content-Type: application/x-www-form-urlencoded\r\n",
            "Content-Type: application/json\r\nContent-Type: text/plain\r\n",
        ] {
            client.send(typed("/v1/identifyCode", header));
            let response = client.receive();
            assert_eq!(
                (response.status, response.result_code().as_str()),
                (415, "PARAM_ILLEGAL")
            );
            for path in [SDK_PROXY, CLIENT_SDK_PROXY] {
                client.send(typed(path, header));
                let response = client.receive();
                assert_eq!(
                    (response.status, response.result_code().as_str()),
                    (415, "MEDIA_TYPE_NOT_ACCEPTABLE")
                );
                assert!(
                    response.json()["detail"]
                        .as_str()
                        .unwrap()
                        .contains("application/json")
                );
            }
        }
        for header in [
            "content-type: application/json; charset=utf-8\r\n",
            "CONTENT-TYPE:Application/JSON ;x=y\r\n",
        ] {
            client.send(typed("/v1/identifyCode", header));
            assert_eq!(client.receive().status, 200);
        }
    }
}

#[test]
fn probes_are_answered_with_a_status_code_only() {
    let daemon = Daemon::start();
    for mut client in clients(&daemon) {
        for path in ["/livez", "/readyz"] {
            for method in ["GET", "HEAD"] {
                let response = client.bare(method, path);
                assert_eq!((response.status, response.body.len()), (200, 0));
            }
            let response = client.post(path, "{}");
            assert_eq!(
                (response.status, response.header("allow")),
                (405, Some("GET, HEAD"))
            );
        }
    }
}

#[test]
fn sdk_proxy_is_invalid_api_while_it_is_not_configured() {
    let daemon = Daemon::start();
    for mut client in clients(&daemon) {
        for (path, status) in [(SDK_PROXY, 200), (CLIENT_SDK_PROXY, 503)] {
            let response = client.post(path, r#"{"sdkRequestHeader": "a", "sdkRequestData": "b"}"#);
            assert_eq!(response.status, status);
            let expected = json!({
                "result": {
                    "resultCode": "INVALID_API",
                    "resultStatus": "F",
                    "resultMessage": "The called API is invalid or not active.",
                },
                "detail": "sdkProxy is not configured: proxy.upstream-url is not set.",
            });
            assert_eq!(response.json(), expected);
            let response = client.post(path, r#"{"a": 1, "a": 1}"#);
            assert_eq!(response.status, 400);
            let expected = json!({
                "result": {
                    "resultCode": "PARAM_ILLEGAL",
                    "resultStatus": "F",
                    "resultMessage":
                        "Illegal parameters. For example, non-numeric input, invalid date.",
                },
                "detail":
                    "The body is not accepted: an object has a repeated key at line 1 column 12.",
            });
            assert_eq!(response.json(), expected);
        }
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

#[test]
fn a_client_of_http_1_0_is_answered_and_its_connection_closed() {
    let daemon = Daemon::start();
    let mut client = daemon.tcp();
    let text = body("28100104x", "user-42");
    client.send(format!(
        "POST /v1/identifyCode HTTP/1.0\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{text}",
        text.len()
    ));
    assert_eq!(client.receive().header("x-codeid-rule"), Some("order"));
    assert_eq!(client.rest(), b"");
}

#[test]
fn a_request_without_a_valid_host_is_still_one_of_its_endpoint() {
    let daemon = Plan::new().spawn();
    let requests = |daemon: &Process| daemon.metrics().sum("codeid_requests_total");
    let of_proxy = r#"codeid_sdk_proxy_requests_total{result="PARAM_ILLEGAL"}"#;
    for (number, lines) in ["", "Host: h\r\nHost: h\r\n", "Host: u@h\r\n"]
        .into_iter()
        .enumerate()
    {
        let before = requests(&daemon);
        let mut client = daemon.tcp();
        client.send(format!("GET /livez HTTP/1.1\r\n{lines}\r\n"));
        assert_eq!(client.receive().status, 400);
        let mut client = daemon.tcp();
        client.send(format!("HEAD /v1/identifyCode HTTP/1.1\r\n{lines}\r\n"));
        assert_eq!(client.try_receive(false).unwrap().status, 400);
        // No body, and nothing that follows the head is read.
        assert_eq!(client.rest(), b"");
        let head = format!("POST {SDK_PROXY} HTTP/1.1\r\nContent-Type: application/json\r\n");
        let (mut good, mut bad) = (daemon.tcp(), daemon.tcp());
        good.send(format!("{head}Host: h\r\nContent-Length: 1\r\n\r\n{{"));
        bad.send(format!("{head}{lines}Content-Length: 1\r\n\r\n{{"));
        let (malformed, refused) = (good.receive(), bad.receive());
        assert_eq!((malformed.status, refused.status), (400, 400));
        assert_eq!(refused.json()["result"], malformed.json()["result"]);
        // The probe is not counted, and those of sdkProxy are with theirs.
        assert_eq!(requests(&daemon) - before, 1.0);
        assert_eq!(daemon.metrics().get(of_proxy), 2.0 * (number + 1) as f64);
    }
    let log = daemon.stop();
    let is_logged = |line: &String| line.contains("a request of sdkProxy was refused unread");
    assert!(log.iter().any(is_logged), "{log:?}");
}
