//! The endpoints of the serving port, and each way in which a request to them can fail.

mod bodies;
mod identify_code;

use serde_json::json;

use super::client::{Client, body};
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
