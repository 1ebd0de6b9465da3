//! Requests from an app through the daemon to the stand-in, and back.

use std::process::Command;

use serde_json::json;

use super::{Gateway, SDK_PROXY, openssl_verifies};
use crate::serve::client::Response;
use crate::serve::daemon::{Directory, Plan, Process, Served};

/// Starts a daemon with the settings that the stand-in has written.
fn daemon(gateway: &Gateway) -> Process {
    let settings = gateway.directory.join("codeid.toml");
    Plan::new()
        .argument("--config")
        .argument(settings.to_str().unwrap())
        .spawn()
}

fn post(daemon: &Served) -> Response {
    let body = json!({
        "sdkRequestHeader": r#"{"Operation-Type":"ac.mobilepayment.config","quote":"\""}"#,
        "sdkRequestData": "[{\"ünï\":\"100 %\"}] ",
        "customerId": "customer-1",
    });
    daemon.tcp().post(SDK_PROXY, body.to_string())
}

#[test]
fn a_forwarded_response_has_a_signature_that_openssl_verifies() {
    let directory = Directory::new();
    let gateway = Gateway::start(&directory, &[]);
    let daemon = daemon(&gateway);
    let answer = post(&daemon);
    let body = answer.json();
    assert_eq!((answer.status, &*answer.result_code()), (200, "SUCCESS"));
    assert!(
        body["mockGateway"].as_str().unwrap().contains("stand-in"),
        "{body}"
    );
    for name in ["sdkResponseHeader", "sdkResponseData"] {
        let inside = body[name].as_str().unwrap();
        serde_json::from_str::<serde_json::Value>(inside).unwrap();
    }
    assert_eq!(answer.header("client-id"), Some("MOCK_CLIENT"));
    let tracer = answer.header("tracer-id").unwrap();
    let line = gateway.wait_for_line(tracer);
    assert!(line.contains("valid; answered 200 SUCCESS"), "{line}");
    let (time, signature) = (answer.header("response-time"), answer.header("signature"));
    let content = format!(
        "POST {SDK_PROXY}\nMOCK_CLIENT.{}.{}",
        time.unwrap(),
        String::from_utf8(answer.body.clone()).unwrap()
    );
    let key = gateway.directory.join("gateway-public-key.pem");
    let verifies = |content: &str| openssl_verifies(&directory, &key, content, signature.unwrap());
    assert!(verifies(&content));
    assert!(!verifies(&format!("{content} ")));
    daemon.stop();
}

#[test]
fn curl_can_be_the_app() {
    let directory = Directory::new();
    let gateway = Gateway::start(&directory, &[]);
    let daemon = daemon(&gateway);
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "60"])
        .args(["--header", "Content-Type: application/json", "--data"])
        .arg(r#"{"sdkRequestHeader": "h", "sdkRequestData": "d", "customerId": "customer-1"}"#)
        .arg(format!("http://127.0.0.1:{}{SDK_PROXY}", daemon.port))
        .output()
        .expect("curl is installed");
    let answer = String::from_utf8(output.stdout).unwrap();
    assert!(
        answer.starts_with(r#"{"result":{"resultCode":"SUCCESS""#),
        "{answer}"
    );
    daemon.stop();
}

#[test]
fn each_option_causes_its_failure() {
    let directory = Directory::new();
    let table: [(&[&str], &str, &str); 11] = [
        (&["--delay", "300"], "SUCCESS", "answered 200 SUCCESS"),
        (
            &["--result", "PROCESS_FAIL"],
            "PROCESS_FAIL",
            "answered 200 PROCESS_FAIL",
        ),
        (
            &[
                "--result",
                "REQUEST_TRAFFIC_EXCEED_LIMIT",
                "--status",
                "201",
            ],
            "UNKNOWN_EXCEPTION",
            "answered 201 REQUEST_TRAFFIC_EXCEED_LIMIT",
        ),
        (&["--status", "500"], "UNKNOWN_EXCEPTION", "answered 500"),
        (
            &["--wrong-signature"],
            "INVALID_SIGNATURE",
            "signed wrongly",
        ),
        (&["--drop"], "UNKNOWN_EXCEPTION", "dropped"),
        (&["--unsigned"], "INVALID_SIGNATURE", "not signed"),
        (
            &["--result", "KEY_NOT_FOUND"],
            "KEY_NOT_FOUND",
            "answered 200 KEY_NOT_FOUND, not signed",
        ),
        (
            &["--unsigned", "--result", "PROCESS_FAIL"],
            "PROCESS_FAIL",
            "answered 200 PROCESS_FAIL, not signed",
        ),
        (
            &["--wrong-signature", "--result", "INVALID_CLIENT"],
            "INVALID_SIGNATURE",
            "answered 200 INVALID_CLIENT, signed wrongly",
        ),
        (
            &["--client-id", "ANOTHER"],
            "SUCCESS",
            "answered 200 SUCCESS",
        ),
    ];
    for (arguments, code, logged) in table {
        let gateway = Gateway::start(&directory, arguments);
        let daemon = daemon(&gateway);
        let answer = post(&daemon);
        assert_eq!(
            (answer.status, &*answer.result_code()),
            (200, code),
            "{arguments:?}"
        );
        let line = gateway.wait_for_line(SDK_PROXY);
        assert!(line.contains(logged), "{arguments:?}: {line}");
        // The daemon sent the request only once, whatever the outcome.
        assert!(gateway.lines.try_recv().is_err(), "{arguments:?}");
        daemon.stop();
    }
}

/// A first integration meets this: Alipay+ does not know the client, and cannot sign.
#[test]
fn an_unknown_client_sees_the_refusal_of_the_stand_in() {
    let directory = Directory::new();
    let gateway = Gateway::start(&directory, &[]);
    let settings = gateway.directory.join("codeid.toml");
    let daemon = Plan::new()
        .argument("--config")
        .argument(settings.to_str().unwrap())
        .set("proxy.client-id=UNKNOWN")
        .spawn();
    let answer = post(&daemon);
    let expected = json!({"result": {
        "resultCode": "INVALID_CLIENT",
        "resultStatus": "F",
        "resultMessage": "The client is invalid.",
    }});
    assert_eq!((answer.status, answer.json()), (200, expected));
    assert_eq!(answer.header("x-codeid-unverified"), Some("true"));
    let line = gateway.wait_for_line(SDK_PROXY);
    assert!(
        line.contains("refused: the header Client-Id is not MOCK_CLIENT"),
        "{line}"
    );
    daemon.stop();
}

/// The app's own model, against the stand-in.
#[test]
fn an_app_can_use_the_model_of_the_client_sdk() {
    let directory = Directory::new();
    let gateway = Gateway::start(&directory, &[]);
    let settings = gateway.directory.join("codeid.toml");
    let daemon = Plan::new()
        .argument("--config")
        .argument(settings.to_str().unwrap())
        .set("proxy.customer-from=header")
        .spawn();
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "60"])
        .args(["--header", "Content-Type: application/json"])
        .args(["--header", "X-Customer-Id: customer-1", "--data"])
        .arg(r#"{"scene": "s", "proxyRequestHeader": "h", "proxyRequestData": "d"}"#)
        .arg(format!(
            "http://127.0.0.1:{}/v1/clientSdkProxy",
            daemon.port
        ))
        .output()
        .expect("curl is installed");
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["isSuccess"], true);
    for name in ["proxyResponseHeader", "proxyResponseData"] {
        let inside = answer[name].as_str().unwrap();
        serde_json::from_str::<serde_json::Value>(inside).unwrap();
    }
    assert_eq!(answer.as_object().unwrap().len(), 3);
    daemon.stop();
}

#[test]
fn a_restarted_stand_in_serves_the_same_daemon() {
    let directory = Directory::new();
    let gateway = Gateway::start(&directory, &[]);
    let address = format!("127.0.0.1:{}", gateway.port);
    let daemon = daemon(&gateway);
    assert_eq!(post(&daemon).result_code(), "SUCCESS");
    drop(gateway);
    assert_eq!(post(&daemon).result_code(), "UNKNOWN_EXCEPTION");
    // The keys and the authority are unchanged.
    let again = Gateway::start_at(&directory, &address, &[]);
    assert_eq!(post(&daemon).result_code(), "SUCCESS");
    again.wait_for_line("valid");
    daemon.stop();
}
